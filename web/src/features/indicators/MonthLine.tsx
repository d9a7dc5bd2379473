import { lineThrough } from '@/lib/drawing'
import { useTexts } from '@/lib/texts'

import { drawn } from './line'
import { tell } from './numbers'
import { unitOf, unitWord, usePeriodName } from './parts'

export type MonthPoint = { month: string; value: number | null }

const BOX = { width: 100, height: 30 }

/** Twelve months, small: the line, the newest month as a dot, the target as a dashed line. */
export function MonthLine({ points, unit, target = null }: { points: MonthPoint[]; unit: string; target?: number | null }) {
  const { t, language } = useTexts()
  const periodName = usePeriodName()
  const line = drawn(points.map(({ value }) => value), BOX, { target })
  if (!line) return <span className="month-line month-line-none" />
  const known = unitOf(unit)
  const told = (value: number) => `${tell(value, known, language).text}${unitWord(t, known)}`
  const said = points.flatMap(({ month, value }) => (value === null ? [] : [{ month, value }]))
  const least = said.reduce((a, b) => (b.value < a.value ? b : a))
  const most = said.reduce((a, b) => (b.value > a.value ? b : a))
  const words = t('indicators.lineSays', {
    first: periodName(points[0]?.month),
    last: periodName(points.at(-1)?.month),
    least: told(least.value),
    leastAt: periodName(least.month),
    most: told(most.value),
    mostAt: periodName(most.month),
  })
  const end = line.spots.at(-1)
  return (
    <span className="month-line" role="img" aria-label={words} title={words}>
      <svg viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" aria-hidden>
        {line.target !== null && <line className="month-target" x1="0" x2={BOX.width} y1={line.target} y2={line.target} />}
        {line.lines.map((part) => (part.length > 1 ? <polyline key={part[0]?.x} points={lineThrough(part)} className="month-stroke" /> : null))}
      </svg>
      {line.lines.map((part) => part.length === 1 && part[0] && part[0] !== end && <i key={part[0].x} className="month-dot month-dot-alone" style={{ left: `${part[0].x}%`, top: `${(part[0].y / BOX.height) * 100}%` }} />)}
      {end && <i className="month-dot" style={{ left: `${end.x}%`, top: `${(end.y / BOX.height) * 100}%` }} />}
    </span>
  )
}
