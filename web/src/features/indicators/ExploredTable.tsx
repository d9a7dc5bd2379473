import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { StatePage } from '@/components/StatePage'
import type { ExploredAnswer, ExploredCell, ExploredFigures } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { CODED } from './cells'
import { drillOf, type ExploredRow, rowsOf } from './explored'
import { MonthLine } from './MonthLine'
import { amount } from './numbers'
import { NoData, usePeriodName, useSaid, Value } from './parts'
import { PlaceOf } from './PlaceOf'

type Asked = { period: string; hospital: string | undefined; department: string | undefined; doctor: string | undefined; where: string | undefined }

const SHOWN_MAX = 300

/** One row for each place with the value of each indicator; a bar behind those of the one that is drawn. */
export function ExploredTable({ view, asked }: { view: ExploredAnswer; asked: Asked }) {
  const { t } = useTexts()
  const said = useSaid()
  const [sorted, setSorted] = useState<string | null>(null)
  const by = view.by.map(({ column }) => column)
  const counted = view.items.filter(({ way }) => way === 'counted')
  const at = counted.findIndex(({ code }) => code === sorted)
  const rows = inOrder(rowsOf(counted), at)
  const several = new Set(rows.flatMap(({ places }) => places.map(({ hospital }) => hospital)).filter((one) => one !== '')).size > 1
  return (
    <>
      {view.items
        .filter(({ way }) => way !== 'counted')
        .map((item) => (
          <p key={item.code} className="panel-body row">
            <Mark tone="warn">{said(item.name)}</Mark> {said(item.why) || t(`indicators.counting.${item.way}`)}
          </p>
        ))}
      {rows.length === 0 ? (
        <StatePage title={t('indicators.noRowsTitle')} text={t('indicators.noRowsText')} quiet />
      ) : (
        <>
          {by.length === 1 && by[0] === 'month' && <Lines counted={counted} />}
          <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.explore.result')}>
            <table className="table explored">
              <thead>
                <tr>
                  {view.by.map(({ column, name }) => (
                    <th key={column} scope="col">
                      {said(name)}
                    </th>
                  ))}
                  {counted.map((item) => (
                    <th key={item.code} scope="col" className="right" aria-sort={sorted === item.code ? 'descending' : 'none'}>
                      <button type="button" className="as-link" title={t('indicators.explore.sort')} onClick={() => setSorted(sorted === item.code ? null : item.code)}>
                        {said(item.name)}
                        {sorted === item.code && <span aria-hidden> ▼</span>}
                      </button>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, SHOWN_MAX).map((row) => (
                  <Row key={row.key} row={row} by={by} counted={counted} asked={asked} several={several} />
                ))}
              </tbody>
              <tfoot>
                <tr>
                  {by.length > 0 && (
                    <th scope="row" colSpan={by.length}>
                      {t('indicators.everything')}
                    </th>
                  )}
                  {counted.map((item) => (
                    <td key={item.code} className="right">
                      <Told item={item} cell={item.all ?? undefined} />
                    </td>
                  ))}
                </tr>
              </tfoot>
            </table>
          </div>
        </>
      )}
      {rows.length > SHOWN_MAX && <p className="panel-body quiet">{t('indicators.publish.some', { shown: SHOWN_MAX, all: rows.length })}</p>}
    </>
  )
}

/** How each indicator went, month by month. */
function Lines({ counted }: { counted: ExploredFigures[] }) {
  const said = useSaid()
  return (
    <div className="explored-lines">
      {counted.map((item) => (
        <figure key={item.code}>
          <figcaption>{said(item.name)}</figcaption>
          <MonthLine points={item.cells.map(({ places, value }) => ({ month: places[0]?.code ?? '', value }))} unit={item.unit} />
        </figure>
      ))}
    </div>
  )
}

/** As the server gave them, or the largest of one indicator first. */
function inOrder(rows: ExploredRow[], at: number): ExploredRow[] {
  if (at < 0) return rows
  const value = (row: ExploredRow) => row.cells[at]?.value ?? -Infinity
  return [...rows].sort((a, b) => value(b) - value(a))
}

function Row({ row, by, counted, asked, several }: { row: ExploredRow; by: string[]; counted: ExploredFigures[]; asked: Asked; several: boolean }) {
  const { t } = useTexts()
  const said = useSaid()
  const periodName = usePeriodName()
  return (
    <tr>
      {row.places.map(({ code, name, hospital }, at) => (
        <th key={by[at]} scope="row" title={code}>
          {by[at] === 'month' ? periodName(code) : said(name)}
          {CODED.has(by[at] ?? '') && said(name) !== code && <span className="mono quiet nowrap"> {code}</span>}
          {several && hospital !== '' && (
            <span className="quiet">
              {' '}
              <PlaceOf hospital={hospital} />
            </span>
          )}
        </th>
      ))}
      {counted.map((item, at) => {
        const cell = row.cells[at]
        const most = Math.max(...item.cells.map(({ value }) => value ?? 0))
        const share = cell?.value && most > 0 ? Math.max(0, cell.value / most) * 100 : 0
        return (
          <td key={item.code} className="right">
            {cell ? (
              <Link to="/indicators/$code" params={{ code: item.code }} search={{ ...drillOf(asked, by, row.places), caliber: item.counted_by?.caliber }} title={t('indicators.explore.toRows')}>
                <Told item={item} cell={cell} />
              </Link>
            ) : (
              <span className="quiet">–</span>
            )}
            <span className="explored-bar" aria-hidden>
              <i style={{ width: `${share}%` }} />
            </span>
          </td>
        )
      })}
    </tr>
  )
}

function Told({ item, cell }: { item: ExploredFigures; cell: ExploredCell | undefined }) {
  const { language } = useTexts()
  if (!cell) return <span className="quiet">–</span>
  if (cell.numerator === null) return <NoData why={cell.no_data} otherwise={<span className="quiet">–</span>} />
  const parts = [amount(cell.numerator, item.numerator_money, language), ...(cell.denominator === null ? [] : [amount(cell.denominator, item.denominator_money, language)])]
  return (
    <span title={parts.join(' / ')}>
      <Value value={cell.value} unit={item.unit} />
    </span>
  )
}
