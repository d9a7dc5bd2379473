/** Figures of the quality of the index, and what each leads to. Pure. */

import type { SourceQuality } from '@/lib/api'

export const FAULTS = ['duplicate', 'no-name', 'no-sex', 'no-birth'] as const
export type FaultName = (typeof FAULTS)[number]

/** What a figure is about. */
export type Drill = { what: 'fault'; fault: FaultName; source: string } | { what: 'crowd'; key: string; value: string }

export const sameDrill = (one: Drill, other: Drill): boolean => JSON.stringify(one) === JSON.stringify(other)

/** How many records of a source have a fault. */
export function sorted(source: SourceQuality, fault: FaultName): number {
  if (fault === 'duplicate') return source.duplicates
  if (fault === 'no-name') return source.no_name
  return fault === 'no-sex' ? source.no_sex : source.no_birth
}

/** A share as people read it: never 0 % where there is something, never 100 % where something is missing. */
export function percent(count: number, of: number): string {
  if (of <= 0) return '—'
  const share = (100 * count) / of
  if (count > 0 && share < 0.1) return '<0.1%'
  if (count < of && share > 99.9) return '>99.9%'
  return `${share < 10 ? share.toFixed(1) : Math.round(share)}%`
}
