/** Whole months, quarters and years, as the server writes them: `2026-03`, `2026Q1`, `2026`. */

export const PERIOD_KINDS = ['month', 'quarter', 'year'] as const
export type PeriodKind = (typeof PERIOD_KINDS)[number]

/** `number` counts from 1 within the year; of a year it is 1. */
export type Period = { kind: PeriodKind; year: number; number: number }

const LENGTH: Record<PeriodKind, number> = { month: 1, quarter: 3, year: 12 }

/** Read a period, or nothing: it may come from an address. */
export function parsePeriod(text: string | undefined): Period | null {
  const found = /^(\d{4})(?:-(\d\d)|Q(\d))?$/.exec(text ?? '')
  if (!found) return null
  const [, year, month, quarter] = found
  const number = Number(month ?? quarter ?? 1)
  const kind = month ? 'month' : quarter ? 'quarter' : 'year'
  return number >= 1 && number <= 12 / LENGTH[kind] ? { kind, year: Number(year), number } : null
}

export function periodText({ kind, year, number }: Period): string {
  const four = String(year).padStart(4, '0')
  if (kind === 'year') return four
  return kind === 'quarter' ? `${four}Q${number}` : `${four}-${String(number).padStart(2, '0')}`
}

/** The months since year 0 of the first month of a period. */
const monthsBefore = ({ kind, year, number }: Period) => year * 12 + (number - 1) * LENGTH[kind]

/** The period of a kind that holds a month, counted since year 0. */
function holding(kind: PeriodKind, months: number): Period {
  return { kind, year: Math.floor(months / 12), number: Math.floor((months % 12) / LENGTH[kind]) + 1 }
}

/** The period some steps later; earlier where `by` is negative. */
export const stepped = (period: Period, by: number): Period => holding(period.kind, monthsBefore(period) + by * LENGTH[period.kind])

/** The same time as another kind of period: the one that holds its last month. */
export const asKind = (period: Period, kind: PeriodKind): Period => holding(kind, monthsBefore(period) + LENGTH[period.kind] - 1)

/** The newest period of a kind that was over on a day such as `2026-04-02`. */
export function lastWhole(kind: PeriodKind, day: string): Period {
  const [year, month] = day.split('-').map(Number)
  return stepped(holding(kind, (year ?? 0) * 12 + (month ?? 1) - 1), -1)
}

/** Periods from which one is picked, newest first, the one that is chosen among them; some ahead of the running one. */
export function choices(chosen: Period, day: string, ahead = 0): Period[] {
  const count = { month: 36, quarter: 12, year: 6 }[chosen.kind] + ahead
  const newest = stepped(lastWhole(chosen.kind, day), 1 + ahead)
  const offered = Array.from({ length: count }, (_, back) => stepped(newest, -back))
  return offered.some((one) => periodText(one) === periodText(chosen)) ? offered : [chosen, ...offered]
}

/** The months of a line that ends with a period, as a range; a period of one year by default. */
export function monthsUpTo(period: Period, count = 12): { range: string; months: string[] } {
  const last = monthsBefore(period) + LENGTH[period.kind] - 1
  const months = Array.from({ length: count }, (_, place) => periodText(holding('month', last - count + 1 + place)))
  return { range: `${months[0]}..${months.at(-1)}`, months }
}
