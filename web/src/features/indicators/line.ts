/** Where the points of a line of months lie in a drawing, and where its gaps are. */

import type { Place } from '@/lib/drawing'

export type Drawn = {
  /** Lines between gaps: a month without a value breaks the line. */
  lines: Place[][]
  /** One for each month; null where there is no value. */
  spots: (Place | null)[]
  /** Height of the target; null where there is none. */
  target: number | null
  least: number
  most: number
}

type Box = { width: number; height: number }
type Options = { target?: number | null; floor?: number | undefined }

/** The numbers that a drawing reaches from and to. The target belongs to it, so that its distance can be seen. */
export function reach(values: readonly (number | null)[], { target = null, floor }: Options = {}): { least: number; most: number } | null {
  const said = values.filter(isNumber)
  if (said.length === 0) return null
  const all = [...said, ...(target === null ? [] : [target]), ...(floor === undefined ? [] : [floor])]
  return { least: Math.min(...all), most: Math.max(...all) }
}

const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value)

/** How far from the top a number lies. */
export function heightIn({ least, most }: { least: number; most: number }, height: number): (value: number) => number {
  return (value) => (most === least ? height / 2 : height - ((value - least) / (most - least)) * height)
}

/** Draw values, oldest first, from edge to edge. */
export function drawn(values: readonly (number | null)[], { width, height }: Box, options: Options = {}): Drawn | null {
  const span = reach(values, options)
  if (!span) return null
  const y = heightIn(span, height)
  const step = values.length > 1 ? width / (values.length - 1) : 0
  const spots = values.map((value, place) => (isNumber(value) ? { x: place * step, y: y(value) } : null))
  const { target = null } = options
  return { lines: unbroken(spots), spots, target: target === null ? null : y(target), ...span }
}

/** The lines between gaps. */
export function unbroken(spots: readonly (Place | null)[]): Place[][] {
  const lines: Place[][] = []
  let line: Place[] = []
  for (const spot of [...spots, null]) {
    if (spot) line.push(spot)
    else if (line.length > 0) {
      lines.push(line)
      line = []
    }
  }
  return lines
}
