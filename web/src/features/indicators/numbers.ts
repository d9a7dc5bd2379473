/** Figures as people read them: 1,234.5; large ones shortened, the exact one kept beside. */

import type { Language } from '@/lib/texts'

export type Unit = 'percent' | 'per_mille' | 'per_ten_thousand' | 'ratio' | 'count' | 'days' | 'hours' | 'minutes' | 'yuan' | 'ddds'
export type Better = 'up' | 'down' | 'neither'

/** `exact` is null where nothing was left out that a reader would miss. */
export type Told = { text: string; exact: string | null }

/** From here on a number is told in 万 or 亿, in English in k or M. */
const SHORT_FROM: Partial<Record<Unit, number>> = { yuan: 100_000, count: 1_000_000 }

const localeOf = (language: Language) => (language === 'zh' ? 'zh-CN' : 'en')

/** How many digits after the point say something: few of a large number, two of a small one. */
function digitsOf(value: number, unit: Unit): number {
  const size = Math.abs(value)
  if (unit === 'count') return Number.isInteger(value) ? 0 : 1
  if (unit === 'yuan') return size >= 1000 ? 0 : 2
  return size >= 10 ? 1 : 2
}

export function tell(value: number, unit: Unit, language: Language): Told {
  const locale = localeOf(language)
  const exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 }).format(value)
  if (Math.abs(value) >= (SHORT_FROM[unit] ?? Infinity))
    return { text: new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 4 }).format(value), exact }
  const digits = digitsOf(value, unit)
  const text = new Intl.NumberFormat(locale, { minimumFractionDigits: unit === 'count' ? 0 : digits, maximumFractionDigits: digits }).format(value)
  return { text, exact: exact === text || Number(exact.replaceAll(',', '')) === Number(text.replaceAll(',', '')) ? null : exact }
}

/** A plain count or sum, with its thousands. */
export function plain(value: number, language: Language): string {
  return new Intl.NumberFormat(localeOf(language), { maximumFractionDigits: 2 }).format(value)
}

export type Change = {
  way: 'up' | 'down' | 'same'
  /** Whether that is the better way; null: it does not matter which. */
  good: boolean | null
  /** Without a sign: the arrow says it. */
  text: string
}

/** A percentage changes by points, everything else by percent of what it was. */
export const changesByPoints = (unit: Unit) => unit === 'percent'

/** How a figure moved against another period, and whether that is for the better. */
export function changeOf(by: number | null | undefined, better: Better, language: Language): Change | null {
  if (by === null || by === undefined || !Number.isFinite(by)) return null
  const text = new Intl.NumberFormat(localeOf(language), { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(Math.abs(by))
  if (Math.round(Math.abs(by) * 10) === 0) return { way: 'same', good: null, text }
  const way = by > 0 ? 'up' : 'down'
  return { way, good: better === 'neither' ? null : way === better, text }
}

/** A numerator or denominator: money is kept in fen and told in yuan. */
export function amount(value: number, money: boolean, language: Language): string {
  return plain(money ? value / 100 : value, language)
}

/** Whether numerator and denominator are sums of money. */
export type Money = { numerator: boolean; denominator: boolean }

type HasMoney = { money: boolean } | null
export const moneyOf = ({ numerator, denominator }: { numerator: HasMoney; denominator: HasMoney }): Money => ({ numerator: numerator?.money ?? false, denominator: denominator?.money ?? false })
