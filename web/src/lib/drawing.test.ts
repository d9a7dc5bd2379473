import { describe, expect, it } from 'vitest'

import { lineThrough, ticks } from './drawing'

describe('a line', () => {
  it('is written as SVG writes it', () => {
    expect(lineThrough([{ x: 0, y: 1.25 }, { x: 10, y: 2 }])).toBe('0.0,1.3 10.0,2.0')
  })
})

describe('an axis', () => {
  it('has few round numbers', () => {
    expect(ticks(3.6, 8.4)).toEqual([4, 6, 8])
    expect(ticks(36.1, 39.2)).toEqual([37, 38, 39])
    expect(ticks(0, 1200)).toEqual([0, 500, 1000])
    expect(ticks(1, 1)).toEqual([])
  })
})
