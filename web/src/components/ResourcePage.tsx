import './resource.css'

import { Button, Checkbox } from 'antd'
import { type ReactNode, useEffect, useRef, useState } from 'react'

import type { Paged } from '@/lib/paging'
import { useTexts } from '@/lib/texts'

import { FilterBar, type Filter } from './FilterBar'
import { Failed, Loading, StatePage } from './StatePage'

export type Column<Row> = {
  key: string
  title: string
  cell: (row: Row) => ReactNode
  /** Numbers stand on the right. */
  right?: boolean
  /** Left out where there is little room: below 1180 px and on cards. */
  wide?: boolean
  /** On a phone, where a row is a card: in its first line, without the title. */
  head?: boolean
}

/** Something that can be done to the rows that are selected. */
export type Action<Row> = {
  key: string
  label: string
  danger?: boolean
  run: (rows: Row[]) => void
}

/** What a list of anything looks like: the schema from which {@link ResourcePage} draws it. */
export type Screen<Row> = {
  label: string
  columns: Column<Row>[]
  rowKey: (row: Row) => string
  open?: (row: Row) => void
  actions?: Action<Row>[]
  filters?: Filter[]
  empty: { title: string; text?: string }
}

type Props<Row> = {
  screen: Screen<Row>
  pages: Paged<Row>
  filter?: { values: Record<string, string | undefined>; change: (name: string, value: string | undefined) => void; extra?: ReactNode }
  /** Above the rows: what is new. */
  notice?: ReactNode
}

/** A list of anything: filters, rows (cards on a phone), selection with actions, further pages. */
export function ResourcePage<Row>({ screen, pages, filter, notice }: Props<Row>) {
  const { t } = useTexts()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const rows = pages.rows
  const chosen = rows.filter((row) => selected.has(screen.rowKey(row)))
  const actions = screen.actions ?? []
  return (
    <section className="panel resource" aria-label={screen.label} aria-busy={pages.fetching}>
      {filter && screen.filters && (
        <FilterBar filters={screen.filters} values={filter.values} change={filter.change} extra={filter.extra} />
      )}
      {actions.length > 0 && rows.length > 0 && (
        <div className="resource-actions">
          <span className="quiet">{t('common.selected', { count: chosen.length })}</span>
          {actions.map((action) => (
            <Button
              key={action.key}
              size="small"
              danger={action.danger ?? false}
              disabled={chosen.length === 0}
              onClick={() => action.run(chosen)}
            >
              {action.label}
            </Button>
          ))}
        </div>
      )}
      {notice}
      {pages.error !== null && rows.length === 0 ? (
        <Failed error={pages.error} retry={pages.refresh} />
      ) : pages.pending ? (
        <Loading rows={10} />
      ) : rows.length === 0 && !pages.more ? (
        <StatePage title={screen.empty.title} text={screen.empty.text ?? ''} quiet />
      ) : (
        <Rows screen={screen} rows={rows} selected={actions.length > 0 ? selected : null} select={setSelected} />
      )}
      {!pages.pending && (rows.length > 0 || pages.more) && <Further pages={pages} />}
    </section>
  )
}

type RowsProps<Row> = {
  screen: Screen<Row>
  rows: Row[]
  /** null where nothing can be selected. */
  selected: ReadonlySet<string> | null
  select: (keys: ReadonlySet<string>) => void
}

function Rows<Row>({ screen, rows, selected, select }: RowsProps<Row>) {
  const { t } = useTexts()
  const keys = rows.map(screen.rowKey)
  const all = selected !== null && keys.every((key) => selected.has(key))
  const toggle = (key: string) => {
    const next = new Set(selected)
    if (!next.delete(key)) next.add(key)
    select(next)
  }
  return (
    <div className="table-wrap">
      <table className="table cards">
        <thead>
          <tr>
            {selected && (
              <th className="cell-select">
                <Checkbox
                  checked={all}
                  indeterminate={!all && keys.some((key) => selected.has(key))}
                  aria-label={t('queues.selectAll')}
                  onChange={() => select(all ? new Set() : new Set(keys))}
                />
              </th>
            )}
            {screen.columns.map((column) => (
              <th key={column.key} scope="col" className={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = screen.rowKey(row)
            const open = screen.open
            return (
              <tr
                key={key}
                className={open ? 'row-open' : ''}
                onClick={(event) => {
                  // Text can still be selected, and what is inside a row can still be pressed.
                  const inner = (event.target as HTMLElement).closest('a, button, input, label')
                  if (open && !inner && !window.getSelection()?.toString()) open(row)
                }}
              >
                {selected && (
                  <td className="cell-select">
                    <Checkbox
                      checked={selected.has(key)}
                      aria-label={t('queues.selectRow', { position: key })}
                      onChange={() => toggle(key)}
                    />
                  </td>
                )}
                {screen.columns.map((column) => (
                  <td key={column.key} className={classOf(column)} data-title={column.title}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function classOf<Row>(column: Column<Row>): string {
  return [column.right && 'right', column.wide && 'wide', column.head && 'head'].filter(Boolean).join(' ')
}

/** Pages in a row without a single match after which a search goes on only when asked to. */
const FRUITLESS_MAX = 8

/** Loads the next page when the end of the list comes into view. */
function Further<Row>({ pages }: { pages: Paged<Row> }) {
  const { t } = useTexts()
  const end = useRef<HTMLDivElement>(null)
  const [visible, setVisible] = useState(false)
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting === true), {
      rootMargin: '400px',
    })
    if (end.current) watcher.observe(end.current)
    return () => watcher.disconnect()
  }, [])
  const tired = pages.fruitless >= FRUITLESS_MAX
  const { more, fetching, next, error } = pages
  useEffect(() => {
    if (visible && more && !fetching && !tired && error === null) next()
  }, [visible, more, fetching, tired, error, next])
  return (
    <div className="resource-end" ref={end}>
      {pages.fetching ? (
        <span role="status">{t('common.loading')}</span>
      ) : pages.error !== null ? (
        <Failed error={pages.error} retry={pages.next} />
      ) : pages.more ? (
        <Button size="small" onClick={pages.next}>
          {t('common.more')}
        </Button>
      ) : (
        <span>{pages.total === null ? t('common.end') : t('common.total', { count: pages.total })}</span>
      )}
    </div>
  )
}
