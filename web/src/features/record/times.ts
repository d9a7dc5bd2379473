/** FHIR times as people read them: as precise as they were said, on the hospital's clock. */

import { fullTime } from '@/lib/time'

/** `2024`, `2024-05`, `2024-05-03` or `2024-05-03 08:15`; an unknown form as it is. */
export function shown(at: string, zone: string): string {
  if (/^\d{4}(-\d\d){0,2}$/.test(at)) return at
  const zoned = /T.*(Z|[+-]\d\d:\d\d)$/.test(at)
  if (zoned) return fullTime(at, zone).slice(0, 16)
  return at.replace('T', ' ').slice(0, 16)
}

/** The day of a time, for headings: what is less precise stands under what is known. */
export function dayOf(at: string, zone: string): string {
  return shown(at, zone).slice(0, 10)
}

/** The year of a time; empty: not said. */
export const yearOf = (at: string): string => (/^\d{4}/.test(at) ? at.slice(0, 4) : '')

/** Milliseconds since the epoch of the first moment that a time may mean; NaN: none. */
export function instantOf(at: string): number {
  if (!/^\d{4}/.test(at)) return Number.NaN
  const padded = at.length < 10 ? `${at}${'0000-01-01'.slice(at.length)}` : at
  return Date.parse(padded)
}

/** How old somebody is on a day: years, or months below two years; null: not known. */
export function ageOn(born: string, now: number): { years: number; months: number } | null {
  const found = /^(\d{4})-?(\d\d)?-?(\d\d)?/.exec(born)
  if (!found) return null
  const today = new Date(now)
  const [year, month, day] = [Number(found[1]), Number(found[2] ?? 1), Number(found[3] ?? 1)]
  const months = (today.getUTCFullYear() - year) * 12 + today.getUTCMonth() + 1 - month - (today.getUTCDate() < day ? 1 : 0)
  return months < 0 ? null : { years: Math.floor(months / 12), months }
}
