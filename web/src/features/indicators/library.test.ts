import { describe, expect, it } from 'vitest'

import type { IndicatorRow } from '@/lib/api'

import { isAsked } from './library'

const row = {
  code: 'EX-04',
  name: { zh: '出院患者手术占比', en: 'operated of discharged' },
  category: 'efficiency',
  unit: 'percent',
  better: 'up',
  owner: '医务部',
  exam: 4,
  calibers: [{ caliber: 'cases', version: 1, title: { zh: '按台次', en: 'by operations' }, valid_from: '2024-01-01', valid_to: null, holds: true, way: 'counted', why: '', hash: 'ab' }],
  findings: 0,
} as unknown as IndicatorRow

describe('a definition', () => {
  it.each([{}, { q: 'ex-04' }, { q: '手术' }, { q: '医务部 手术' }, { q: 'OPERATED' }, { q: '台次' }, { class: 'efficiency' }, { way: 'counted' }] as const)('is found by %j', (search) =>
    expect(isAsked(row, search)).toBe(true),
  )

  it.each([{ q: '手术 药占比' }, { class: 'safety' }, { way: 'by_form' }, { faulty: 'yes' }] as const)('is not found by %j', (search) => expect(isAsked(row, search)).toBe(false))

  it('is found by how one of its calibers stands', () => {
    expect(isAsked(row, { standing: 'changed' }, ['approved', 'changed'])).toBe(true)
    expect(isAsked(row, { standing: 'changed' }, ['approved'])).toBe(false)
    expect(isAsked(row, { standing: 'changed' })).toBe(false)
  })
})
