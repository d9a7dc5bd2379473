import { expect, it } from 'vitest'

import { bandDrawing } from './band'

const past = [1, 2, 4].map((value, n) => ({ at: `2026-0${n + 1}`, value }))
const ahead = [{ at: '2026-04', value: 4, low_80: 3, high_80: 5, low_95: 2, high_95: 8 }]

it('what is expected goes on from the last known point', () => {
  const drawing = bandDrawing(past, ahead)
  expect(drawing?.ahead[0]).toEqual(drawing?.past.at(-1))
  expect(drawing?.ahead.at(-1)?.x).toBeCloseTo(100)
})

it('bands reach as far as they say, the wide one around the narrow one', () => {
  const drawing = bandDrawing(past, ahead)
  const heights = (of: { y: number }[] | undefined) => (of ?? []).map(({ y }) => y)
  expect(drawing?.most).toBe(8)
  expect(Math.min(...heights(drawing?.band95))).toBe(0)
  expect(Math.min(...heights(drawing?.band80))).toBeGreaterThan(0)
  expect(Math.max(...heights(drawing?.past))).toBeLessThan(100)
})

it('nothing is drawn of nothing', () => {
  expect(bandDrawing([], ahead)).toBeNull()
  expect(bandDrawing(past, [])).toBeNull()
})
