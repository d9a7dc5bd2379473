import './insight.css'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type ForecastAnswer, take } from '@/lib/api'
import { lineThrough, ticks } from '@/lib/drawing'
import type { DrillSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { bandDrawing } from './band'
import { tell } from './numbers'
import { unitOf, unitWord, useSaid } from './parts'

const GRAINS = ['month', 'day'] as const
const AHEAD = { month: 6, day: 14 }

/** How the figure may go on, and how well that would have been known before; asked for when opened. */
export function ForecastPanel({ code, search, ratio }: { code: string; search: DrillSearch; ratio: boolean }) {
  const { t } = useTexts()
  const [open, setOpen] = useState(false)
  const [grain, setGrain] = useState<(typeof GRAINS)[number]>('month')
  const { hospital, department, doctor, caliber } = search
  const found = useQuery({
    queryKey: ['indicators', 'forecast', code, hospital, department, doctor, caliber, grain],
    queryFn: () =>
      take(
        client.GET('/api/v1/indicators/{code}/forecast', {
          params: { path: { code }, query: { grain, horizon: AHEAD[grain], ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(caliber && { caliber }) } },
        }),
      ),
    enabled: open,
    retry: false,
    staleTime: 300_000,
  })
  return (
    <section className="panel" aria-label={t('indicators.insight.forecast')}>
      <div className="panel-head">
        <h2>{t('indicators.insight.forecast')}</h2>
        {open && !ratio && (
          <span className="period-kinds" role="group" aria-label={t('indicators.insight.grain')}>
            {GRAINS.map((one) => (
              <button key={one} type="button" aria-pressed={one === grain} onClick={() => setGrain(one)}>
                {t(`indicators.insight.grains.${one}`)}
              </button>
            ))}
          </span>
        )}
        {!open && (
          <button type="button" className="as-link" onClick={() => setOpen(true)}>
            {t('indicators.insight.showForecast')}
          </button>
        )}
      </div>
      {open && (found.isPending ? <Loading rows={5} /> : found.data ? <Foreseen found={found.data} /> : <Failed error={found.error} retry={() => void found.refetch()} />)}
    </section>
  )
}

function Foreseen({ found }: { found: ForecastAnswer }) {
  const { t } = useTexts()
  const said = useSaid()
  return (
    <>
      <p className="foreseen-says">
        <Mark tone={found.better_than_naive ? 'good' : 'warn'}>{said(found.method_name)}</Mark> {said(found.says)}
        {found.notes.map((note) => (
          <span key={note.zh} className="quiet">
            {said(note)}
          </span>
        ))}
      </p>
      <Band found={found} />
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.insight.tests')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('indicators.insight.method')}</th>
              <th scope="col">MASE</th>
              <th scope="col">{t('indicators.insight.covered', { of: 80 })}</th>
              <th scope="col">{t('indicators.insight.covered', { of: 95 })}</th>
            </tr>
          </thead>
          <tbody>
            {found.tests.map((test) => (
              <tr key={test.method}>
                <td>{said(test.name)}</td>
                <td className="num">{test.mase.toFixed(2)}</td>
                <td className="num">{Math.round(test.covered_80)}%</td>
                <td className="num">{Math.round(test.covered_95)}%</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet formula">
        {t('indicators.insight.trained', { first: found.first, last: found.last, count: found.observations, folds: found.tests[0]?.folds ?? 0 })} {found.source}
      </p>
    </>
  )
}

/** What was, as a line; what is expected, dashed, within its bands of 80 and 95 percent. */
function Band({ found }: { found: ForecastAnswer }) {
  const { t, language } = useTexts()
  const known = unitOf(found.unit)
  const drawing = bandDrawing(found.history, found.points)
  if (!drawing) return null
  const told = (value: number) => `${tell(value, known, language).text}${unitWord(t, known)}`
  const [first] = found.history
  const next = found.points[0]
  const last = found.points.at(-1)
  return (
    <figure className="month-chart forecast-chart">
      <div className="month-plot">
        {ticks(drawing.least, drawing.most).map((number) => (
          <span key={number} className="month-tick num" style={{ top: `${drawing.y(number)}%` }}>
            {tell(number, known, language).text}
          </span>
        ))}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden>
          <polygon points={lineThrough(drawing.band95)} className="band-95" />
          <polygon points={lineThrough(drawing.band80)} className="band-80" />
          <polyline points={lineThrough(drawing.past)} className="month-stroke" />
          <polyline points={lineThrough(drawing.ahead)} className="ahead-stroke" />
        </svg>
      </div>
      <div className="forecast-axis num quiet">
        <span>{first?.at}</span>
        <span className="forecast-begins" style={{ left: `${drawing.ahead[1]?.x ?? 100}%` }}>
          {next?.at}
        </span>
        <span>{last?.at}</span>
      </div>
      <figcaption className="row month-legend">
        <span className="legend legend-now">{t('indicators.insight.history')}</span>
        <span className="legend legend-ahead">{t('indicators.insight.expected')}</span>
        <span className="legend legend-band">{t('indicators.insight.bands')}</span>
      </figcaption>
      <ol className="foreseen" aria-label={t('indicators.insight.expected')}>
        {found.points.map((point) => (
          <li key={point.at} title={`80%: ${told(point.low_80)} – ${told(point.high_80)}`}>
            <span className="quiet num">{point.at.length > 7 ? point.at.slice(5) : point.at}</span> <strong className="num">{told(point.value)}</strong>
            <span className="quiet num">
              {tell(point.low_95, known, language).text} – {tell(point.high_95, known, language).text}
            </span>
          </li>
        ))}
      </ol>
    </figure>
  )
}
