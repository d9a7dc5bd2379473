import { describe, expect, it } from 'vitest'

import { asKind, choices, lastWhole, monthsUpTo, parsePeriod, periodText, stepped } from './periods'

const period = (text: string) => {
  const found = parsePeriod(text)
  if (!found) throw new Error(text)
  return found
}

describe('a period', () => {
  it.each(['2026-03', '2026Q4', '2026', '2000-12'])('is read and written as %s', (text) => expect(periodText(period(text))).toBe(text))

  it.each(['2026-13', '2026-00', '2026Q5', '2026Q0', '26', '2026-3', ' 2026', '2026-01..2026-03', '<b>', undefined])('is not read from %s', (text) =>
    expect(parsePeriod(text)).toBeNull(),
  )

  it.each([
    ['2026-01', -1, '2025-12'],
    ['2025-12', 1, '2026-01'],
    ['2026Q1', -1, '2025Q4'],
    ['2026Q1', 4, '2027Q1'],
    ['2026', -3, '2023'],
  ])('%s stepped by %i is %s', (from, by, to) => expect(periodText(stepped(period(from), by))).toBe(to))

  it('stays the same time when its kind changes', () => {
    expect(periodText(asKind(period('2026-05'), 'quarter'))).toBe('2026Q2')
    expect(periodText(asKind(period('2026-05'), 'year'))).toBe('2026')
    expect(periodText(asKind(period('2026'), 'month'))).toBe('2026-12')
    expect(periodText(asKind(period('2026Q1'), 'month'))).toBe('2026-03')
  })

  it('was over when a later one runs', () => {
    expect(periodText(lastWhole('month', '2026-01-01'))).toBe('2025-12')
    expect(periodText(lastWhole('quarter', '2026-05-31'))).toBe('2026Q1')
    expect(periodText(lastWhole('year', '2026-12-31'))).toBe('2025')
  })
})

describe('what is offered', () => {
  it('begins with the period that runs, and every one is earlier by one', () => {
    const offered = choices(period('2026-03'), '2026-04-02').map(periodText)
    expect(offered[0]).toBe('2026-04')
    expect(offered).toHaveLength(36)
    expect(new Set(offered).size).toBe(36)
  })

  it('holds what an address says, however old', () => {
    expect(periodText(choices(period('1999Q2'), '2026-04-02')[0] ?? period('2026'))).toBe('1999Q2')
  })
})

describe('the months of a line', () => {
  it('end with the last month of the period', () => {
    expect(monthsUpTo(period('2026-03')).range).toBe('2025-04..2026-03')
    expect(monthsUpTo(period('2026Q1')).range).toBe('2025-04..2026-03')
    expect(monthsUpTo(period('2025'), 24).months).toHaveLength(24)
    expect(monthsUpTo(period('2025'), 24).range).toBe('2024-01..2025-12')
  })
})
