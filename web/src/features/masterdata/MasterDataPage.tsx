import './masterdata.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Tabs } from 'antd'
import { useMemo, useState } from 'react'

import { ResourcePage } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type MasterRecord, type RecordKind, take } from '@/lib/api'
import { MASTERDATA_TABS, type MasterDataSearch } from '@/lib/filters'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Aside } from './Aside'
import { useForms } from './creating'
import { DayNotice, DayPicker } from './day'
import { type Branch, forest, pruned } from '@/lib/forest'
import { type Form, FormDialog } from './FormDialog'
import { ImportDialog } from './ImportDialog'
import { Days, RecordLink, treeName, useName } from './parts'
import { Proposals } from './Proposals'

type Change = (part: Partial<MasterDataSearch>) => void

/** Which organisations, locations and practitioners are there, and which were there on another day? */
export default function MasterDataPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/masterdata' })
  const navigate = useNavigate()
  const may = useMay()
  const queries = useQueryClient()
  const [form, setForm] = useState<Form | null>(null)
  const [importing, setImporting] = useState(false)
  const tab = search.tab ?? 'tree'
  const kind: RecordKind = tab === 'tree' || tab === 'aside' || tab === 'proposals' ? 'organisation' : tab
  const change: Change = (part) => void navigate({ to: '/masterdata', search: { ...search, ...part }, replace: true })
  const forms = useForms(async () => queries.invalidateQueries({ queryKey: ['masterdata'] }))
  return (
    <>
      <div className="page-head">
        <h1>{t('masterdata.title')}</h1>
        <DayPicker day={search.as_of} change={(as_of) => change({ as_of })} />
        <span className="push row">
          <Button type="primary" onClick={() => setForm(forms.create(kind, search.as_of))}>
            {t('masterdata.create', { kind: t(`masterdata.kind.${kind}`) })}
          </Button>
          <Button onClick={() => setForm(forms.emergency(search.as_of))}>{t('masterdata.emergency')}</Button>
          <Button onClick={() => setImporting(true)}>{t('masterdata.import')}</Button>
          {may('messages.read') && <Link to="/uncoded">{t('uncoded.title')}</Link>}
        </span>
      </div>
      <DayNotice day={search.as_of} />
      <Tabs
        className="masterdata-tabs"
        activeKey={tab}
        onChange={(key) => change({ tab: MASTERDATA_TABS.find((one) => one === key), q: undefined })}
        items={MASTERDATA_TABS.map((key) => ({ key, label: t(`masterdata.tab.${key}`) }))}
      />
      {tab === 'tree' ? (
        <Forest search={search} change={change} />
      ) : tab === 'aside' ? (
        <Aside />
      ) : tab === 'proposals' ? (
        <Proposals />
      ) : (
        <Records key={tab} kind={tab} search={search} change={change} />
      )}
      {form && <FormDialog form={form} close={() => setForm(null)} />}
      {importing && <ImportDialog kind={kind} close={() => setImporting(false)} />}
    </>
  )
}

function Forest({ search, change }: { search: MasterDataSearch; change: Change }) {
  const { t } = useTexts()
  const wanted = search.tree ?? 'management'
  const [query, setQuery] = useState('')
  const tree = useQuery({
    queryKey: ['masterdata', 'tree', wanted, search.as_of],
    queryFn: () =>
      take(client.GET('/api/v1/masterdata/trees/{tree}', { params: { path: { tree: wanted }, query: { as_of: search.as_of ?? null } } })),
  })
  const roots = useMemo(() => pruned(forest(tree.data?.nodes ?? []), query), [tree.data, query])
  if (tree.isPending) return <Loading rows={10} />
  if (!tree.data) return <Failed error={tree.error} retry={() => void tree.refetch()} />
  return (
    <section className="panel" aria-label={treeName(t, wanted)}>
      <div className="panel-head">
        <label className="row">
          <span className="quiet">{t('masterdata.tree')}</span>
          <select className="native" value={wanted} onChange={({ target }) => change({ tree: target.value })}>
            {[...new Set(['management', 'specialty', ...tree.data.trees])].map((name) => (
              <option key={name} value={name}>
                {treeName(t, name)}
              </option>
            ))}
          </select>
        </label>
        <input
          className="native"
          value={query}
          aria-label={t('masterdata.treeFind')}
          placeholder={t('masterdata.treeFind')}
          onChange={({ target }) => setQuery(target.value)}
        />
      </div>
      {tree.data.nodes.length === 0 ? (
        <StatePage title={t('masterdata.treeEmpty')} text={t('masterdata.treeEmptyText')} quiet />
      ) : (
        <div className="panel-body forest">
          <Branches branches={roots} day={search.as_of} />
        </div>
      )}
    </section>
  )
}

