import { describe, expect, it } from 'vitest'

import { linePoints, percentOf, percentText } from './share'

describe('a share', () => {
  it('is none of nothing', () => {
    expect(percentOf({ violated: 0, denominator: 0 })).toBeNull()
    expect(percentText(null)).toBe('–')
  })

  it('never looks like nothing where there is something', () => {
    expect(percentText(percentOf({ violated: 1, denominator: 1_000_000 }))).toBe('<0.01')
    expect(percentText(0)).toBe('0')
    expect(percentText(0.25)).toBe('0.25')
    expect(percentText(12.6)).toBe('13')
  })

  it('draws a line from the left edge to the right', () => {
    expect(linePoints([0, 2, 1], 20, 10)).toBe('0.0,10.0 10.0,0.0 20.0,5.0')
    expect(linePoints([3], 20, 10)).toBe('0.0,0.0 20.0,0.0')
  })
})
