import { Link } from '@tanstack/react-router'

import { Ago } from '@/components/Instant'
import { NextTry } from '@/components/NextTry'
import { PollingDebt } from '@/components/PollingDebt'
import { Sparkline } from '@/components/Sparkline'
import { DestinationMark, destinationTone, Mark } from '@/components/StateMark'
import { QueueDepth } from '@/components/QueueDepth'
import type { ChannelCard, DestinationCard } from '@/lib/api'
import { compact } from '@/lib/format'
import { useTexts } from '@/lib/texts'
import { duration } from '@/lib/time'

const channelTone = { running: 'good', stopped: 'mute', faulty: 'bad', retired: 'mute' } as const

/** One channel as it runs: the source on the left, a lane to each destination. */
export function ChannelFlow({ channel }: { channel: ChannelCard }) {
  const { t, language } = useTexts()
  return (
    <section className="panel flow" aria-label={channel.name}>
      <div className="panel-head">
        <h2>
          <Link to="/channels/$name" params={{ name: channel.name }}>
            {channel.name}
          </Link>
        </h2>
        <span className="quiet flow-description">{channel.description}</span>
        {channel.held > 0 && (
          <Link className="push" to="/queues" search={{ tab: 'held', channel: channel.name }}>
            <Mark tone="bad">{t('overview.heldCount', { count: channel.held })}</Mark>
          </Link>
        )}
      </div>
      <div className="flow-body">
        <div className="source">
          <div className="source-head">
            <Mark tone={channelTone[channel.state]}>{t(`channelState.${channel.state}`)}</Mark>
            <span className="flow-wire-kind">{channel.source.connector}</span>
            <PollingDebt connector={channel.source.connector} />
            <span className="mono source-address" title={channel.source.address}>
              {channel.source.address}
            </span>
          </div>
          <Sparkline perMinute={channel.received_per_minute} />
          <div className="source-facts">
            <Link to="/messages" search={{ channel: channel.name }}>
              {t('overview.total', { count: channel.received })}
            </Link>
            <span className="quiet">{t('overview.connections', { count: channel.source.connections })}</span>
            <span className="quiet push">
              {channel.last_received_at ? <Ago at={channel.last_received_at} /> : t('overview.neverReceived')}
            </span>
          </div>
          {channel.problem && <p className="lane-error">{channel.problem[language].what}</p>}
        </div>
        <ul className="lanes">
          {channel.destinations.map((destination) => (
            <Lane key={destination.id} lane={destination} />
          ))}
          {channel.destinations.length === 0 && <li className="quiet">{t('overview.noDestinations')}</li>}
        </ul>
      </div>
    </section>
  )
}

function Lane({ lane }: { lane: DestinationCard }) {
  const { t, language } = useTexts()
  const tone = destinationTone[lane.state]
  const here = { channel: lane.channel, destination: lane.name }
  return (
    <li className={`lane lane-${tone}${lane.state === 'flowing' ? ' lane-moving' : ''}`}>
      <Wire state={lane.state} />
      <div className="lane-name">
        <div className="row">
          <Link to="/queues" search={{ tab: 'queues', ...here }}>
            <strong>{lane.name}</strong>
          </Link>
          <DestinationMark state={lane.state} />
        </div>
        <div className="lane-address">
          <span className="flow-wire-kind">{lane.connector}</span>
          <span className="mono">{lane.address}</span>
        </div>
      </div>
      <dl className="lane-facts">
        <div>
          <dt>{t('overview.queue')}</dt>
          <dd className={lane.queue_depth > 0 && tone !== 'good' ? `tone-${tone}` : ''}><QueueDepth lane={lane} /></dd>
        </div>
        <div>
          <dt>{t('overview.oldest')}</dt>
          <dd>{lane.oldest_waiting_seconds === null ? '–' : duration(lane.oldest_waiting_seconds, language)}</dd>
        </div>
        <div>
          <dt>{t('overview.rate')}</dt>
          <dd>
            {compact(Math.round(lane.rate_per_second * 10) / 10)}
            <small>/s</small>
          </dd>
        </div>
      </dl>
      <div className="lane-spark">
        <Sparkline perMinute={lane.delivered_per_minute} />
      </div>
      <Trouble lane={lane} />
    </li>
  )
}

/** What stands in the way of this destination; nothing while it flows. */
function Trouble({ lane }: { lane: DestinationCard }) {
  const { t, language } = useTexts()
  const here = { channel: lane.channel, destination: lane.name }
  const troubled = !['flowing', 'idle'].includes(lane.state)
  if (!troubled && lane.parked === 0 && lane.behind === 0 && lane.waiting === 0) return null
  return (
    <div className="lane-trouble">
      {lane.parked > 0 && (
        <Link to="/queues" search={{ tab: 'parked', ...here }}>
          <Mark tone="bad">{t('overview.parkedCount', { count: lane.parked })}</Mark>
        </Link>
      )}
      {lane.behind > 0 && <Mark tone="warn">{t('overview.behindCount', { count: lane.behind })}</Mark>}
      {lane.waiting > 0 && <Mark tone="warn">{t('overview.waitingCount', { count: lane.waiting })}</Mark>}
      <NextTry lane={lane} />
      {troubled && lane.drain_seconds !== null && lane.queue_depth > 0 && (
        <span className="num">{t('overview.drain', { in: duration(lane.drain_seconds, language) })}</span>
      )}
      {troubled && <span className="lane-cause">{t(`destinationCause.${lane.state}`)}</span>}
      {troubled && lane.last_error && (
        <span className="lane-error">
          {lane.last_error[language].what}
          {lane.last_error[language].why && ` · ${lane.last_error[language].why}`}
        </span>
      )}
    </div>
  )
}

/** The line from the source to the destination: whole, broken off or interrupted. */
function Wire({ state }: { state: DestinationCard['state'] }) {
  const cut = state === 'down' || state === 'stopped'
  return (
    <svg className="wire" viewBox="0 0 56 20" aria-hidden="true">
      <path className="wire-line" d={cut ? 'M0 10h20m14 0h14' : 'M0 10h48'} />
      <path className="wire-head" d="m47 5.5 7 4.5-7 4.5z" />
      {state === 'down' && <path className="wire-sign" d="m23 6 8 8m0-8-8 8" />}
      {state === 'stopped' && <path className="wire-sign" d="M25 5.5v9m4-9v9" />}
    </svg>
  )
}
