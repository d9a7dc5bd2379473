import { describe, expect, it } from 'vitest'

import { odds, signed, waterfall } from './waterfall'

const step = (bits: number) => ({ element: 'name', zh: '姓名', level: 'EQUAL', bits })

describe('the waterfall', () => {
  it('begins each bar where the one before ended, and ends at the score', () => {
    const { bars, total } = waterfall([step(-20), step(17), step(14), step(-1.5)])
    expect(bars.map(({ before, after }) => [before, after])).toEqual([[0, -20], [-20, -3], [-3, 11], [11, 9.5]])
    expect(total).toBe(9.5)
  })

  it('fits between the lowest and the highest sum', () => {
    const { bars, zero, totalLeft, totalWidth } = waterfall([step(-10), step(30)])
    expect(zero).toBeCloseTo(1 / 3)
    expect(bars.map(({ left, width }) => [left, width])).toEqual([[0, 1 / 3], [0, 1]])
    expect([totalLeft, totalWidth]).toEqual([1 / 3, 1 - 1 / 3])
  })

  it('of nothing is flat', () => {
    expect(waterfall([])).toMatchObject({ bars: [], total: 0, zero: 0, totalWidth: 0 })
  })
})

it('bits have a sign, and nothing is neither more nor less', () => {
  expect([17.04, -3.26, 0, -0.01].map(signed)).toEqual(['+17.0', '−3.3', '0.0', '0.0'])
})

it('bits are odds in two figures, up to a million', () => {
  expect(odds(10)).toEqual({ times: 1000, beyond: false })
  expect(odds(-3)).toEqual({ times: 8, beyond: false })
  expect(odds(0).times).toBe(1)
  expect(odds(50)).toEqual({ times: 1_000_000, beyond: true })
})
