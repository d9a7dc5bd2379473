/** Where the points of a series lie in a drawing. */

import type { Place } from '@/lib/drawing'

import { instantOf } from './times'

export type Measured = { at: string; number: number; low?: string; high?: string }
export type Scale = { from: number; to: number; least: number; most: number }

/** The spans of time and of numbers that some series take together, with a little room around. */
export function scaleOf(series: readonly (readonly Measured[])[], range?: { low?: number; high?: number }): Scale | null {
  const points = series.flat().filter(({ at }) => !Number.isNaN(instantOf(at)))
  if (points.length === 0) return null
  const times = points.map(({ at }) => instantOf(at))
  const numbers = points.map(({ number }) => number)
  for (const bound of [range?.low, range?.high]) if (bound !== undefined && Number.isFinite(bound)) numbers.push(bound)
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  const room = (most - least || Math.abs(most) || 1) * 0.08
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const half = from === to ? 43_200_000 : 0
  return { from: from - half, to: to + half, least: least - room, most: most + room }
}

/** Where a point lies in a drawing of a width and a height; y grows downwards. */
export function placeOf({ at, number }: Measured, scale: Scale, width: number, height: number): Place {
  return {
    x: ((instantOf(at) - scale.from) / (scale.to - scale.from)) * width,
    y: height - ((number - scale.least) / (scale.most - scale.least)) * height,
  }
}

/** The reference range in numbers, as far as it is said in numbers. */
export function rangeOf({ low, high }: { low: string; high: string }): { low?: number; high?: number } {
  const found: { low?: number; high?: number } = {}
  if (low !== '' && Number.isFinite(Number(low))) found.low = Number(low)
  if (high !== '' && Number.isFinite(Number(high))) found.high = Number(high)
  return found
}
