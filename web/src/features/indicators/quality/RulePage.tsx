import '@/components/resource.css'
import '../indicators.css'
import './quality.css'

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { useSave } from '@/components/useSave'
import { client, type QualityCell, type QualityRuleDetail, take } from '@/lib/api'
import type { RuleSearch } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSaid } from '../parts'
import { RowTable } from '../Rows'
import { Share, Trend } from './parts'
import { categoryOf, Standing } from './RuleList'

/** What does this rule ask, where is it violated, and by which rows? */
export default function RulePage() {
  const { rule } = useParams({ from: '/quality/$rule' })
  const found = useQuery({ queryKey: ['quality', 'rule', rule], queryFn: () => take(client.GET('/api/v1/quality/rules/{code}', { params: { path: { code: rule } } })), retry: false })
  if (found.isPending) return <Loading rows={12} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  return <Rule rule={found.data} />
}

function Rule({ rule }: { rule: QualityRuleDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{said(rule.name)}</h1>
        <code>{rule.code}</code>
        <Standing rule={rule} />
        <Link to="/quality" className="push">
          {t('dataQuality.title')}
        </Link>
      </div>
      <section className="panel" aria-label={t('dataQuality.rule')}>
        <div className="panel-head">
          <h2>{said(rule.matters)}</h2>
          <span className="push row">
            <Share of={rule} bad={rule.over} /> <span className="quiet">{t('dataQuality.shareOf', { violated: rule.violated, denominator: rule.denominator })}</span> <Trend points={rule.trend} />
          </span>
        </div>
        <div className="panel-body">
          <Facts rule={rule} />
        </div>
      </section>
      <Cells rule={rule} />
      <Rows rule={rule} />
    </div>
  )
}

const SETTINGS = ['of', 'dimension', 'shape', 'low', 'high', 'after', 'days', 'sex', 'values', 'prefixes'] as const

function Facts({ rule }: { rule: QualityRuleDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const kind = (['table', 'field', 'concept'] as const).find((one) => one === rule.level) ?? 'field'
  const context = rule.context === 'validation' ? 'validation' : 'verification'
  return (
    <dl className="facts">
      <dt>{t('dataQuality.table')}</dt>
      <dd>
        {said(rule.table_name)} <code>{rule.table}</code> {rule.field && <>· {said(rule.field_name)} <code>{rule.field}</code></>}
      </dd>
      <dt>{t('dataQuality.check')}</dt>
      <dd>
        <code>{rule.check}</code> · {t(`dataQuality.level.${kind}`)} · {t(`dataQuality.category.${categoryOf(rule.category)}`)} · {t(`dataQuality.context.${context}`)}
      </dd>
      {rule.where !== '' && (
        <>
          <dt>{t('dataQuality.where')}</dt>
          <dd>
            <code>{rule.where}</code>
          </dd>
        </>
      )}
      {SETTINGS.filter((name) => rule.settings[name] !== undefined).map((name) => (
        <Setting key={name} title={t(`dataQuality.settings.${name}`)} value={rule.settings[name] ?? ''} />
      ))}
      <dt>{t('dataQuality.threshold')}</dt>
      <dd className="num">{rule.threshold}%</dd>
      <dt>{t('dataQuality.indicators')}</dt>
      <dd>
        {rule.indicators.length === 0 && <span className="quiet">{t('dataQuality.noIndicator')}</span>}
        <span className="quality-links">
          {rule.indicators.map(({ code, name }) => (
            <Link key={code} to="/indicators/desk/$code" params={{ code }}>
              {said(name)}
            </Link>
          ))}
        </span>
      </dd>
      <dt>{t('dataQuality.hash')}</dt>
      <dd>
        <code title={rule.hash}>{rule.hash.slice(0, 12)}</code>
      </dd>
    </dl>
  )
}

function Setting({ title, value }: { title: string; value: string }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </>
  )
}

