import './record.css'

import { SearchOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type RecordOverview, take } from '@/lib/api'
import type { PatientRecordSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { Glance } from './Glance'
import { ItemDrawer, type Named } from './ItemDrawer'
import { ItemList } from './ItemList'
import { sectionName } from './parts'
import { RecordHeader } from './RecordHeader'
import { RecordLook } from './RecordLook'
import { TemperatureSheet } from './TemperatureSheet'
import { SECTIONS, type SectionName } from './words'

/** What is known about this patient, from where, since when? */
export default function RecordPage() {
  const { person } = useParams({ from: '/record/$person' })
  const record = useQuery({
    queryKey: ['record', person, 'overview'],
    queryFn: () => take(client.GET('/api/v1/record/{person}', { params: { path: { person } } })),
    retry: false,
  })
  if (record.isPending) return <Loading rows={14} />
  if (!record.data)
    return (
      <div className="record">
        <RecordLook person={person} />
        <Failed error={record.error} retry={() => void record.refetch()} />
      </div>
    )
  return <Whole person={person} record={record.data} />
}

function Whole({ person, record }: { person: string; record: RecordOverview }) {
  const { t } = useTexts()
  const search = useSearch({ from: '/record/$person' })
  const navigate = useNavigate({ from: '/record/$person' })
  const put = (change: PatientRecordSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const [type, id] = search.item?.split('/') ?? []
  const open = (named: Named) => put({ item: `${named.type}/${named.id}` })
  const asked = search.section ?? search.q ?? search.since ?? search.until ?? search.organisation
  return (
    <div className="record">
      <RecordHeader record={record} open={open} />
      <RecordLook person={person} />
      <Sections record={record} now={search.section} go={(section) => put({ section })} />
      <Filters record={record} search={search} put={put} />
      {record.sections.length === 0 ? (
        <StatePage title={t('record.empty')} text={t('record.emptyText')} quiet />
      ) : asked === undefined ? (
        <Glance record={record} open={open} go={(section) => put({ section })} />
      ) : (
        <>
          {search.section === 'vital-sign' && <TemperatureSheet person={person} record={record} search={search} put={put} />}
          <Found person={person} search={search} open={open} />
        </>
      )}
      <ItemDrawer person={person} named={type && id ? { type, id } : null} close={() => put({ item: undefined })} open={open} />
    </div>
  )
}

/** The headings of the record with how much stands under each. */
function Sections({ record, now, go }: { record: RecordOverview; now: SectionName | undefined; go: (section: SectionName | undefined) => void }) {
  const { t } = useTexts()
  const counts = new Map<string, number>(record.sections.map(({ section, count }) => [section, count]))
  return (
    <nav className="record-sections" aria-label={t('record.sections')}>
      <button type="button" aria-current={now === undefined ? 'page' : undefined} onClick={() => go(undefined)}>
        {t('record.glance')}
      </button>
      {SECTIONS.filter((section) => counts.has(section)).map((section) => (
        <button key={section} type="button" aria-current={now === section ? 'page' : undefined} onClick={() => go(section)}>
          {sectionName(t, section)} <span className="quiet num">{counts.get(section)}</span>
        </button>
      ))}
    </nav>
  )
}

function Filters({ record, search, put }: { record: RecordOverview; search: PatientRecordSearch; put: (change: PatientRecordSearch) => void }) {
  const { t } = useTexts()
  const [text, setText] = useState(search.q ?? '')
  useEffect(() => setText(search.q ?? ''), [search.q])
  const day = (name: 'since' | 'until') => (
    <label className="field field-line">
      {t(`record.${name}`)}
      <input className="native" type="date" value={search[name] ?? ''} onChange={(event) => put({ [name]: event.target.value || undefined })} />
    </label>
  )
  return (
    <form
      className="record-filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        put({ q: text.trim() || undefined })
      }}
    >
      <Input value={text} allowClear prefix={<SearchOutlined />} aria-label={t('record.search')} placeholder={t('record.search')} onChange={(event) => setText(event.target.value)} onBlur={() => put({ q: text.trim() || undefined })} />
      {day('since')}
      {day('until')}
      {record.organisations.length > 1 && (
        <label className="field field-line">
          {t('record.organisation')}
          <select className="native" value={search.organisation ?? ''} onChange={(event) => put({ organisation: event.target.value || undefined })}>
            <option value="">{t('common.any')}</option>
            {record.organisations.map(({ code, name, count }) => (
              <option key={code} value={code}>
                {name} ({count})
              </option>
            ))}
          </select>
        </label>
      )}
    </form>
  )
}

const PAGE = 100

/** The lines that are asked for. */
function Found({ person, search, open }: { person: string; search: PatientRecordSearch; open: (named: Named) => void }) {
  const { t } = useTexts()
  const [pages, setPages] = useState(1)
  const { section, q, since, until, organisation } = search
  useEffect(() => setPages(1), [section, q, since, until, organisation])
  const found = useQuery({
    queryKey: ['record', person, 'items', section, q, since, until, organisation, pages],
    queryFn: () =>
      take(
        client.GET('/api/v1/record/{person}/items', {
          params: {
            path: { person },
            query: {
              ...(section && { section: [section] }),
              ...(q && { q }),
              ...(since && { since }),
              ...(until && { until }),
              ...(organisation && { organisation }),
              limit: Math.min(500, PAGE * pages),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  })
  if (found.isPending) return <Loading rows={10} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  const unread = found.data.unread > 0 && (
    <p className="record-notice" role="note">
      {t('record.unread', { count: found.data.unread })}
    </p>
  )
  if (found.data.items.length === 0)
    return (
      <>
        {unread}
        <StatePage title={t('record.noneFound')} text={t('record.noneFoundText')} quiet />
      </>
    )
  return (
    <section className="panel" aria-label={t('record.found', { count: found.data.total })}>
      <div className="panel-head">
        <h2>{t('record.found', { count: found.data.total })}</h2>
      </div>
      {unread}
      <ItemList items={found.data.items} open={open} sections={section === undefined} />
      {found.data.more && pages * PAGE < 500 && (
        <div className="panel-body">
          <Button block onClick={() => setPages(pages + 1)}>
            {t('record.more')}
          </Button>
        </div>
      )}
    </section>
  )
}
