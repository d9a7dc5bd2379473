import { describe, expect, it } from 'vitest'

import { ageOn, dayOf, instantOf, shown, yearOf } from './times'

const ZONE = 'Asia/Shanghai'

describe('a time of a record', () => {
  it('is shown as precise as it was said', () => {
    expect(shown('2024', ZONE)).toBe('2024')
    expect(shown('2024-05', ZONE)).toBe('2024-05')
    expect(shown('2024-05-03', ZONE)).toBe('2024-05-03')
    expect(shown('2024-05-03T22:15:00Z', ZONE)).toBe('2024-05-04 06:15')
    expect(shown('2024-05-03T08:15:00+08:00', ZONE)).toBe('2024-05-03 08:15')
    expect(shown('', ZONE)).toBe('')
  })

  it('has a day on the hospital’s clock, and a year', () => {
    expect(dayOf('2024-05-03T22:15:00Z', ZONE)).toBe('2024-05-04')
    expect(yearOf('2024-05')).toBe('2024')
    expect(yearOf('')).toBe('')
  })

  it('has a place in order, even when only the year was said', () => {
    expect(instantOf('2024')).toBe(Date.UTC(2024, 0, 1))
    expect(instantOf('2024-05')).toBe(Date.UTC(2024, 4, 1))
    expect(instantOf('2024-05-03T08:15:00+08:00')).toBe(Date.UTC(2024, 4, 3, 0, 15))
    expect(instantOf('')).toBeNaN()
  })
})

describe('an age', () => {
  const now = Date.UTC(2026, 10, 29)
  it('counts whole years and months', () => {
    expect(ageOn('19801129', now)).toEqual({ years: 46, months: 552 })
    expect(ageOn('19801130', now)).toEqual({ years: 45, months: 551 })
    expect(ageOn('20261001', now)).toEqual({ years: 0, months: 1 })
  })

  it('is not made up', () => {
    expect(ageOn('****', now)).toBeNull()
    expect(ageOn('20280101', now)).toBeNull()
  })
})
