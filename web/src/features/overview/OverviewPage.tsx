import './overview.css'

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type OpenProblem, type Overview, take } from '@/lib/api'
import { compact } from '@/lib/format'
import { overviewKey } from '@/lib/live'
import { useTexts } from '@/lib/texts'

import { Certificates } from './Certificates'
import { ChannelFlow } from './ChannelFlow'

/** Is everything flowing right now, and if not, what hurts most? */
export default function OverviewPage() {
  const { t } = useTexts()
  const overview = useQuery({
    queryKey: overviewKey,
    queryFn: () => take(client.GET('/api/v1/overview')),
  })
  if (overview.isPending) return <Loading rows={10} />
  if (overview.isError && !overview.data)
    return <Failed error={overview.error} retry={() => void overview.refetch()} />
  const now = overview.data
  return (
    <div className="stack">
      <h1 className="sr-only">{t('overview.title')}</h1>
      <Status overview={now} />
      {now.problems.length > 0 && <Problems problems={now.problems} />}
      {now.channels.length === 0 ? (
        <div className="panel">
          <StatePage title={t('overview.quiet')} text={t('overview.quietText')} quiet />
        </div>
      ) : (
        now.channels.map((channel) => <ChannelFlow key={channel.name} channel={channel} />)
      )}
      <Certificates />
    </div>
  )
}

/** One sentence that says it all, and the numbers behind it. */
function Status({ overview }: { overview: Overview }) {
  const { t, language } = useTexts()
  const count = overview.problems.length
  const worst = overview.problems[0]
  const tone = overview.status === 'ok' ? 'good' : overview.status === 'down' ? 'bad' : 'warn'
  const sentence =
    overview.status === 'ok' || !worst
      ? t('overview.fine')
      : t(overview.status === 'down' ? 'overview.down' : 'overview.attention', { count })
  return (
    <section className={`status status-${tone}`} aria-label={t('overview.title')}>
      <div className="status-words" role="status">
        <Mark tone={tone} plain>
          <strong>{sentence}</strong>
        </Mark>
        <p>
          {worst && overview.status !== 'ok'
            ? `${placeOf(worst)}${language === 'zh' ? '：' : ': '}${worst[language].what}`
            : t('overview.fineText')}
        </p>
      </div>
      <dl className="figures">
        <Figure name={t('overview.received')} value={rate(overview.received_per_second)} unit="/s" more={t('overview.total', { count: overview.received_total })} />
        <Figure name={t('overview.delivered')} value={rate(overview.delivered_per_second)} unit="/s" more={t('overview.total', { count: overview.delivered_total })} />
        <Figure name={t('overview.queue')} value={compact(queued(overview))} />
        <Figure
          name={t('overview.parked')}
          value={compact(overview.parked)}
          bad={overview.parked > 0}
          link={<Link to="/queues" search={{ tab: 'parked' }} aria-label={`${t('overview.parked')} ${overview.parked}`} />}
        />
        <Figure
          name={t('overview.held')}
          value={compact(overview.held)}
          bad={overview.held > 0}
          link={<Link to="/queues" search={{ tab: 'held' }} aria-label={`${t('overview.held')} ${overview.held}`} />}
        />
      </dl>
    </section>
  )
}

/** What all destinations together have still to get. */
const queued = ({ channels }: Overview) =>
  channels.flatMap(({ destinations }) => destinations).reduce((sum, lane) => sum + lane.queue_depth, 0)

const rate = (perSecond: number) => compact(Math.round(perSecond * 10) / 10)

function placeOf(problem: OpenProblem): string {
  return [problem.channel, problem.destination].filter(Boolean).join(' → ') || problem.where
}

function Figure({ name, value, unit = '', more, bad = false, link }: { name: string; value: string; unit?: string; more?: string; bad?: boolean; link?: ReactNode }) {
  return (
    <div className={`figure${bad ? ' figure-bad' : ''}`}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && <small>{unit}</small>}
      </dd>
      {more && <dd className="figure-more">{more}</dd>}
      {link && <dd className="figure-link">{link}</dd>}
    </div>
  )
}

function Problems({ problems }: { problems: OpenProblem[] }) {
  const { t, language } = useTexts()
  return (
    <section className="panel" aria-labelledby="problems">
      <div className="panel-head">
        <h2 id="problems">{t('overview.problems')}</h2>
        <span className="quiet">{t('overview.worstFirst')}</span>
      </div>
      <ol className="trouble">
        {problems.map((problem, place) => (
          <li key={`${problem.code} ${placeOf(problem)} ${place}`}>
            <div className="trouble-what">
              <Mark tone="bad" plain>
                <strong>{problem[language].what}</strong>
              </Mark>
              <span className="trouble-place">{placeOf(problem)}</span>
              {problem.since && <Instant at={problem.since} />}
              <code className="quiet">{problem.code}</code>
            </div>
            <p className="trouble-why">{problem[language].why}</p>
            <p className="trouble-next">
              <span className="quiet">{t('problem.next')}</span> {problem[language].next_step}
            </p>
            <ProblemLink problem={problem} />
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Conditions that are dealt with on a page of their own. */
const PAGE_OF: Record<string, 'parked' | 'held'> = { 'LY-1615': 'parked', 'LY-1616': 'held' }

/** Where the person who wants to do something about it goes. */
function ProblemLink({ problem }: { problem: OpenProblem }) {
  const { t } = useTexts()
  const text = t('common.show')
  const page = PAGE_OF[problem.code]
  if (problem.channel && (problem.destination || page))
    return (
      <Link
        className="trouble-link"
        to="/queues"
        search={{ tab: page ?? 'queues', channel: problem.channel, destination: problem.destination ?? undefined }}
      >
        {text}
      </Link>
    )
  if (problem.channel)
    return (
      <Link className="trouble-link" to="/channels/$name" params={{ name: problem.channel }}>
        {text}
      </Link>
    )
  return null
}
