import type { ReactNode } from 'react'

import { useTexts } from '@/lib/texts'

import { DAILY, DAYS, EVENTS, HOURS, type Reading, type Sheet, spelled, type Temperature } from './sheet'

const [CELL, ROW, LEFT, TOP] = [15, 10, 74, 88] as const
const [HOTTEST, COLDEST, PER_DEGREE] = [42, 34, 5] as const
const [GRID_WIDTH, GRID_HEIGHT] = [CELL * HOURS.length * DAYS, ROW * PER_DEGREE * (HOTTEST - COLDEST)] as const
const [LINE, BELOW] = [20, TOP + GRID_HEIGHT] as const
const WIDTH = LEFT + GRID_WIDTH + 2
const HEIGHT = BELOW + LINE * (2 + DAILY.length) + 2

/** The pulse shares the grid: 20 beats a minute are one degree, 80 lie at 37 °C. */
const yOfDegree = (degree: number): number => TOP + (HOTTEST - Math.min(HOTTEST, Math.max(COLDEST, degree))) * PER_DEGREE * ROW
const yOfPulse = (beats: number): number => yOfDegree(37 + (beats - 80) / 20)

/** One week of the temperature sheet as nurses draw it. */
export function SheetDrawing({ sheet, title }: { sheet: Sheet; title: string }) {
  const xOf = ({ day, slot }: { day: string; slot: number }): number => LEFT + (sheet.days.indexOf(day) * HOURS.length + slot + 0.5) * CELL
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="sheet-drawing" role="img" aria-label={title}>
      <Grid sheet={sheet} />
      <Line readings={sheet.pulses} x={xOf} y={yOfPulse} name="pulse" />
      <Line readings={sheet.temperatures} x={xOf} y={yOfDegree} name="temperature" />
      {sheet.pulses.map((one) => (
        <circle key={`${one.day}${one.slot}`} cx={xOf(one)} cy={yOfPulse(one.number)} r="3" className="sheet-pulse-point" />
      ))}
      {sheet.temperatures.map((one) => (
        <Point key={`${one.day}${one.slot}`} one={one} x={xOf(one)} meets={sheet.pulses.some((pulse) => pulse.day === one.day && pulse.slot === one.slot && Math.abs(yOfPulse(pulse.number) - yOfDegree(one.number)) < 3)} />
      ))}
      <Events sheet={sheet} x={xOf} />
      <Rows sheet={sheet} x={xOf} />
    </svg>
  )
}

function Grid({ sheet }: { sheet: Sheet }) {
  const { t } = useTexts()
  const dayWidth = CELL * HOURS.length
  const head: [string, (index: number) => string][] = [
    [t('record.sheet.date'), (n) => sheet.days[n] ?? ''],
    [t('record.sheet.stayed'), (n) => sheet.stayed[n] ?? ''],
    [t('record.sheet.operated'), (n) => sheet.operated[n] ?? ''],
  ]
  return (
    <g>
      {head.map(([name, of], row) => (
        <g key={name}>
          <Label y={row * LINE + LINE / 2 + 4}>{name}</Label>
          {sheet.days.map((day, n) => (
            <text key={day} x={LEFT + (n + 0.5) * dayWidth} y={row * LINE + LINE / 2 + 4} textAnchor="middle">
              {of(n)}
            </text>
          ))}
          <line x1="0" x2={WIDTH - 2} y1={(row + 1) * LINE} y2={(row + 1) * LINE} className="sheet-rule" />
        </g>
      ))}
      <text x="19" y={TOP - 10} textAnchor="middle" className="sheet-pulse-name">
        {t('record.sheet.pulse')}
      </text>
      <text x="55" y={TOP - 10} textAnchor="middle" className="sheet-temperature-name">
        {t('record.sheet.temperature')}
      </text>
      {sheet.days.flatMap((day, n) =>
        HOURS.map((hour, slot) => (
          <text key={`${day}${hour}`} x={LEFT + (n * HOURS.length + slot + 0.5) * CELL} y={TOP - 10} textAnchor="middle" className={hour < 6 || hour > 18 ? 'sheet-hour sheet-night' : 'sheet-hour'}>
            {hour}
          </text>
        )),
      )}
      {Array.from({ length: PER_DEGREE * (HOTTEST - COLDEST) + 1 }, (_, row) => (
        <line key={row} x1={LEFT} x2={LEFT + GRID_WIDTH} y1={TOP + row * ROW} y2={TOP + row * ROW} className={row % PER_DEGREE !== 0 ? 'sheet-fine' : row === PER_DEGREE * (HOTTEST - 37) ? 'sheet-usual' : 'sheet-rule'} />
      ))}
      {Array.from({ length: HOURS.length * DAYS + 1 }, (_, column) => (
        <line key={column} x1={LEFT + column * CELL} x2={LEFT + column * CELL} y1={column % HOURS.length === 0 ? 0 : TOP - LINE} y2={column % HOURS.length === 0 ? HEIGHT - 2 : BELOW + LINE} className={column % HOURS.length === 0 ? 'sheet-day' : 'sheet-fine'} />
      ))}
      {Array.from({ length: HOTTEST - COLDEST + 1 }, (_, n) => (
        <g key={n}>
          <text x="55" y={yOfDegree(HOTTEST - n) + (n === HOTTEST - COLDEST ? -2 : 4)} textAnchor="middle" className="sheet-temperature-name">
            {HOTTEST - n}
          </text>
          <text x="19" y={yOfDegree(HOTTEST - n) + (n === HOTTEST - COLDEST ? -2 : 4)} textAnchor="middle" className="sheet-pulse-name">
            {180 - n * 20}
          </text>
        </g>
      ))}
      <rect x="0.5" y="0.5" width={WIDTH - 2} height={HEIGHT - 2} className="sheet-frame" />
    </g>
  )
}

