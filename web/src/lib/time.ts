/** Instants in the hospital's zone, never in the browser's. */

import type { Language } from './texts'

const MINUTE = 60_000

/** How far the server's clock is ahead of this machine's, in milliseconds. */
let skew = 0

/** Learn the server's clock from an instant that it has just sent. */
export function learnServerTime(at: string): void {
  const server = Date.parse(at)
  if (!Number.isNaN(server)) skew = server - Date.now()
}

/** Now, by the server's clock, in milliseconds since the epoch. */
export function serverNow(): number {
  return Date.now() + skew
}

type Parts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, format)
  }
  return format
}

function partsOf(instant: number, zone: string): Parts {
  const parts = {} as Parts
  for (const { type, value } of formatOf(zone).formatToParts(instant))
    if (type !== 'literal') parts[type as keyof Parts] = value
  return parts
}

/** The whole instant on the hospital's clock: `2026-03-01 08:15:02`. */
export function fullTime(iso: string, zone: string): string {
  const instant = Date.parse(iso)
  if (Number.isNaN(instant)) return iso
  const p = partsOf(instant, zone)
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** As short as it can be without doubt: the time today, month and day before, the year before that. */
export function shortTime(iso: string, zone: string, now: number): string {
  const full = fullTime(iso, zone)
  const today = fullTime(new Date(now).toISOString(), zone)
  if (full.slice(0, 10) === today.slice(0, 10)) return full.slice(11)
  return full.slice(0, 4) === today.slice(0, 4) ? full.slice(5) : full
}

/** How long ago, or how far ahead, in words. */
export function relativeTime(iso: string, now: number, language: Language): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000)
  const words = new Intl.RelativeTimeFormat(language === 'zh' ? 'zh-CN' : 'en', { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < 5) return language === 'zh' ? '刚刚' : 'just now'
  if (size < 60) return words.format(seconds, 'second')
  if (size < 3600) return words.format(Math.trunc(seconds / 60), 'minute')
  if (size < 86400) return words.format(Math.trunc(seconds / 3600), 'hour')
  return words.format(Math.trunc(seconds / 86400), 'day')
}

/** A length of time in at most two units: `42 秒`, `3 分 20 秒`, `2 天 4 小时`. */
export function duration(seconds: number, language: Language): string {
  const units: [number, string, string][] = [
    [86400, '天', 'd'],
    [3600, '小时', 'h'],
    [60, '分', 'min'],
    [1, '秒', 's'],
  ]
  let left = Math.max(0, Math.round(seconds))
  const said: string[] = []
  for (const [size, zh, en] of units) {
    const count = Math.floor(left / size)
    if (count > 0 || (size === 1 && said.length === 0))
      said.push(`${count} ${language === 'zh' ? zh : en}`)
    left -= count * size
    if (said.length === 2) break
  }
  return said.join(' ')
}

/** What a person typed as local time in the hospital (`2026-03-01T08:15`), as an instant in UTC. */
export function instantFromLocal(local: string, zone: string): string | null {
  const wanted = Date.parse(`${local.length === 16 ? `${local}:00` : local}Z`)
  if (Number.isNaN(wanted)) return null
  // The offset of the zone depends on the instant that we look for: guess, then correct twice.
  let instant = wanted
  for (let round = 0; round < 2; round++) {
    const shown = Date.parse(`${localFromInstant(new Date(instant).toISOString(), zone)}Z`)
    instant += wanted - shown
  }
  return new Date(instant).toISOString()
}

/** An instant as `<input type="datetime-local">` wants it, on the hospital's clock. */
export function localFromInstant(iso: string, zone: string): string {
  return fullTime(iso, zone).replace(' ', 'T')
}

/** The day of an instant on the hospital's clock, `2026-03-02`. */
export function dayIn(zone: string, now: number): string {
  return fullTime(new Date(now).toISOString(), zone).slice(0, 10)
}

/** The instant `minutes` ago. */
export function minutesAgo(minutes: number): string {
  return new Date(serverNow() - minutes * MINUTE).toISOString()
}

