/** Percent of rows that violate a rule; of none: none. */
export function percentOf({ violated, denominator }: { violated: number; denominator: number }): number | null {
  return denominator === 0 ? null : (100 * violated) / denominator
}

/** A percentage as people read it: no figures that say nothing, and never 0 where there is something. */
export function percentText(value: number | null): string {
  if (value === null) return '–'
  if (value === 0) return '0'
  if (value < 0.01) return '<0.01'
  return value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0)
}

/** The line of a trend in a box of a width and height, from 0 to its peak; a single point is a dash. */
export function linePoints(values: readonly number[], width: number, height: number): string {
  const peak = Math.max(...values, 1e-9)
  const step = values.length > 1 ? width / (values.length - 1) : width
  const points = values.length > 1 ? values : [...values, ...values]
  return points.map((value, place) => `${(place * step).toFixed(1)},${(height - (value / peak) * height).toFixed(1)}`).join(' ')
}
