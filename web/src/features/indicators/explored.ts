/** An exploration in an address: by what figures are put together, and which rows are counted. */

import type { ExploredCell, ExploredFigures, SavedQuestion } from '@/lib/api'
import { type ExploreSearch, exploreSearch } from '@/lib/filters'

export type Slice = { column: string; value: string }

/** `payer:self,class:inpatient` in parts; what is none is left out. */
export function slicesOf(where: string | undefined): Slice[] {
  return (where ?? '').split(',').flatMap((part) => {
    const at = part.indexOf(':')
    return at > 0 && at < part.length - 1 ? [{ column: part.slice(0, at), value: part.slice(at + 1) }] : []
  })
}

/** The same as text; nothing where there are none. */
export function whereOf(slices: readonly Slice[]): string | undefined {
  return slices.length === 0 ? undefined : slices.map(({ column, value }) => `${column}:${value}`).join(',')
}

/** Slices with one put in the place of that of its column; without a value it is taken away. */
export function withSlice(slices: readonly Slice[], column: string, value: string): Slice[] {
  const others = slices.filter((one) => one.column !== column)
  return value === '' ? others : [...others, { column, value }]
}

export const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter((one) => one !== '')

export type ExploredRow = { key: string; places: ExploredCell['places']; cells: (ExploredCell | undefined)[] }

/** One row for each place, with a cell of each indicator: in the order of the first that has it. */
export function rowsOf(items: readonly ExploredFigures[]): ExploredRow[] {
  const rows = new Map<string, ExploredRow>()
  items.forEach((item, at) => {
    for (const cell of item.cells) {
      const key = cell.places.map(({ code, hospital }) => `${hospital}\n${code}`).join('\t')
      const row = rows.get(key) ?? { key, places: cell.places, cells: [] }
      row.cells[at] = cell
      rows.set(key, row)
    }
  })
  return [...rows.values()]
}

const PLACES = ['hospital', 'department', 'doctor'] as const

type Asked = { period: string; hospital?: string | undefined; department?: string | undefined; doctor?: string | undefined; where?: string | undefined }

/** Where the rows behind a cell are found: the question narrowed to its places. */
export function drillOf(asked: Asked, by: readonly string[], places: ExploredCell['places']): Asked {
  const found: Asked = { ...asked }
  let slices = slicesOf(asked.where)
  by.forEach((column, at) => {
    const { code = '', hospital = '' } = places[at] ?? {}
    if (code === '') return
    if (hospital !== '') found.hospital = hospital
    const place = PLACES.find((one) => one === column)
    if (place !== undefined) found[place] = code
    else if (column === 'month') found.period = code
    else slices = withSlice(slices, column, code)
  })
  found.where = whereOf(slices)
  return found
}

/** What an address asks, as it is kept; what is empty is not asked. */
export const askedBy = ({ codes = '', by = '', period = '', hospital = '', department = '', doctor = '', where = '' }: ExploreSearch): SavedQuestion => ({ codes, by, period, hospital, department, doctor, where })

/** The address of what is kept. */
export const searchOf = (asked: SavedQuestion): ExploreSearch => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''))

function searchIn(link: string): ExploreSearch {
  const at = link.indexOf('?')
  return at < 0 ? {} : exploreSearch(Object.fromEntries(new URLSearchParams(link.slice(at + 1))))
}

/** The question of a link to an exploration; null where it names no indicator. */
export function questionIn(link: string): SavedQuestion | null {
  const search = searchIn(link)
  return search.codes === undefined ? null : askedBy(search)
}

/** The saved exploration that a link opens; null where it opens none. */
export const savedIn = (link: string): string | null => searchIn(link).saved ?? null
