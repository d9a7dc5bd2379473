import { useTexts } from '@/lib/texts'
import { useSession } from '@/lib/session'
import type { RecordSeries } from '@/lib/api'
import { lineThrough, ticks } from '@/lib/drawing'

import { placeOf, rangeOf, scaleOf } from './curve'
import { shown } from './times'

const [WIDTH, HEIGHT] = [120, 26]

/** How a value went, small: the band is what its sender calls usual. */
export function SmallCurve({ series }: { series: RecordSeries }) {
  const { t } = useTexts()
  const last = series.points.at(-1)
  const range = last ? rangeOf(last.value) : {}
  const scale = scaleOf([series.points], range)
  if (!scale || series.points.length < 2) return <span className="quiet">{t('record.once')}</span>
  const places = series.points.map((point) => placeOf(point, scale, WIDTH - 6, HEIGHT - 6))
  const end = places.at(-1)
  return (
    <svg className="small-curve" viewBox={`-3 -3 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('record.trendOf', { title: series.title, count: series.count })}>
      <Band range={range} scale={scale} width={WIDTH - 6} height={HEIGHT - 6} />
      <polyline points={lineThrough(places)} className="curve-line" />
      {end && <circle cx={end.x} cy={end.y} r="2.4" className={last?.value.abnormal ? 'curve-odd' : 'curve-point'} />}
    </svg>
  )
}

function Band({ range, scale, width, height }: { range: { low?: number; high?: number }; scale: NonNullable<ReturnType<typeof scaleOf>>; width: number; height: number }) {
  if (range.low === undefined && range.high === undefined) return null
  const y = (number: number) => height - ((number - scale.least) / (scale.most - scale.least)) * height
  const [top, bottom] = [y(range.high ?? scale.most), y(range.low ?? scale.least)]
  return <rect x="0" width={width} y={Math.min(top, bottom)} height={Math.max(1, Math.abs(bottom - top))} className="curve-band" />
}

const STYLES = ['curve-1', 'curve-2', 'curve-3', 'curve-4'] as const

/** Some series over time in one drawing; each has a line of its own shape, and its name at the end. */
export function Curves({ series, height = 200 }: { series: RecordSeries[]; height?: number }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const [only] = series
  const last = only?.points.at(-1)
  const range = series.length === 1 && last ? rangeOf(last.value) : {}
  const scale = scaleOf(series.map(({ points }) => points), range)
  const width = 640
  if (!scale) return null
  const y = (number: number) => height - ((number - scale.least) / (scale.most - scale.least)) * height
  const days = [scale.from, (scale.from + scale.to) / 2, scale.to]
  return (
    <figure className="curves">
      <svg viewBox={`-44 -12 ${width + 60} ${height + 36}`} role="img" aria-label={series.map(({ title }) => title).join(t('common.comma'))}>
        <Band range={range} scale={scale} width={width} height={height} />
        {ticks(scale.least, scale.most).map((number) => (
          <g key={number} className="curve-axis">
            <line x1="0" x2={width} y1={y(number)} y2={y(number)} />
            <text x="-6" y={y(number) + 4} textAnchor="end">
              {number}
            </text>
          </g>
        ))}
        {days.map((day, place) => (
          <text key={day} x={(place * width) / 2} y={height + 20} textAnchor={place === 0 ? 'start' : place === 1 ? 'middle' : 'end'} className="curve-day">
            {shown(new Date(day).toISOString(), timezone).slice(0, 10)}
          </text>
        ))}
        {series.map((one, place) => {
          const places = one.points.map((point) => placeOf(point, scale, width, height))
          return (
            <g key={one.key} className={STYLES[place % STYLES.length]}>
              <polyline points={lineThrough(places)} className="curve-line" />
              {one.points.map((point, index) => (
                <circle key={`${point.type}/${point.id}/${point.at}`} cx={places[index]?.x} cy={places[index]?.y} r="3" className={point.value.abnormal ? 'curve-odd' : 'curve-point'}>
                  <title>{`${one.title} ${point.value.text} ${one.unit} · ${shown(point.at, timezone)}`}</title>
                </circle>
              ))}
            </g>
          )
        })}
      </svg>
      {series.length > 1 && (
        <figcaption className="row">
          {series.map((one, place) => (
            <span key={one.key} className={`curve-name ${STYLES[place % STYLES.length]}`}>
              {one.title} <span className="quiet">{one.unit}</span>
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  )
}
