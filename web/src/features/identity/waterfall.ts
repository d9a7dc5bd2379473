/** A score as bars that follow each other: each begins where the one before ended. Pure. */

import type { Evidence } from '@/lib/api'

type Step = Evidence['steps'][number]

/** One step: from where to where the sum went, in bits, and the same as shares of the whole width. */
export type Bar = { step: Step; before: number; after: number; left: number; width: number }

export type Waterfall = { bars: Bar[]; total: number; zero: number; totalLeft: number; totalWidth: number }

/** Place the steps of a score between the lowest and the highest that the sum ever was. */
export function waterfall(steps: readonly Step[]): Waterfall {
  const sums = [0]
  for (const { bits } of steps) sums.push((sums.at(-1) ?? 0) + bits)
  const [low, high] = [Math.min(...sums), Math.max(...sums)]
  const share = (bits: number) => (high === low ? 0 : (bits - low) / (high - low))
  const span = (a: number, b: number) => ({ left: share(Math.min(a, b)), width: Math.abs(share(b) - share(a)) })
  const total = sums.at(-1) ?? 0
  const whole = span(0, total)
  return {
    bars: steps.map((step, place) => {
      const before = sums[place] ?? 0
      const after = sums[place + 1] ?? 0
      return { step, before, after, ...span(before, after) }
    }),
    total,
    zero: share(0),
    totalLeft: whole.left,
    totalWidth: whole.width,
  }
}

/** A number of bits with its sign, one digit behind the point. */
export function signed(bits: number): string {
  const text = Math.abs(bits).toFixed(1)
  return text === '0.0' ? '0.0' : `${bits < 0 ? '−' : '+'}${text}`
}

const ODDS_MAX = 1_000_000

/** Bits as odds, rounded to two figures: how many times likelier one thing is than the other. */
export function odds(bits: number): { times: number; beyond: boolean } {
  const times = 2 ** Math.abs(bits)
  if (times >= ODDS_MAX) return { times: ODDS_MAX, beyond: true }
  return { times: Number(times.toPrecision(2)), beyond: false }
}
