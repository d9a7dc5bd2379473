import '@/components/resource.css'

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { ReactNode } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type CountedRow, type CountedRows, take } from '@/lib/api'
import { DRILL_SIDES, type DrillSearch } from '@/lib/filters'
import { useMay, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { CODED, cellText } from './cells'
import { ExportMenu } from './ExportMenu'
import { amount, plain } from './numbers'
import { useSaid } from './parts'

type Asked = { code: string; period: string; search: DrillSearch; figure: Figure; leaves: boolean }
type Side = (typeof DRILL_SIDES)[number]

/** So many rows come at a time. */
export const PAGE = 50

/** What the server is asked for: the very filters of the figure above. */
function questionOf({ period, search }: Asked) {
  const { hospital, department, doctor, caliber, role, where, side = 'numerator' } = search
  return { period, side, ...(where && { where }), ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(caliber && { caliber }), ...(role && { role }) }
}

/** The rows behind a figure; they add up to it, and the page says so. */
export function Rows({ asked, put }: { asked: Asked; put: (change: DrillSearch) => void }) {
  const side = asked.search.side ?? 'numerator'
  const path = { code: asked.code }
  const query = questionOf(asked)
  return (
    <RowList
      titled
      queryKey={['indicators', 'rows', asked.code, query]}
      page={(skip) => take(client.GET('/api/v1/indicators/{code}/rows', { params: { path, query: { ...query, skip, limit: PAGE } } }))}
      figure={asked.figure}
      leaves={asked.leaves}
      side={side}
      choose={(one) => put({ side: one })}
      save={
        <ExportMenu
          name={`${asked.code}-${asked.period}-${side}`}
          forms={['csv', 'xlsx']}
          fetch={(form, language) =>
            form === 'csv'
              ? take(client.GET('/api/v1/indicators/{code}/rows.csv', { params: { path, query }, parseAs: 'blob' }))
              : take(client.GET('/api/v1/indicators/{code}/rows.xlsx', { params: { path, query: { ...query, language } }, parseAs: 'blob' }))
          }
        />
      }
    />
  )
}

type Figure = { numerator: number | null; denominator: number | null } | null
type ListProps = { titled?: boolean; queryKey: readonly unknown[]; page: (skip: number) => Promise<CountedRows>; figure: Figure; leaves: boolean; side: Side; choose: (side: Side) => void; save: ReactNode }

/** Rows page by page: which side is listed, whether they come to the figure, and how they are saved. */
export function RowList({ titled = false, queryKey, page, figure, leaves, side, choose, save }: ListProps) {
  const { t } = useTexts()
  const found = useInfiniteQuery({ queryKey, queryFn: ({ pageParam }) => page(pageParam), initialPageParam: 0, getNextPageParam: (last) => last.next_skip ?? undefined, retry: false })
  const [first] = found.data?.pages ?? []
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section className={titled ? 'panel counted' : 'counted'} aria-label={t('indicators.rows')}>
      <div className="panel-head">
        {titled && <h2>{t('indicators.rows')}</h2>}
        <span className="period-kinds" role="group" aria-label={t('indicators.side')}>
          {DRILL_SIDES.filter((one) => one === 'numerator' || (one === 'rest' ? leaves || side === one : figure === null || figure.denominator !== null)).map((one) => (
            <button key={one} type="button" aria-pressed={one === side} onClick={() => choose(one)}>
              {t(`indicators.sides.${one}`)}
            </button>
          ))}
        </span>
        {first && <AddsUp rows={first} figure={figure} />}
        {first && first.total > 0 && <span className="push">{save}</span>}
      </div>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !first ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : rows.length === 0 ? (
        <StatePage title={t('indicators.noRowsTitle')} text={t('indicators.noRowsText')} quiet />
      ) : (
        <>
          <RowTable columns={first.columns} rows={rows} />
          <div className="resource-end">
            {found.hasNextPage ? (
              <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t('common.more')}
              </Button>
            ) : (
              t('common.total', { count: first.total })
            )}
          </div>
        </>
      )}
    </section>
  )
}

