/** What drawings have in common: places, lines and the numbers of an axis. */

/** Where something lies; y grows downwards. */
export type Place = { x: number; y: number }

/** The line through some points, as SVG writes it. */
export function lineThrough(places: readonly Place[]): string {
  return places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
}

/** Numbers for an axis, at most five, that people like to read: multiples of 1, 2 or 5. */
export function ticks(least: number, most: number): number[] {
  const span = most - least
  if (!(span > 0)) return []
  const size = 10 ** Math.floor(Math.log10(span / 3))
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => span / one <= 4.5) ?? 10 * size
  const found: number[] = []
  for (let n = Math.ceil(least / step); n * step <= most; n++) found.push(Number((n * step).toPrecision(12)))
  return found
}
