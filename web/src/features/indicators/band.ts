/** Where a series, what is expected of it and the bands around that lie in a drawing. */

import type { Place } from '@/lib/drawing'

import { heightIn } from './line'

export type Past = { at: string; value: number }
export type Ahead = Past & { low_80: number; high_80: number; low_95: number; high_95: number }

export type BandDrawing = {
  past: Place[]
  /** From the last known point on, so that the line does not break. */
  ahead: Place[]
  band80: Place[]
  band95: Place[]
  least: number
  most: number
  y: (value: number) => number
}

/** Draw into a box of 100 by 100; null where there is nothing to draw. */
export function bandDrawing(past: readonly Past[], ahead: readonly Ahead[]): BandDrawing | null {
  const last = past.at(-1)
  if (!last || ahead.length === 0) return null
  const numbers = [...past.map(({ value }) => value), ...ahead.flatMap(({ low_95, high_95 }) => [low_95, high_95])]
  const least = Math.min(...numbers)
  const most = Math.max(...numbers)
  const y = heightIn({ least: least >= 0 && least < most / 2 ? 0 : least, most }, 100)
  const step = 100 / Math.max(1, past.length + ahead.length - 1)
  const begin = { x: (past.length - 1) * step, y: y(last.value) }
  const x = (place: number) => (past.length + place) * step
  const along = (of: (one: Ahead) => number) => ahead.map((one, place) => ({ x: x(place), y: y(of(one)) }))
  const band = (low: Place[], high: Place[]) => [begin, ...high, ...[...low].reverse()]
  return {
    past: past.map(({ value }, place) => ({ x: place * step, y: y(value) })),
    ahead: [begin, ...along(({ value }) => value)],
    band80: band(along(({ low_80 }) => low_80), along(({ high_80 }) => high_80)),
    band95: band(along(({ low_95 }) => low_95), along(({ high_95 }) => high_95)),
    least: least >= 0 && least < most / 2 ? 0 : least,
    most,
    y,
  }
}