/** Whether the list comes to the number above it: the promise of this page, kept in view. */
function AddsUp({ rows, figure }: { rows: CountedRows; figure: Figure }) {
  const { t, language } = useTexts()
  const shown = rows.side === 'rest' ? left(figure) : figure?.[rows.side]
  if (shown === null || shown === undefined) return null
  const same = Math.abs(rows.comes_to - shown) <= 1e-9 * Math.max(1, Math.abs(shown))
  const words = rows.comes_to === rows.total ? 'indicators.addsUp' : 'indicators.comesTo'
  return (
    <span role="status">
      <Mark tone={same ? 'good' : 'bad'}>
        {t(words, { rows: plain(rows.total, language), sum: amount(rows.comes_to, rows.part.money, language), side: t(`indicators.sides.${rows.side}`), shown: amount(shown, rows.part.money, language), sign: same ? '=' : '≠' })}
      </Mark>
    </span>
  )
}

/** How many rows the numerator leaves of the denominator. */
function left(figure: Figure): number | null {
  if (figure === null || figure.denominator === null) return null
  return figure.denominator - (figure.numerator ?? 0)
}

/** Rows as whoever reads may see their patients; each leads to its record and its message. */
export function RowTable({ columns, rows }: { columns: CountedRows['columns']; rows: CountedRow[] }) {
  const { t } = useTexts()
  const said = useSaid()
  const hospitals = new Set(rows.map(({ hospital }) => hospital)).size > 1
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.rows')}>
      <table className="table cards">
        <thead>
          <tr>
            <th scope="col">{t('indicators.patient')}</th>
            {columns.map(({ column, name }) => (
              <th key={column} scope="col">
                {said(name)}
              </th>
            ))}
            {hospitals && <th scope="col">{t('indicators.hospital')}</th>}
            <th scope="col">{t('indicators.origin')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.hospital} ${row.key} ${row.origin}`}>
              <td className="head">
                <Patient row={row} />
              </td>
              {columns.map(({ column, name }, place) => (
                <td key={column} data-title={said(name)}>
                  <Cell column={column} row={row} place={place} />
                </td>
              ))}
              {hospitals && <td data-title={t('indicators.hospital')}>{row.hospital}</td>}
              <td data-title={t('indicators.origin')}>
                <Origin row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Of whom the row is: the record for whoever may see it, by the rules of the record. */
function Patient({ row }: { row: CountedRow }) {
  const { t } = useTexts()
  const records = useMay()('clinical.read')
  if (row.withheld) return <Mark tone="mute">{t('indicators.withheld')}</Mark>
  if (row.person !== '' && records)
    return (
      <Link to="/record/$person" params={{ person: row.person }} title={t('indicators.toRecord')} className="mono">
        {row.patient || row.person}
      </Link>
    )
  return <span className="mono">{row.patient || <span className="quiet">{t('indicators.nobodySaid')}</span>}</span>
}

function Cell({ column, row, place }: { column: string; row: CountedRow; place: number }) {
  const { t, language } = useTexts()
  const { timezone } = useSession()
  const said = useSaid()
  const cell = row.cells[place]
  if (!cell || cell.value === null) return <span className="quiet">–</span>
  const text = cellText(column, cell.value, { timezone, language, yes: t('indicators.yes'), no: t('indicators.no') })
  if (!cell.name) return <span className={typeof cell.value === 'string' ? undefined : 'num'}>{text}</span>
  const name = said(cell.name)
  if (CODED.has(column))
    return (
      <>
        {name} <span className="mono quiet nowrap">{text}</span>
      </>
    )
  return <span title={name === text ? undefined : text}>{name}</span>
}

/** Where it was said: the message itself for whoever may see messages. */
function Origin({ row }: { row: CountedRow }) {
  const { t } = useTexts()
  const reads = useMay()('messages.read')
  if (row.position !== '' && reads)
    return (
      <Link to="/messages/$position" params={{ position: row.position }} title={t('record.toMessage')} className="mono nowrap">
        {row.position}
      </Link>
    )
  return <span className="mono quiet origin">{row.origin}</span>
}
