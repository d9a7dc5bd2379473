import { describe, expect, it } from 'vitest'

import type { FiguresAnswer, IndicatorTile } from '@/lib/api'

import { overlaid, reaches } from './tiles'

const tile = { code: 'EX-04', better: 'up', target: 30, reached: false, figure: { value: 20 }, line: [], newest: null, complete: false } as unknown as IndicatorTile
const answer = (items: unknown[]) => ({ items }) as FiguresAnswer

describe('a target', () => {
  it.each([
    [30, 30, 'up', true],
    [29.9, 30, 'up', false],
    [30, 30, 'down', true],
    [30.1, 30, 'down', false],
    [30, 30, 'neither', null],
    [null, 30, 'up', null],
    [30, null, 'up', null],
  ] as const)('value %s, target %s, better %s: reached is %s', (value, target, better, reached) => expect(reaches(value, target, better)).toBe(reached))
})

describe('a board of another period or place', () => {
  const whole = answer([{ code: 'EX-04', way: 'counted', all: { value: 31 }, figures: [], newest: '2026-03-31T15:00:00Z', complete: true }])
  const months = answer([{ code: 'EX-04', all: null, figures: [{ month: '2026-02', value: 29 }, { month: '2026-03', value: null }] }])

  it('has the figures, lines and targets of that', () => {
    const [shown] = overlaid([tile], whole, months)
    expect(shown).toMatchObject({ figure: { value: 31 }, line: [{ month: '2026-02', value: 29 }, { month: '2026-03', value: null }], reached: true, complete: true, newest: '2026-03-31T15:00:00Z' })
  })

  it('says no data where nothing is known of it', () => {
    const why = { zh: '无数据（尚未接入）', en: 'no data (not connected)' }
    const [shown] = overlaid([tile], answer([{ code: 'EX-04', way: 'no_data', why, all: null, figures: [], newest: null, complete: false }]), months)
    expect(shown).toMatchObject({ way: 'no_data', why, figure: null, reached: null, complete: false })
  })

  it('keeps a tile that is not counted as it is', () => expect(overlaid([tile], answer([]), answer([]))).toEqual([tile]))
})
