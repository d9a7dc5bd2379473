import '@/components/resource.css'
import './identity.css'

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type QualityFinding, type SourceQuality, type Survey, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { day, PersonLink, RecordName } from './parts'
import { PersonCard } from './PersonCard'
import { type Drill, FAULTS, type FaultName, percent, sameDrill, sorted } from './quality'

const PAGE = 20
const FRESH_MS = 300_000 // counting over everything costs the database something

/** What can I not trust in the index, whose is it, and who is meant? */
export default function QualityPage() {
  const { t } = useTexts()
  const models = useMay()('identity.model')
  const [drill, setDrill] = useState<Drill | null>(null)
  const survey = useQuery({
    queryKey: ['identity', 'survey'],
    queryFn: () => take(client.GET('/api/v1/identity/quality/survey')),
    staleTime: FRESH_MS,
  })
  const open = (wanted: Drill) => setDrill((now) => (now && sameDrill(now, wanted) ? null : wanted))
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.quality.title')}</h1>
        <span className="quiet">{t('identity.quality.text')}</span>
        <span className="push row page-links">
          {models && <Link to="/identity/models">{t('identity.models.title')}</Link>}
          <Link to="/identity/search">{t('identity.search')}</Link>
        </span>
      </div>
      <div className={drill ? 'quality-body' : 'stack'}>
        <div className="stack">
          {survey.isPending && <Loading rows={8} />}
          {!survey.isPending && !survey.data && <Failed error={survey.error} retry={() => void survey.refetch()} />}
          {survey.data && <Sources sources={survey.data.sources} drill={drill} open={open} />}
          {survey.data && <Crowds crowds={survey.data.crowds} drill={drill} open={open} />}
          <Findings />
        </div>
        {drill && <Drilled key={JSON.stringify(drill)} drill={drill} close={() => setDrill(null)} />}
      </div>
    </>
  )
}

type SourcesProps = { sources: readonly SourceQuality[]; drill: Drill | null; open: (drill: Drill) => void }

