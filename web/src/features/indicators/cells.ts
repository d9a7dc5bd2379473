/** What a row of the star says in one column, as people read it. */

import type { Language } from '@/lib/texts'
import { fullTime } from '@/lib/time'

import { plain } from './numbers'

type Ways = { timezone: string; language: Language; yes: string; no: string }

/** Columns whose codes people know as well as their names: both are shown. */
export const CODED: ReadonlySet<string> = new Set(['main_diagnosis', 'code', 'item'])

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** Instants on the hospital's clock, money in yuan, yes and no; everything else as it was said. */
export function cellText(column: string, value: string | number | boolean, { timezone, language, yes, no }: Ways): string {
  if (typeof value === 'boolean') return value ? yes : no
  if (typeof value === 'number') return column.endsWith('_fen') ? plain(value / 100, language) : plain(value, language)
  if (INSTANT.test(value)) return fullTime(/Z|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`, timezone).slice(0, 16)
  return value
}
