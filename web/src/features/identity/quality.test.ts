import { describe, expect, it } from 'vitest'

import { FAULTS, percent, sameDrill, sorted } from './quality'

describe('a share', () => {
  it('is never nothing where there is something, and never all where something is missing', () => {
    expect(percent(0, 1000)).toBe('0.0%')
    expect(percent(1, 1_000_000)).toBe('<0.1%')
    expect(percent(999_999, 1_000_000)).toBe('>99.9%')
    expect(percent(1000, 1000)).toBe('100%')
    expect(percent(25, 1000)).toBe('2.5%')
    expect(percent(0, 0)).toBe('—')
  })
})

it('each figure is of its own fault', () => {
  const source = { source: 'HIS', records: 9, persons: 8, duplicates: 1, no_name: 2, no_sex: 3, no_birth: 4 }
  expect(FAULTS.map((fault) => sorted(source, fault))).toEqual([1, 2, 3, 4])
})

it('a figure that is open is known again', () => {
  const one = { what: 'fault', fault: 'no-name', source: 'HIS' } as const
  expect(sameDrill(one, { ...one })).toBe(true)
  expect(sameDrill(one, { ...one, source: 'LIS' })).toBe(false)
})
