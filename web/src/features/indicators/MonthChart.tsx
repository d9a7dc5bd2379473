import type { Figure, IndicatorNote } from '@/lib/api'
import { lineThrough, ticks } from '@/lib/drawing'
import { useTexts } from '@/lib/texts'

import { heightIn, reach, unbroken } from './line'
import { tell } from './numbers'
import { unitOf, unitWord, usePeriodName, useSaid } from './parts'

type Props = { figures: Figure[]; unit: string; target?: number | null; chosen: string; notes?: IndicatorNote[] | undefined; open: (month: string) => void }

/** How it went month by month, with the year before; each month is a button. */
export function MonthChart({ figures, unit, target = null, chosen, notes = [], open }: Props) {
  const { t, language } = useTexts()
  const periodName = usePeriodName()
  const said = useSaid()
  const months = figures.filter(({ month }) => month !== null && month !== undefined)
  const values = months.map(({ value }) => value)
  const before = months.map(({ last_year }) => last_year ?? null)
  const known = unitOf(unit)
  const told = (value: number | null | undefined) => (value === null || value === undefined ? t('indicators.noValue') : `${tell(value, known, language).text}${unitWord(t, known)}`)
  const floor = Math.min(...values.map((value) => value ?? 0)) >= 0 ? 0 : undefined
  const span = reach([...values, ...before], { target, floor })
  if (!span) return <p className="quiet panel-body">{t('indicators.noLine')}</p>
  const height = heightIn(span, 100)
  const written = (month: string | null | undefined) => notes.filter(({ first_month: first, last_month: last }) => month && first <= month && month <= last)
  const line = (of: (number | null)[]) => unbroken(of.map((value, place) => (value === null ? null : { x: ((place + 0.5) / of.length) * 100, y: height(value) })))
  return (
    <figure className="month-chart">
      <div className="month-plot">
        {ticks(span.least, span.most).map((number) => (
          <span key={number} className="month-tick num" style={{ top: `${height(number)}%` }}>
            {tell(number, known, language).text}
          </span>
        ))}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
          {target !== null && <line className="month-target" x1="0" x2="100" y1={height(target)} y2={height(target)} />}
          {line(before).map((part) => part[0] && <polyline key={part[0].x} points={lineThrough(part)} className="month-before" />)}
          {line(values).map((part) => part[0] && <polyline key={part[0].x} points={lineThrough(part)} className="month-stroke" />)}
        </svg>
        {line(values)
          .flat()
          .map(({ x, y }) => (
            <i key={x} className="month-dot" style={{ left: `${x}%`, top: `${y}%` }} />
          ))}
        {months.map(({ month }, place) => {
          const here = written(month)
          if (here.length === 0) return null
          const words = `${t('indicators.notes.title')} ${periodName(month)}: ${here.map((one) => one.words).join(' / ')}`
          return (
            <span key={month} className="month-note" role="img" aria-label={words} title={words} style={{ left: `${((place + 0.5) / months.length) * 100}%` }}>
              ◆
            </span>
          )
        })}
      </div>
      <div className="month-axis" style={{ gridTemplateColumns: `repeat(${months.length}, minmax(0, 1fr))` }}>
        {months.map(({ month, value, last_year: past, no_data: lacking }, place) => (
          <button key={month} type="button" aria-current={month === chosen ? 'date' : undefined} title={`${periodName(month)} ${lacking ? said(lacking) : told(value)} · ${t('indicators.lastYear')} ${told(past)}`} onClick={() => open(month ?? '')}>
            <span className="month-name num" aria-hidden>
              {(place === 0 || month?.endsWith('-01')) && <small>{month?.slice(2, 4)}/</small>}
              {month?.slice(5)}
            </span>
            <span className="month-told num" aria-hidden>{value === null ? '–' : tell(value, known, language).text}</span>
            <span className="sr-only">{`${periodName(month)} ${lacking ? said(lacking) : told(value)}`}</span>
          </button>
        ))}
      </div>
      <figcaption className="row month-legend">
        <span className="legend legend-now">{t('indicators.thisYear')}</span>
        <span className="legend legend-before">{t('indicators.lastYear')}</span>
        {target !== null && <span className="legend legend-target">{t('indicators.target')}</span>}
      </figcaption>
    </figure>
  )
}
