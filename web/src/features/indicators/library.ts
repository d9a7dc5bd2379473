/** Finding one definition among hundreds. */

import type { IndicatorRow } from '@/lib/api'
import type { DeskSearch } from '@/lib/filters'

import type { StandingState } from './standing'

/** Whether an indicator is asked for: every word stands in its code, names, owner or calibers. */
export function isAsked(row: IndicatorRow, { q, class: of, way, standing, faulty }: DeskSearch, states: readonly StandingState[] = []): boolean {
  if (of !== undefined && row.category !== of) return false
  if (way !== undefined && !row.calibers.some((one) => one.way === way)) return false
  if (standing !== undefined && !states.includes(standing)) return false
  if (faulty !== undefined && row.findings === 0) return false
  const text = [row.code, row.name.zh, row.name.en, row.owner, ...row.calibers.flatMap(({ title }) => [title.zh, title.en])].join(' ').toLowerCase()
  return (q ?? '').toLowerCase().split(/\s+/).every((word) => text.includes(word))
}
