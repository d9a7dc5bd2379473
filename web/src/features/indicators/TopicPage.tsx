import './indicators.css'
import './insight.css'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { Failed, Loading } from '@/components/StatePage'
import { client, take, type TopicAnswer } from '@/lib/api'
import type { TopicSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { Bars } from './Bars'
import { IndicatorPages, useSaid, Value } from './parts'
import { periodText } from './periods'
import { PeriodPicker, PlacePicker, usePeriod } from './Pickers'
import { TileCard } from './TileCard'
import { useHospitals } from './useHospitals'

const FIRST = 'patients'

/** Patients, diseases, beds, operations, equipment: each on a page of its own. */
export default function TopicPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/topics' })
  const navigate = useNavigate({ from: '/indicators/topics' })
  const put = (change: TopicSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const period = usePeriod(search.period)
  const topic = search.topic ?? FIRST
  const { hospital, department } = search
  const question = { period: periodText(period), ...(hospital && { hospital }), ...(department && { department }) }
  const { hospitals } = useHospitals(String(period.year))
  const found = useQuery({
    queryKey: ['indicators', 'topic', topic, question],
    queryFn: () => take(client.GET('/api/v1/indicators/topics/{topic}', { params: { path: { topic }, query: question } })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  })
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.insight.topics')} />
      <Topics chosen={topic} change={(name) => put({ topic: name })} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} change={(text) => put({ period: text })} />
        <PlacePicker label={t('indicators.hospital')} all={t('indicators.allHospitals')} value={hospital} places={hospitals} change={(code) => put({ hospital: code })} />
      </div>
      {found.data ? <Shown topic={found.data} search={search} period={periodText(period)} changing={found.isPlaceholderData} /> : found.isPending ? <Loading rows={12} /> : <Failed error={found.error} retry={() => void found.refetch()} />}
    </div>
  )
}

function Topics({ chosen, change }: { chosen: string; change: (name: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const found = useQuery({ queryKey: ['indicators', 'topics'], queryFn: () => take(client.GET('/api/v1/indicators/topics')), staleTime: 300_000, retry: false })
  return (
    <span className="period-kinds topic-names" role="group" aria-label={t('indicators.insight.topics')}>
      {found.data?.topics.map(({ topic, title }) => (
        <button key={topic} type="button" aria-pressed={topic === chosen} onClick={() => change(topic)}>
          {said(title)}
        </button>
      ))}
    </span>
  )
}

function Shown({ topic, search, period, changing }: { topic: TopicAnswer; search: TopicSearch; period: string; changing: boolean }) {
  const { t } = useTexts()
  const said = useSaid()
  const { hospital, department } = search
  return (
    <section className="stack" aria-label={said(topic.title)} aria-busy={changing}>
      <p className="quiet">{said(topic.lead)}</p>
      {topic.now.length > 0 && (
        <dl className="panel topic-now">
          {topic.now.map((tile) => (
            <div key={tile.tile} className={`today-tile${tile.when === 'now' ? ' today-now' : ''}`}>
              <dt>{said(tile.name)}</dt>
              <dd>
                <Value value={tile.value} unit={tile.unit} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <ul className="tiles">
        {topic.tiles.map((tile) => (
          <TileCard key={tile.code} tile={tile} search={{ period, hospital, department }} pull={null} />
        ))}
      </ul>
      <div className="topic-parts">
        {topic.structures.map((one) => (
          <Structure key={`${one.code} ${one.by}`} structure={one} search={search} period={period} />
        ))}
        {topic.rankings.map(({ by, figures }) => (
          <section key={`${figures.code} ${by}`} className="panel topic-ranking" aria-label={`${said(figures.name)} · ${t(`indicators.by.${by}`)}`}>
            <div className="panel-head">
              <h2>{said(figures.name)}</h2>
              <span className="quiet">{t(`indicators.by.${by}`)}</span>
            </div>
            {figures.figures.length === 0 ? <p className="quiet panel-body">{t('indicators.noRowsText')}</p> : <Bars figures={figures.figures} level={by} unit={figures.unit} better={figures.better} whole={figures.all?.value ?? null} money={null} open={null} />}
          </section>
        ))}
      </div>
      {topic.missing.length > 0 && (
        <section className="panel" aria-label={t('indicators.insight.missing')}>
          <div className="panel-head">
            <h2>{t('indicators.insight.missing')}</h2>
          </div>
          <dl className="missing">
            {topic.missing.map(({ name, why }) => (
              <div key={name.zh}>
                <dt>{said(name)}</dt>
                <dd className="quiet">{said(why)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </section>
  )
}

type Structured = TopicAnswer['structures'][number]

/** What an indicator is made of; each class opens the rows that it counts. */
function Structure({ structure, search, period }: { structure: Structured; search: TopicSearch; period: string }) {
  const { t } = useTexts()
  const said = useSaid()
  const { hospital, department } = search
  const ratio = structure.rows.some(({ denominator }) => denominator !== null)
  const shown = [...structure.rows].sort((a, b) => b.numerator - a.numerator)
  const most = Math.max(...shown.map((row) => (ratio ? (row.value ?? 0) : (row.share ?? 0))), 0)
  return (
    <section className="panel" aria-label={`${said(structure.name)} · ${said(structure.by_name)}`}>
      <div className="panel-head">
        <h2>{said(structure.name)}</h2>
        <span className="quiet">{said(structure.by_name)}</span>
      </div>
      {shown.length === 0 ? (
        <p className="quiet panel-body">{t('indicators.noRowsText')}</p>
      ) : (
        <ol className="contributions">
          {shown.map((row) => (
            <li key={row.where} className="contribution">
              <Link to="/indicators/$code" params={{ code: structure.code }} search={{ period, hospital, department, where: row.where }} className="bar-name">
                {said(row.name)}
              </Link>
              <span className="bar-track" aria-hidden>
                <i style={{ width: `${most > 0 ? ((ratio ? (row.value ?? 0) : (row.share ?? 0)) / most) * 100 : 0}%` }} />
              </span>
              <span className="bar-value">
                <Value value={row.value} unit={structure.unit} />
              </span>
              <span className="quiet num contribution-more">{!ratio && row.share !== null && `${row.share.toFixed(1)}%`}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
