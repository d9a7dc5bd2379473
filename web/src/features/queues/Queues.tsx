import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { NextTry } from '@/components/NextTry'
import { ResourcePage } from '@/components/ResourcePage'
import { DestinationMark, destinationTone, Mark } from '@/components/StateMark'
import { QueueDepth } from '@/components/QueueDepth'
import type { DestinationCard, Overview } from '@/lib/api'
import { compact } from '@/lib/format'
import { useTexts } from '@/lib/texts'
import { duration } from '@/lib/time'

import { type TabProps, useLaneFilters } from './parts'

const URGENCY = { bad: 0, warn: 1, info: 2, mute: 3, good: 3 } as const

/** Every destination: what waits for it, how long already, how long still, and why (A1.10). */
export function Queues({ search, change, channels, overview }: TabProps & { overview: UseQueryResult<Overview> }) {
  const { t, language } = useTexts()
  const { channel, destination } = search
  const filters = useLaneFilters(channels, channel)
  const lanes = channels
    .flatMap((card) => card.destinations)
    .filter((lane) => (channel === undefined || lane.channel === channel) && (destination === undefined || lane.name === destination))
    .sort((a, b) => URGENCY[destinationTone[a.state]] - URGENCY[destinationTone[b.state]] || b.queue_depth - a.queue_depth)
  const time = (seconds: number | null) => (seconds === null ? '–' : duration(seconds, language))
  return (
    <ResourcePage<DestinationCard>
      pages={{
        rows: lanes,
        total: lanes.length,
        pending: overview.isPending,
        fetching: false,
        error: overview.error,
        more: false,
        fruitless: 0,
        next: () => undefined,
        refresh: () => void overview.refetch(),
      }}
      filter={{ values: { channel, destination }, change: (name, value) => change({ [name]: value }) }}
      screen={{
        label: t('queues.queues'),
        filters,
        rowKey: (lane) => String(lane.id),
        empty: { title: t('queues.noQueues') },
        columns: [
          {
            key: 'name',
            title: t('common.destination'),
            head: true,
            cell: (lane) => (
              <span className="nowrap">
                <Link to="/channels/$name" params={{ name: lane.channel }}>
                  {lane.channel}
                </Link>{' '}
                → <strong>{lane.name}</strong>
              </span>
            ),
          },
          { key: 'state', title: t('common.state'), head: true, cell: (lane) => <DestinationMark state={lane.state} /> },
          { key: 'depth', title: t('queues.depth'), right: true, cell: (lane) => <strong className="num"><QueueDepth lane={lane} /></strong> },
          { key: 'oldest', title: t('queues.oldest'), right: true, cell: (lane) => <span className="num nowrap">{time(lane.oldest_waiting_seconds)}</span> },
          {
            key: 'rate',
            title: t('queues.rate'),
            right: true,
            cell: (lane) => <span className="num nowrap">{t('common.perSecond', { rate: compact(Math.round(lane.rate_per_second * 10) / 10) })}</span>,
          },
          { key: 'eta', title: t('queues.eta'), right: true, cell: (lane) => <span className="num nowrap">{time(lane.queue_depth === 0 ? null : lane.drain_seconds)}</span> },
          { key: 'cause', title: t('queues.cause'), cell: (lane) => <Cause lane={lane} /> },
        ],
      }}
    />
  )
}

function Cause({ lane }: { lane: DestinationCard }) {
  const { t, language } = useTexts()
  const quiet = lane.state === 'flowing' || lane.state === 'idle'
  return (
    <span className="cause">
      <span className={quiet ? 'quiet' : ''}>{t(`destinationCause.${lane.state}`)}</span>
      <NextTry lane={lane} />
      {!quiet && lane.last_error && (
        <span className="cause-error">
          {lane.last_error[language].what}
          {lane.last_error[language].why && ` · ${lane.last_error[language].why}`}
        </span>
      )}
      {lane.parked > 0 && (
        <Link to="/queues" search={{ tab: 'parked', channel: lane.channel, destination: lane.name }}>
          <Mark tone="bad">{t('overview.parkedCount', { count: lane.parked })}</Mark>
        </Link>
      )}
      {lane.behind > 0 && <Mark tone="warn">{t('overview.behindCount', { count: lane.behind })}</Mark>}
      {lane.waiting > 0 && <Mark tone="warn">{t('overview.waitingCount', { count: lane.waiting })}</Mark>}
    </span>
  )
}
