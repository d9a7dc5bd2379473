import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Mark } from '@/components/StateMark'
import type { IndicatorTile } from '@/lib/api'
import { useMay, useSession } from '@/lib/session'
import { type Language, type Translate, useTexts } from '@/lib/texts'
import { fullTime } from '@/lib/time'

import { type Better, type Change, changeOf, changesByPoints, tell, type Unit } from './numbers'
import { parsePeriod, type Period } from './periods'

export type Said = { zh: string; en: string }

/** What is said in both languages, in that of the reader; in the other where it is missing. */
export function useSaid(): (said: Said) => string {
  const { language } = useTexts()
  return ({ zh, en }) => (language === 'zh' ? zh || en : en || zh)
}

/** The pages about indicators, for those who may see them. */
export function IndicatorPages({ title, children }: { title: string; children?: ReactNode }) {
  const { t } = useTexts()
  const may = useMay()
  return (
    <div className="page-head indicators-head">
      <h1>{title}</h1>
      <nav className="indicators-pages" aria-label={t('indicators.pages')}>
        <PageLink to="/indicators" text={t('indicators.board')} exact />
        <PageLink to="/indicators/desk" text={t('indicators.desk')} />
        <PageLink to="/indicators/topics" text={t('indicators.insight.topics')} />
        {may('indicators.read') && <PageLink to="/indicators/scores" text={t('indicators.scores.title')} />}
        <PageLink to="/indicators/workload" text={t('indicators.insight.workload')} />
        <PageLink to="/indicators/explore" text={t('indicators.explore.title')} />
        {may('indicators.publish') && <PageLink to="/indicators/publish" text={t('indicators.publish.title')} />}
        {may('indicators.read') && <PageLink to="/indicators/exam" text={t('indicators.exam.title')} />}
        {may('indicators.read') && <PageLink to="/indicators/forms" text={t('indicators.forms.title')} />}
        {may('indicators.read') && <PageLink to="/indicators/alerts" text={t('indicators.alerts.title')} />}
        {may('indicators.read') && <PageLink to="/indicators/reports" text={t('indicators.reports.title')} />}
        <PageLink to="/indicators/requests" text={t('indicators.requests.title')} />
        {may('indicators.read') && <PageLink to="/indicators/services" text={t('indicators.services.title')} />}
      </nav>
      {children}
    </div>
  )
}

