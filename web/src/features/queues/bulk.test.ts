import { expect, it } from 'vitest'

import { ApiFailure } from '@/lib/api'

import { forEach } from './bulk'

const refuse = (status: number) => Promise.reject(new ApiFailure(status, null))

it('goes on after a failure and counts both', async () => {
  const seen: number[] = []
  const result = await forEach([1, 2, 3], (row) => {
    seen.push(row)
    return row === 2 ? refuse(409) : Promise.resolve()
  })
  expect(seen).toEqual([1, 2, 3])
  expect(result).toMatchObject({ done: 2, failed: 1 })
})

it('tells the reason when nothing worked', async () => {
  await expect(forEach([1, 2], () => refuse(409))).rejects.toMatchObject({ status: 409 })
})
