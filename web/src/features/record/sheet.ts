/**
 * A week of the temperature sheet (体温单): what was measured in which of its 42 columns, and what
 * happened when. Drawn from what messages said; nothing is made up where nothing was measured.
 *
 * Source: 病历书写基本规范 (2010), 体温单; 护理分级 and provincial 护理文书书写规范 for the signs:
 * oral ●, axillary ×, rectal ○, pulse red ●, a temperature after cooling red ○ on a dashed line,
 * days after an operation until the fourteenth, events between 40 and 42 °C.
 */

import type { RecordItem, RecordSeries } from '@/lib/api'

import { shown } from './times'

export const HOURS = [2, 6, 10, 14, 18, 22] as const
export const DAYS = 7
const AFTER_OPERATION_DAYS = 14
const FEVER = 38.5

export type Way = 'oral' | 'axillary' | 'rectal'
export type Reading = { day: string; slot: number; time: string; number: number; text: string }
export type Temperature = Reading & { way: Way; cooled?: Reading }
export const EVENTS = ['admitted', 'operated', 'moved', 'discharged'] as const
export type EventKind = (typeof EVENTS)[number]
export type Happening = { day: string; slot: number; time: string; kind: EventKind; text: string }
export const DAILY = ['intake', 'output', 'urine', 'stool', 'weight', 'height'] as const
export type Daily = (typeof DAILY)[number]
export type Stay = { id: string; at: string; until: string; finished: boolean; places: { at: string; name: string }[] }

export type Sheet = {
  days: string[]
  /** Of each day: which of the stay it is, from 1; empty: the patient has left. */
  stayed: string[]
  /** Of each day: how many days after operations it is, the last one first: `2/6`; empty: none. */
  operated: string[]
  temperatures: Temperature[]
  pulses: Reading[]
  respirations: Reading[]
  /** By day and half of the day: `118/76`. */
  pressures: Map<string, string>
  daily: Map<string, string>
  events: Happening[]
}

/** The local day and the column of a time; null when it is not known to the hour. */
export function columnOf(at: string, zone: string): { day: string; slot: number; time: string } | null {
  const text = shown(at, zone)
  const found = /^(\d{4}-\d\d-\d\d) (\d\d):(\d\d)$/.exec(text)
  if (!found?.[1] || !found[2]) return null
  return { day: found[1], slot: Math.floor(Number(found[2]) / 4), time: `${found[2]}:${found[3] ?? '00'}` }
}

export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

const between = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)

/** The first day of the sheet of a stay, and how many weeks it has. */
export function weeksOf(series: readonly RecordSeries[], stay: Stay | undefined, zone: string): { first: string; count: number } | null {
  const measured = series.flatMap(({ points }) => points.map(({ at }) => shown(at, zone).slice(0, 10))).filter((day) => /^\d{4}-\d\d-\d\d$/.test(day))
  const begins = stay?.at ? shown(stay.at, zone).slice(0, 10) : ''
  const ends = stay?.finished && stay.until ? shown(stay.until, zone).slice(0, 10) : ''
  const within = measured.filter((day) => (begins === '' || day >= begins) && (ends === '' || day <= ends)).sort()
  const first = begins.length === 10 ? begins : within[0]
  if (first === undefined) return null
  const last = ends.length === 10 ? ends : (within.at(-1) ?? first)
  return { first, count: Math.max(1, Math.floor(between(first, last) / DAYS) + 1) }
}

/** How a temperature was taken; at the armpit where nobody says. */
const wayOf = ({ vital }: RecordSeries): Way => (vital === 'temperature-oral' ? 'oral' : vital === 'temperature-rectal' ? 'rectal' : 'axillary')

type Of = { series: readonly RecordSeries[]; procedures: readonly RecordItem[]; stay: Stay | undefined; zone: string }

/** One week of a sheet. */
export function sheetOf({ series, procedures, stay, zone }: Of, first: string, week: number): Sheet {
  const begins = dayAfter(first, (week - 1) * DAYS)
  const days = Array.from({ length: DAYS }, (_, n) => dayAfter(begins, n))
  const of = (...vitals: string[]) => series.filter((one) => vitals.includes(one.vital))
  const operations = procedures.filter(({ status }) => !['entered-in-error', 'not-done', 'cancelled'].includes(status)).map((one) => ({ at: one.at, day: shown(one.at, zone).slice(0, 10), title: one.title }))
  const left = stay?.finished ? shown(stay.until, zone).slice(0, 10) : ''
  return {
    days,
    stayed: days.map((day) => (left !== '' && day > left ? '' : String(between(first, day) + 1))),
    operated: days.map((day) => since(operations.map((one) => one.day), day)),
    temperatures: temperaturesOf(of('temperature', 'temperature-oral', 'temperature-rectal', 'temperature-cooled'), days, zone),
    pulses: readingsOf(of('pulse'), days, zone),
    respirations: readingsOf(of('respiration'), days, zone),
    pressures: pressuresOf(of('systolic'), of('diastolic'), days, zone),
    daily: new Map(DAILY.flatMap((vital) => [...lastOfDays(of(vital), days, zone)].map(([day, text]) => [`${vital} ${day}`, text] as const))),
    events: happenings(operations, stay, days, zone),
  }
}