function Branches({ branches, day }: { branches: Branch[]; day: string | undefined }) {
  const { t } = useTexts()
  return (
    <ul>
      {branches.map((branch) => (
        <li key={branch.code}>
          <span className="forest-line">
            {branch.beyond ? <Beyond branch={branch} /> : <RecordLink kind="organisation" record={branch} day={day} />}
            <code>{branch.code}</code>
            {branch.emergency && <Mark tone="warn">{t('masterdata.temporary')}</Mark>}
            {branch.places.length > 0 && <span className="quiet">{branch.places.join(' ')}</span>}
          </span>
          {branch.children.length > 0 && <Branches branches={branch.children} day={day} />}
        </li>
      ))}
    </ul>
  )
}

/** What only stands above what may be seen: a name, and no way in. */
function Beyond({ branch }: { branch: Branch }) {
  const name = useName()
  return <span className="quiet">{name(branch)}</span>
}

function Records({ kind, search, change }: { kind: RecordKind; search: MasterDataSearch; change: Change }) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { q, as_of, closed } = search
  const pages = usePages<MasterRecord>(['masterdata', kind, q, as_of, closed], (cursor) =>
    take(
      client.GET('/api/v1/masterdata/{kind}', {
        params: { path: { kind }, query: { q: q ?? '', as_of: as_of ?? null, closed: closed === 'yes', cursor: cursor ?? '' } },
      }),
    ),
  )
  return (
    <ResourcePage<MasterRecord>
      pages={pages}
      filter={{ values: { q, closed }, change: (name, value) => change({ [name]: value }) }}
      screen={{
        label: t(`masterdata.tab.${kind}`),
        rowKey: ({ code }) => code,
        open: ({ code }) =>
          void navigate({ to: '/masterdata/$kind/$code', params: { kind, code }, search: as_of === undefined ? {} : { as_of } }),
        empty: { title: t('masterdata.none') },
        filters: [
          { kind: 'text', name: 'q', label: t('masterdata.name'), hint: t('masterdata.find'), suggestions: [] },
          { kind: 'choice', name: 'closed', label: t('masterdata.closed'), options: [{ value: 'yes', label: t('masterdata.yes') }] },
        ],
        columns: [
          { key: 'name', title: t('masterdata.name'), head: true, cell: (record) => <RecordLink kind={kind} record={record} day={as_of} /> },
          { key: 'code', title: t('masterdata.code'), head: true, cell: ({ code }) => <code>{code}</code> },
          { key: 'category', title: t('masterdata.category'), cell: ({ category }) => category },
          { key: 'pinyin', title: t('masterdata.pinyin'), wide: true, cell: ({ pinyin }) => pinyin },
          {
            key: 'state',
            title: t('common.state'),
            cell: ({ exists, emergency }) => (
              <span className="marks">
                {!exists && <Mark tone="mute">{t('masterdata.gone')}</Mark>}
                {emergency && <Mark tone="warn">{t('masterdata.temporary')}</Mark>}
              </span>
            ),
          },
          { key: 'days', title: t('masterdata.from'), wide: true, cell: ({ valid_from, valid_to }) => <Days from={valid_from} to={valid_to} /> },
        ],
      }}
    />
  )
}