/** Where it is violated; a place opens its rows. */
function Cells({ rule }: { rule: QualityRuleDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const navigate = useNavigate({ from: '/quality/$rule' })
  const search = useSearch({ from: '/quality/$rule' })
  const show = (cell: QualityCell) => void navigate({ search: searchOf(cell), replace: true })
  const chosen = (cell: QualityCell) => JSON.stringify(searchOf(cell)) === JSON.stringify(search)
  return (
    <section className="panel" aria-label={t('dataQuality.cells')}>
      <div className="panel-head">
        <h2>{t('dataQuality.cells')}</h2>
      </div>
      <div className="table-wrap quality-cells" tabIndex={0} role="region" aria-label={t('dataQuality.cells')}>
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">{t('dataQuality.place')}</th>
              <th scope="col">{t('dataQuality.source')}</th>
              <th scope="col">{t('common.state')}</th>
              <th scope="col" className="right">
                {t('dataQuality.share')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rule.cells.map((cell) => (
              <tr key={`${cell.source} ${cell.hospital.code} ${cell.department.code}`} aria-selected={chosen(cell)}>
                <td className="head">
                  <button type="button" className="as-link" aria-pressed={chosen(cell)} onClick={() => show(cell)}>
                    {said(cell.hospital.name)} · {said(cell.department.name)}
                  </button>
                </td>
                <td data-title={t('dataQuality.source')}>
                  <code>{cell.source || '–'}</code>
                </td>
                <td data-title={t('common.state')}>
                  <Standing rule={cell} />
                </td>
                <td data-title={t('dataQuality.share')} className="right">
                  <Share of={cell} bad={cell.over} /> <span className="quiet nowrap">{t('dataQuality.shareOf', { violated: cell.violated, denominator: cell.denominator })}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function searchOf(cell: QualityCell): RuleSearch {
  return {
    ...(cell.source && { source: cell.source }),
    ...(cell.hospital.code && { hospital: cell.hospital.code }),
    ...(cell.department.code ? { department: cell.department.code } : { unplaced: 'yes' as const }),
  }
}

const PAGE = 50

/** The rows that violate it: each opens its record and its message. */
function Rows({ rule }: { rule: QualityRuleDetail }) {
  const { t } = useTexts()
  const may = useMay()
  const search = useSearch({ from: '/quality/$rule' })
  const navigate = useNavigate({ from: '/quality/$rule' })
  const { unplaced, ...where } = search
  const question = { ...where, ...(unplaced && { unplaced: true }) }
  const allowed = may('indicators.rows') && rule.drills
  const found = useInfiniteQuery({
    queryKey: ['quality', 'rows', rule.code, question],
    queryFn: ({ pageParam }) => take(client.GET('/api/v1/quality/rules/{code}/rows', { params: { path: { code: rule.code }, query: { ...question, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next_skip ?? undefined,
    enabled: allowed,
    retry: false,
  })
  const save = useSave(`${rule.code}.csv`, () => take(client.GET('/api/v1/quality/rules/{code}/rows.csv', { params: { path: { code: rule.code }, query: question }, parseAs: 'blob' })) as Promise<Blob>)
  const [first] = found.data?.pages ?? []
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section className="panel counted" aria-label={t('dataQuality.rows')}>
      <div className="panel-head">
        <h2>{t('dataQuality.rows')}</h2>
        {first && <span className="quiet">{t('common.total', { count: first.total })}</span>}
        {search.month !== undefined && <span className="num">{search.month}</span>}
        {Object.keys(search).length > 0 && (
          <button type="button" className="as-link" onClick={() => void navigate({ search: {}, replace: true })}>
            {t('dataQuality.showAll')}
          </button>
        )}
        {first && first.total > 0 && may('indicators.export') && (
          <span className="push">
            <Button size="small" loading={save.isPending} onClick={() => save.mutate()}>
              {t('indicators.export')}
            </Button>
          </span>
        )}
      </div>
      {!allowed ? (
        <StatePage title={t(rule.drills ? 'dataQuality.rowsHidden' : 'dataQuality.rowsOfLake')} quiet />
      ) : found.isPending ? (
        <Loading rows={6} />
      ) : !first ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : rows.length === 0 ? (
        <StatePage title={t('dataQuality.noRows')} text={t('dataQuality.noRowsText')} quiet />
      ) : (
        <>
          <RowTable columns={first.columns} rows={rows} />
          {found.hasNextPage && (
            <div className="resource-end">
              <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t('common.more')}
              </Button>
            </div>
          )}
        </>
      )}
    </section>
  )
}