/** Each source: how many records it has over the whole index, and what they lack. */
function Sources({ sources, drill, open }: SourcesProps) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('identity.quality.sources')}>
      <div className="panel-head">
        <h2>{t('identity.quality.sources')}</h2>
        <span className="quiet">{t('identity.quality.sourcesText')}</span>
      </div>
      {sources.length === 0 ? (
        <StatePage title={t('identity.quality.nothing')} text={t('identity.quality.nothingText')} quiet />
      ) : (
        <div className="table-wrap">
          <table className="table cards">
            <thead>
              <tr>
                <th scope="col">{t('common.source')}</th>
                <th scope="col" className="right">
                  {t('identity.quality.records')}
                </th>
                <th scope="col" className="right">
                  {t('identity.quality.persons')}
                </th>
                {FAULTS.map((fault) => (
                  <th key={fault} scope="col" className="right">
                    {t(`identity.quality.fault.${fault}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sources.map((source) => (
                <tr key={source.source}>
                  <td className="head">
                    <code>{source.source}</code>
                  </td>
                  <td className="right num" data-title={t('identity.quality.records')}>
                    {source.records.toLocaleString('en-US')}
                  </td>
                  <td className="right num" data-title={t('identity.quality.persons')}>
                    {source.persons.toLocaleString('en-US')}
                  </td>
                  {FAULTS.map((fault) => (
                    <td key={fault} className="right" data-title={t(`identity.quality.fault.${fault}`)}>
                      <Lacking source={source} fault={fault} drill={drill} open={open} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

type LackingProps = { source: SourceQuality; fault: FaultName; drill: Drill | null; open: (drill: Drill) => void }

function Lacking({ source, fault, drill, open }: LackingProps) {
  const { t } = useTexts()
  const count = sorted(source, fault)
  if (count === 0) return <span className="quiet num">0</span>
  const wanted: Drill = { what: 'fault', fault, source: source.source }
  return (
    <button
      type="button"
      className="quality-count"
      aria-pressed={drill !== null && sameDrill(drill, wanted)}
      aria-label={t('identity.quality.show', { source: source.source, fault: t(`identity.quality.fault.${fault}`), count })}
      onClick={() => open(wanted)}
    >
      <span className="num">{count.toLocaleString('en-US')}</span>
      <span className="quality-share quiet num">{percent(count, source.records)}</span>
    </button>
  )
}

type CrowdsProps = { crowds: Survey['crowds']; drill: Drill | null; open: (drill: Drill) => void }

/** Telephones and numbers that more records have than a family has. */
function Crowds({ crowds, drill, open }: CrowdsProps) {
  const { t } = useTexts()
  const most = Math.max(...crowds.map(({ records }) => records), 1)
  return (
    <section className="panel" aria-label={t('identity.quality.crowds')}>
      <div className="panel-head">
        <h2>{t('identity.quality.crowds')}</h2>
        <span className="quiet">{t('identity.quality.crowdsText')}</span>
      </div>
      {crowds.length === 0 ? (
        <p className="panel-body quiet">{t('identity.quality.noCrowds')}</p>
      ) : (
        <ol className="crowds">
          {crowds.map((crowd) => {
            const wanted: Drill = { what: 'crowd', key: crowd.key, value: crowd.value }
            return (
              <li key={crowd.key}>
                <button type="button" className="crowd" aria-pressed={drill !== null && sameDrill(drill, wanted)} onClick={() => open(wanted)}>
                  <span className="quiet">{crowd.kind === 'phone' ? t('identity.field.phone') : t('identity.quality.number')}</span>
                  <code>{crowd.value}</code>
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" className="crowd-bar" aria-hidden="true">
                    <rect width={Math.max((100 * crowd.records) / most, 0.7)} height="8" />
                  </svg>
                  <span className="num right">{t('identity.records', { count: crowd.records })}</span>
                </button>
              </li>
            )
          })}
        </ol>
      )}
    </section>
  )
}

/** Who is meant by a figure. */
function Drilled({ drill, close }: { drill: Drill; close: () => void }) {
  const { t } = useTexts()
  const found = useInfiniteQuery({
    queryKey: ['identity', 'drill', drill],
    queryFn: ({ pageParam: skip }) =>
      drill.what === 'crowd'
        ? take(client.GET('/api/v1/identity/quality/crowds/{key}', { params: { path: { key: drill.key }, query: { skip, limit: PAGE } } }))
        : take(client.GET('/api/v1/identity/quality/persons', { params: { query: { fault: drill.fault, source: drill.source, skip, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (last.more ? pages.length * PAGE : undefined),
  })
  const title = drill.what === 'crowd' ? drill.value : `${drill.source} · ${t(`identity.quality.fault.${drill.fault}`)}`
  const persons = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section className="panel quality-drill" aria-label={t('identity.quality.drill')}>
      <div className="panel-head">
        <h2>{title}</h2>
        <Button size="small" className="push" onClick={close}>
          {t('common.close')}
        </Button>
      </div>
      {found.isPending && <Loading rows={6} />}
      {!found.isPending && !found.data && <Failed error={found.error} retry={() => void found.refetch()} />}
      <ul className="person-list">
        {persons.map((person) => (
          <li key={person.id}>
            <PersonCard person={person} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <div className="resource-end">
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('common.more')}
          </Button>
        </div>
      )}
    </section>
  )
}

/** What a look into single records shows: wrong check digits, placeholders, contradictions. */
function Findings() {
  const { t, language } = useTexts()
  const quality = useQuery({
    queryKey: ['identity', 'quality'],
    queryFn: () => take(client.GET('/api/v1/identity/quality')),
    staleTime: FRESH_MS,
  })
  if (quality.isPending) return <Loading rows={6} />
  if (!quality.data) return <Failed error={quality.error} retry={() => void quality.refetch()} />
  const { findings, records, whole } = quality.data
  return (
    <section className="panel" aria-label={t('identity.quality.findings')}>
      <div className="panel-head">
        <h2>{t('identity.quality.findings')}</h2>
        <span className="quiet">{whole ? t('identity.quality.whole', { count: records }) : t('identity.quality.drawn', { count: records })}</span>
      </div>
      {findings.length === 0 ? (
        <p className="panel-body">
          <Mark tone="good">{t('identity.quality.fine')}</Mark>
        </p>
      ) : (
        <ul className="findings">
          {findings.map((one) => (
            <li key={`${one.kind} ${one.source} ${one.value}`}>
              <div className="row">
                <span>{one.words[language]}</span>
                {one.source !== '' && <code>{one.source}</code>}
                <FindingValue finding={one} />
                <span className="num push">
                  {one.count.toLocaleString('en-US')} <span className="quiet">/ {one.of.toLocaleString('en-US')}</span>
                </span>
                <span className="num finding-share">{percent(one.count, one.of)}</span>
              </div>
              <p className="row person-records">
                {one.examples.map((record) => (
                  <PersonLink key={record.id} id={record.id}>
                    <RecordName {...record} />
                  </PersonLink>
                ))}
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function FindingValue({ finding: { kind, value } }: { finding: QualityFinding }) {
  if (value === '') return null
  return <strong className="num">{kind === 'default-birth' ? day(value) : value}</strong>
}