function Label({ y, children }: { y: number; children: ReactNode }) {
  return (
    <text x={LEFT / 2} y={y} textAnchor="middle" className="sheet-label">
      {children}
    </text>
  )
}

type Places = { readings: readonly Reading[]; x: (one: Reading) => number; y: (number: number) => number; name: 'pulse' | 'temperature' }

function Line({ readings, x, y, name }: Places) {
  return <polyline points={readings.map((one) => `${x(one)},${y(one.number).toFixed(1)}`).join(' ')} className={`sheet-${name}-line`} />
}

/** A temperature by the sign of how it was taken; where it meets the pulse a red ring is around it. */
function Point({ one, x, meets }: { one: Temperature; x: number; meets: boolean }) {
  const { t } = useTexts()
  const y = yOfDegree(one.number)
  const sign = { oral: <circle cx={x} cy={y} r="3" className="sheet-oral" />, rectal: <circle cx={x} cy={y} r="3" className="sheet-rectal" />, axillary: <path d={`M${x - 3} ${y - 3}l6 6m0-6l-6 6`} className="sheet-axillary" /> }
  const cooled = one.cooled && yOfDegree(one.cooled.number)
  return (
    <g>
      <title>{`${t(`record.sheet.way.${one.way}`)} ${one.text} °C · ${one.day} ${one.time}`}</title>
      {meets && <circle cx={x} cy={y} r="5" className="sheet-meets" />}
      {sign[one.way]}
      {one.cooled && cooled !== undefined && (
        <g>
          <line x1={x} x2={x} y1={y} y2={cooled} className="sheet-cooling" />
          <circle cx={x} cy={cooled} r="3" className="sheet-cooled" />
        </g>
      )}
    </g>
  )
}

/** What happened, written downwards below 42 °C; several of one column stand beside each other. */
function Events({ sheet, x }: { sheet: Sheet; x: (one: { day: string; slot: number }) => number }) {
  const { t } = useTexts()
  const columns = new Map<number, number>()
  const ordered = [...sheet.events].sort((a, b) => EVENTS.indexOf(a.kind) - EVENTS.indexOf(b.kind))
  return ordered.map((one) => {
    const wanted = Math.round((x(one) - LEFT) / CELL - 0.5)
    let column = wanted
    while (columns.has(column) && column < HOURS.length * DAYS - 1) column += 1
    columns.set(column, wanted)
    const time = spelled(one.time, t('record.sheet.numerals'))
    return (
      <text key={`${one.kind}${one.day}${one.time}${one.text}`} x={LEFT + (column + 0.5) * CELL} y={TOP + 4} className="sheet-event">
        <title>{`${t(`record.sheet.event.${one.kind}`)} ${one.text} ${one.day} ${one.time}`}</title>
        {`${t(`record.sheet.event.${one.kind}`)}${t('record.sheet.eventAt')}${time}`}
      </text>
    )
  })
}

/** What is written and not drawn: breaths high and low by turns, pressures, and once a day. */
function Rows({ sheet, x }: { sheet: Sheet; x: (one: Reading) => number }) {
  const { t } = useTexts()
  const dayWidth = CELL * HOURS.length
  const rowY = (row: number) => BELOW + row * LINE
  return (
    <g>
      <Label y={rowY(0) + 14}>{t('record.sheet.respiration')}</Label>
      {sheet.respirations.map((one, n) => (
        <text key={`${one.day}${one.slot}`} x={x(one)} y={rowY(0) + (n % 2 === 0 ? 9 : 18)} textAnchor="middle" className="sheet-breaths">
          {one.text}
        </text>
      ))}
      <line x1="0" x2={WIDTH - 2} y1={rowY(1)} y2={rowY(1)} className="sheet-rule" />
      <Label y={rowY(1) + 14}>{t('record.sheet.pressure')}</Label>
      {sheet.days.flatMap((day, n) =>
        (['am', 'pm'] as const).map((half, place) => (
          <text key={`${day}${half}`} x={LEFT + (n + 0.25 + place * 0.5) * dayWidth} y={rowY(1) + 14} textAnchor="middle" className="sheet-small">
            {sheet.pressures.get(`${day} ${half}`) ?? ''}
          </text>
        )),
      )}
      {DAILY.map((vital, row) => (
        <g key={vital}>
          <line x1="0" x2={WIDTH - 2} y1={rowY(row + 2)} y2={rowY(row + 2)} className="sheet-rule" />
          <Label y={rowY(row + 2) + 14}>{t(`record.sheet.daily.${vital}`)}</Label>
          {sheet.days.map((day, n) => (
            <text key={day} x={LEFT + (n + 0.5) * dayWidth} y={rowY(row + 2) + 14} textAnchor="middle">
              {sheet.daily.get(`${vital} ${day}`) ?? ''}
            </text>
          ))}
        </g>
      ))}
    </g>
  )
}
