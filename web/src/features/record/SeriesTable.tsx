import { useState } from 'react'

import type { RecordSeries } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Curves, SmallCurve } from './Curves'
import { Measure, StatusMark, Usual, When } from './parts'

/** What was measured again and again: the last value, what is usual, and how it went. */
export function SeriesTable({ series, most }: { series: RecordSeries[]; most?: number }) {
  const { t } = useTexts()
  const [open, setOpen] = useState<string | null>(null)
  const rows = most ? series.slice(0, most) : series
  const ranged = rows.some(({ points }) => points.some(({ value }) => value.low + value.high + value.range !== ''))
  return (
    <div className="table-wrap">
      <table className="table series">
        <thead>
          <tr>
            <th>{t('record.measured')}</th>
            <th>{t('record.last')}</th>
            {ranged && <th className="wide-only">{t('record.usual')}</th>}
            <th>{t('record.trend')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => {
            const last = one.points.at(-1)
            if (!last) return null
            return [
              <tr key={one.key}>
                <td>
                  <button type="button" className="record-open" aria-expanded={open === one.key} onClick={() => setOpen(open === one.key ? null : one.key)}>
                    {one.title}
                  </button>
                </td>
                <td className="series-last">
                  <Measure value={last.value} />
                  <When at={last.at} />
                  {last.status !== 'final' && <StatusMark status={last.status} />}
                </td>
                {ranged && (
                  <td className="wide-only">
                    <Usual value={last.value} />
                  </td>
                )}
                <td>
                  <SmallCurve series={one} />
                </td>
              </tr>,
              open === one.key && (
                <tr key={`${one.key} drawn`} className="series-drawn">
                  <td colSpan={ranged ? 4 : 3}>
                    <Curves series={[one]} height={140} />
                  </td>
                </tr>
              ),
            ]
          })}
        </tbody>
      </table>
    </div>
  )
}