function since(operations: readonly string[], day: string): string {
  const after = [...new Set(operations.map((one) => between(one, day)))].filter((days) => days >= 1 && days <= AFTER_OPERATION_DAYS)
  return after.sort((a, b) => a - b).join('/')
}

/** Every reading of some days, by time. */
function all(series: readonly RecordSeries[], days: readonly string[], zone: string): (Reading & { way: Way; cooling: boolean })[] {
  const found = series.flatMap((one) =>
    one.points.flatMap((point) => {
      const column = columnOf(point.at, zone)
      if (!column || !days.includes(column.day)) return []
      return [{ ...column, number: point.number, text: point.value.text, way: wayOf(one), cooling: one.vital === 'temperature-cooled' }]
    }),
  )
  return found.sort((a, b) => `${a.day} ${a.time}`.localeCompare(`${b.day} ${b.time}`))
}

const off = ({ slot, time }: Reading): number => Math.abs(Number(time.slice(0, 2)) + Number(time.slice(3)) / 60 - (HOURS[slot] ?? 0))

/** Of each column the reading nearest to its hour. */
function nearest<T extends Reading>(readings: readonly T[]): T[] {
  const best = new Map<string, T>()
  for (const one of readings) {
    const key = `${one.day} ${one.slot}`
    const known = best.get(key)
    if (!known || off(one) < off(known)) best.set(key, one)
  }
  return [...best.values()]
}

function readingsOf(series: readonly RecordSeries[], days: readonly string[], zone: string): Reading[] {
  return nearest(all(series, days, zone))
}

/**
 * A second, lower reading within the column of a fever is the one after cooling; so is what its
 * sender calls so.
 */
function temperaturesOf(series: readonly RecordSeries[], days: readonly string[], zone: string): Temperature[] {
  const every = all(series, days, zone)
  return nearest(every.filter(({ cooling }) => !cooling)).map((one) => {
    const later = every.filter((other) => other.day === one.day && other.slot === one.slot && other.time > one.time)
    const cooled = later.find(({ cooling }) => cooling) ?? (one.number >= FEVER ? later.find(({ number }) => number < one.number) : undefined)
    const { day, slot, time, number, text, way } = one
    return { day, slot, time, number, text, way, ...(cooled && { cooled }) }
  })
}

function pressuresOf(systolic: readonly RecordSeries[], diastolic: readonly RecordSeries[], days: readonly string[], zone: string): Map<string, string> {
  const low = new Map(diastolic.flatMap(({ points }) => points.map(({ at, value }) => [at, value.text] as const)))
  const found = new Map<string, string>()
  for (const { points } of systolic)
    for (const { at, value } of points) {
      const column = columnOf(at, zone)
      const key = column && `${column.day} ${column.slot < 3 ? 'am' : 'pm'}`
      if (column && key && days.includes(column.day) && !found.has(key)) found.set(key, `${value.text}/${low.get(at) ?? '–'}`)
    }
  return found
}

function lastOfDays(series: readonly RecordSeries[], days: readonly string[], zone: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const { points } of series)
    for (const { at, value } of points) {
      const day = shown(at, zone).slice(0, 10)
      if (days.includes(day)) found.set(day, value.text)
    }
  return found
}

function happenings(operations: readonly { at: string; title: string }[], stay: Stay | undefined, days: readonly string[], zone: string): Happening[] {
  const told: { at: string; kind: EventKind; text: string }[] = operations.map(({ at, title }) => ({ at, kind: 'operated', text: title }))
  if (stay) {
    told.push({ at: stay.at, kind: 'admitted', text: '' })
    for (const { at, name } of stay.places.slice(1)) told.push({ at, kind: 'moved', text: name })
    if (stay.finished && stay.until) told.push({ at: stay.until, kind: 'discharged', text: '' })
  }
  return told.flatMap(({ at, kind, text }) => {
    const column = columnOf(at, zone)
    return column && days.includes(column.day) ? [{ ...column, kind, text }] : []
  })
}

/** The stay that an Encounter is, with the places where the patient lay, in their order. */
export function stayOf(item: RecordItem, resource: unknown): Stay {
  const places: { at: string; name: string }[] = []
  const told = resource !== null && typeof resource === 'object' && 'location' in resource && Array.isArray(resource.location) ? resource.location : []
  for (const one of told as { period?: { start?: unknown }; location?: { display?: unknown } }[]) {
    const [at, name] = [one.period?.start, one.location?.display]
    if (typeof at === 'string') places.push({ at, name: typeof name === 'string' ? name : '' })
  }
  places.sort((a, b) => a.at.localeCompare(b.at))
  return { id: item.id, at: item.at, until: item.until, finished: item.status === 'finished', places }
}

/**
 * A time as it is written in the columns of events, in numerals of a language; `15:08` without any.
 *
 * @param digits those from nought to ten, then the words for hour and minute
 */
export function spelled(time: string, digits: string): string {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  const [ten, hours, minutes] = [digits.charAt(10), digits.charAt(11), digits.charAt(12)]
  if (minutes === '') return time
  const numeral = (number: number): string => {
    const [tens, ones] = [Math.floor(number / 10), number % 10]
    if (tens === 0) return digits.charAt(ones)
    return `${tens === 1 ? '' : digits.charAt(tens)}${ten}${ones === 0 ? '' : digits.charAt(ones)}`
  }
  return `${numeral(hour)}${hours}${minute === 0 ? '' : `${numeral(minute)}${minutes}`}`
}
