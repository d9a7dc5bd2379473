import { expect, it } from 'vitest'

import { countFresh } from './fresh'

const row = (number: number) => ({ position: `1-${number}`, received_at: `2026-03-01T00:00:${String(number).padStart(2, '0')}Z` })
const rows = (...numbers: number[]) => numbers.map(row)

it('counts what is newer than the newest row shown', () => {
  expect(countFresh(rows(9, 8, 7, 6), rows(7, 6, 5))).toEqual({ count: 2, atLeast: false })
})

it('says "at least" when the newest page does not reach what is shown', () => {
  expect(countFresh(rows(30, 29, 28), rows(7, 6))).toEqual({ count: 3, atLeast: true })
})

it('counts nothing when nothing came, and nothing beside an empty list', () => {
  expect(countFresh(rows(7, 6), rows(7, 6, 5))).toEqual({ count: 0, atLeast: false })
  expect(countFresh(rows(7), [])).toEqual({ count: 0, atLeast: false })
})
