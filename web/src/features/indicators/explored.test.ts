import { describe, expect, it } from 'vitest'

import type { ExploredFigures } from '@/lib/api'

import { drillOf, rowsOf, slicesOf, whereOf, withSlice } from './explored'

const place = (code: string, hospital = '') => ({ code, hospital, name: { zh: code, en: code } })
const figures = (code: string, cells: [string, number][]): ExploredFigures => ({
  code,
  name: { zh: code, en: code },
  unit: 'count',
  better: 'up',
  counted_by: null,
  way: 'counted',
  why: { zh: '', en: '' },
  numerator_money: false,
  denominator_money: false,
  all: null,
  cells: cells.map(([at, value]) => ({ places: [place(at)], numerator: value, denominator: null, value })),
})

describe('what an exploration says in an address', () => {
  it('is read and written the same', () => {
    expect(slicesOf('payer:self,main_diagnosis:I21')).toEqual([
      { column: 'payer', value: 'self' },
      { column: 'main_diagnosis', value: 'I21' },
    ])
    expect(whereOf(slicesOf('payer:self,class:inpatient'))).toBe('payer:self,class:inpatient')
    expect(slicesOf('payer,:x,y:')).toEqual([])
    expect(whereOf([])).toBeUndefined()
  })

  it('has one slice for a column', () => {
    const one = withSlice([{ column: 'payer', value: 'self' }], 'payer', 'public')
    expect(one).toEqual([{ column: 'payer', value: 'public' }])
    expect(withSlice(one, 'payer', '')).toEqual([])
  })

  it('leads to the rows of one cell', () => {
    expect(drillOf({ period: '2026', where: 'class:inpatient' }, ['department', 'payer', 'month'], [place('D1', 'H1'), place('self'), place('2026-03')])).toEqual({ period: '2026-03', hospital: 'H1', department: 'D1', where: 'class:inpatient,payer:self' })
  })
})

it('figures of several indicators stand in one row for each place', () => {
  const rows = rowsOf([figures('A-01', [['D1', 1], ['D2', 2]]), figures('B-01', [['D2', 5], ['D3', 6]])])
  expect(rows.map(({ places, cells }) => [places[0]?.code, cells[0]?.value, cells[1]?.value])).toEqual([
    ['D1', 1, undefined],
    ['D2', 2, 5],
    ['D3', undefined, 6],
  ])
})
