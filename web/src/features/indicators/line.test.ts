import { describe, expect, it } from 'vitest'

import { drawn } from './line'

const BOX = { width: 110, height: 20 }

describe('a line of months', () => {
  it('goes from the left to the right, the largest on top', () => {
    const line = drawn([1, 3, 2], BOX)
    expect(line?.lines).toEqual([[{ x: 0, y: 20 }, { x: 55, y: 0 }, { x: 110, y: 10 }]])
  })

  it('breaks where a month has no value, and draws nothing there', () => {
    const line = drawn([null, 1, 2, null, 3], BOX)
    expect(line?.lines.map((part) => part.length)).toEqual([2, 1])
    expect(line?.spots.map((spot) => spot !== null)).toEqual([false, true, true, false, true])
  })

  it('has its target within the drawing', () => {
    const line = drawn([10, 12], BOX, { target: 20 })
    expect(line?.target).toBe(0)
    expect(line?.lines[0]?.[1]?.y).toBe(16)
  })

  it('is in the middle where every month is the same', () => expect(drawn([5, 5, 5], BOX)?.lines[0]?.map(({ y }) => y)).toEqual([10, 10, 10]))

  it('is not drawn of nothing', () => {
    expect(drawn([null, null], BOX)).toBeNull()
    expect(drawn([], BOX)).toBeNull()
    expect(drawn([Number.NaN], BOX)).toBeNull()
  })
})
