import { describe, expect, it } from 'vitest'

import { placeOf, rangeOf, scaleOf } from './curve'

const point = (at: string, number: number) => ({ at, number })

describe('a curve', () => {
  it('fills its drawing, the newest point on the right, the highest near the top', () => {
    const points = [point('2024-01-01', 4), point('2024-03-01', 8)]
    const scale = scaleOf([points])
    if (!scale) throw new Error('no scale')
    const [first, last] = points.map((one) => placeOf(one, scale, 100, 50))
    expect(first?.x).toBe(0)
    expect(last?.x).toBe(100)
    expect((first?.y ?? 0) > (last?.y ?? 0)).toBe(true)
    expect((last?.y ?? -1) >= 0).toBe(true)
  })

  it('stands in the middle when there is one point', () => {
    const scale = scaleOf([[point('2024-01-01', 4)]])
    if (!scale) throw new Error('no scale')
    const { x, y } = placeOf(point('2024-01-01', 4), scale, 100, 50)
    expect([x, Math.round(y)]).toEqual([50, 25])
  })

  it('shows its reference range, too', () => {
    const scale = scaleOf([[point('2024-01-01', 4)]], { low: 2, high: 9 })
    expect(scale && scale.least < 2 && scale.most > 9).toBe(true)
  })

  it('is none without a time', () => {
    expect(scaleOf([[point('', 4)]])).toBeNull()
  })
})

describe('a reference range', () => {
  it('is what is said in numbers', () => {
    expect(rangeOf({ low: '3.5', high: '' })).toEqual({ low: 3.5 })
    expect(rangeOf({ low: 'neg', high: '9' })).toEqual({ high: 9 })
  })
})