function PageLink({ to, text, exact = false }: { to: '/indicators' | '/indicators/desk' | '/indicators/explore' | '/indicators/publish' | '/indicators/topics' | '/indicators/scores' | '/indicators/workload' | '/indicators/reports' | '/indicators/exam' | '/indicators/forms' | '/indicators/alerts' | '/indicators/requests' | '/indicators/services'; text: string; exact?: boolean }) {
  return (
    <Link to={to} className="page-link" activeOptions={{ exact, includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>
      {text}
    </Link>
  )
}

const UNITS: readonly Unit[] = ['percent', 'per_mille', 'per_ten_thousand', 'ratio', 'count', 'days', 'hours', 'minutes', 'yuan', 'ddds']

/** A unit that this console knows; what a newer server says is told as a plain number. */
export const unitOf = (unit: string): Unit => UNITS.find((one) => one === unit) ?? 'ratio'

/** What stands behind a number; nothing behind a count or a plain ratio. */
export function unitWord(t: Translate, unit: Unit): string {
  return unit === 'count' || unit === 'ratio' ? '' : t(`indicators.unit.${unit}`)
}

/** That nothing is known, with the reason behind it: it is no zero. Else what is known. */
export function NoData({ why, otherwise }: { why: Said | null | undefined; otherwise: ReactNode }) {
  const { t } = useTexts()
  const said = useSaid()
  if (!why) return otherwise
  return (
    <span className="value value-none" title={said(why)}>
      {t('indicators.counting.no_data')}
    </span>
  )
}

/** Why there is no value: a word that stays in sight, and the reason, which begins with the word where nothing is known. */
export function Uncounted({ way, why }: { way: IndicatorTile['way']; why: string }) {
  const { t } = useTexts()
  if (way === 'no_data') return why
  return (
    <>
      <span className="mark mark-mute">{t(`indicators.counting.${way}`)}</span> {why}
    </>
  )
}

/** A value in its unit; the exact number rests behind one that was shortened. */
export function Value({ value, unit }: { value: number | null | undefined; unit: string }) {
  const { t, language } = useTexts()
  if (value === null || value === undefined) return <span className="value value-none">{t('indicators.noValue')}</span>
  const known = unitOf(unit)
  const { text, exact } = tell(value, known, language)
  const word = unitWord(t, known)
  return (
    <span className="value" title={exact === null ? undefined : `${exact}${word}`}>
      <span className="num">{text}</span>
      {word !== '' && <span className="value-unit">{word}</span>}
    </span>
  )
}

/** How a figure moved: an arrow for the way, a sign and a word for whether that is better. */
export function Moved({ label, by, unit, better }: { label: string; by: number | null | undefined; unit: string; better: Better }) {
  const { t, language } = useTexts()
  const change = changeOf(by, better, language)
  if (!change)
    return (
      <span className="moved moved-none">
        <span className="moved-label">{label}</span> <span title={t('indicators.noComparison')}>–</span>
      </span>
    )
  const points = changesByPoints(unitOf(unit))
  return (
    <span className={`moved moved-${toneOf(change)}`} title={judged(t, change)}>
      <span className="moved-label">{label}</span>{' '}
      <span className="nowrap">
        <span aria-hidden>{ARROWS[change.way]}</span>
        <span className="sr-only">{t(`indicators.way.${change.way}`)}</span>
        <span className="num">
          {change.text}
          {points ? t('indicators.points') : '%'}
        </span>
        {change.good !== null && <span aria-hidden>{change.good ? ' ✓' : ' !'}</span>}
        <span className="sr-only">{judged(t, change)}</span>
      </span>
    </span>
  )
}

const ARROWS = { up: '▲', down: '▼', same: '＝' } as const

const toneOf = ({ good }: Change) => (good === null ? 'even' : good ? 'good' : 'bad')

function judged(t: Translate, { good }: Change): string {
  return good === null ? '' : t(good ? 'indicators.forBetter' : 'indicators.forWorse')
}

/** Whether the period is over and its data have come, and how far they reach. */
export function Complete({ complete, newest }: { complete: boolean; newest: string | null | undefined }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const upTo = newest ? t('indicators.upTo', { at: fullTime(newest, timezone).slice(0, 16) }) : t('indicators.noRows')
  return (
    <span className="complete" title={upTo}>
      <Mark tone={complete ? 'good' : 'warn'} plain>
        {complete ? t('indicators.complete') : t('indicators.incomplete')}
      </Mark>{' '}
      {!complete && newest && <span className="quiet">{t('indicators.upToShort', { at: fullTime(newest, timezone).slice(5, 10) })}</span>}
    </span>
  )
}

/** What a period is called; what is none as it is. */
export function usePeriodName(): (period: Period | string | null | undefined) => string {
  const { t, language } = useTexts()
  return (given) => {
    const period = typeof given === 'string' ? parsePeriod(given) : (given ?? null)
    if (period === null) return String(given ?? '')
    if (period.kind === 'month') return monthName(period, language)
    return t(`indicators.periodName.${period.kind}`, { year: period.year, number: period.number })
  }
}

const monthName = ({ year, number }: Period, language: Language) =>
  new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en', { year: 'numeric', month: 'short', timeZone: 'UTC' }).format(Date.UTC(year, number - 1))

/** What the hospital wants to reach, and whether it is reached. */
export function Target({ target, reached, unit, better }: { target: number | null; reached: boolean | null; unit: string; better: Better }) {
  const { t, language } = useTexts()
  if (target === null) return null
  const known = unitOf(unit)
  const sign = { up: '≥', down: '≤', neither: '=' }[better]
  return (
    <span className="target">
      <span className="quiet">
        {t('indicators.target')} {sign} {tell(target, known, language).text}
        {unitWord(t, known)}
      </span>{' '}
      {reached !== null && (
        <Mark tone={reached ? 'good' : 'bad'} plain>
          {reached ? t('indicators.reached') : t('indicators.missed')}
        </Mark>
      )}
    </span>
  )
}
