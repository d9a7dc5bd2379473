import './channels.css'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useEffect, useRef } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { PollingDebt } from '@/components/PollingDebt'
import { QueueDepth } from '@/components/QueueDepth'
import { ProblemView } from '@/components/ProblemView'
import { DestinationMark, Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { type ChannelDetail, client, type DestinationCard, take } from '@/lib/api'
import { overviewKey } from '@/lib/live'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Balances } from './Balances'
import { Check } from './Check'
import { Definition } from './Definition'
import { channelTone } from './tone'
import { Version } from './Version'
import { Versions } from './Versions'

const RENEW_MS = 3_000

/** How is this interface built, which version runs, and does it do what its examples say? */
export default function ChannelPage() {
  const { name } = useParams({ from: '/channels/$name' })
  const channel = useQuery({
    queryKey: ['channel', name],
    queryFn: () => take(client.GET('/api/v1/channels/{name}', { params: { path: { name } } })),
    refetchInterval: RENEW_MS,
  })
  if (channel.isPending) return <Loading rows={12} />
  if (!channel.data) return <Failed error={channel.error} retry={() => void channel.refetch()} />
  return <Channel channel={channel.data} />
}

function Channel({ channel }: { channel: ChannelDetail }) {
  const { t } = useTexts()
  const { name } = channel
  const { version } = useSearch({ from: '/channels/$name' })
  const title = useFocusWhenChanged(version ?? '')
  const check = useMutation({
    mutationFn: () => take(client.POST('/api/v1/channels/{name}/check', { params: { path: { name } } })),
  })
  return (
    <div className="stack">
      <header className="panel channel-head">
        <div className="row">
          <h1>{name}</h1>
          <Mark tone={channelTone[channel.state]}>{t(`channelState.${channel.state}`)}</Mark>
          <span className="quiet">{channel.description}</span>
          <span className="push row">
            <Button size="small" title={t('channels.checkHint')} loading={check.isPending} onClick={() => check.mutate()}>
              {t('channels.check')}
            </Button>
            <ChannelSwitch channel={channel} />
          </span>
        </div>
        <div className="row channel-source">
          <span className="mono">
            {channel.source.connector} {channel.source.address}
          </span>
          <PollingDebt connector={channel.source.connector} />
          <span className="quiet">{t('overview.connections', { count: channel.source.connections })}</span>
          <Link to="/messages" search={{ channel: name }}>
            {t('overview.total', { count: channel.received })}
          </Link>
          {channel.last_received_at && <Instant at={channel.last_received_at} />}
        </div>
        {channel.problem && <ProblemView problem={channel.problem} />}
        {check.isError && <Failed error={check.error} />}
        {check.data && <Check result={check.data} />}
      </header>
      <div className="channel-body">
        {version === undefined ? (
          <Definition yaml={channel.yaml} title={title} />
        ) : (
          <Version channel={channel} version={version} title={title} />
        )}
        <div className="stack">
          <section className="panel" aria-label={t('channels.destinations')}>
            <div className="panel-head">
              <h2>{t('channels.destinations')}</h2>
            </div>
            <ul className="switches">
              {channel.destinations.map((destination) => (
                <li key={destination.id}>
                  <span className="switch-name">
                    <Link to="/queues" search={{ channel: name, destination: destination.name }}>
                      {destination.name}
                    </Link>{' '}
                    <DestinationMark state={destination.state} />
                    <span className="quiet num"> {t('overview.queue')} <QueueDepth lane={destination} /></span>
                  </span>
                  <DestinationSwitch destination={destination} />
                </li>
              ))}
            </ul>
          </section>
          <Balances name={name} />
          <Versions channel={channel} open={version} />
        </div>
      </div>
    </div>
  )
}

/** Bring whoever opens another version to its title; what a page begins with leaves the focus alone. */
function useFocusWhenChanged(version: string) {
  const title = useRef<HTMLHeadingElement>(null)
  const shown = useRef<string | null>(null)
  useEffect(() => {
    if (shown.current !== null && shown.current !== version) title.current?.focus()
    shown.current = version
  }, [version])
  return title
}

function useRenew(name: string) {
  const queries = useQueryClient()
  return async () => {
    await queries.invalidateQueries({ queryKey: ['channel', name] })
    await queries.invalidateQueries({ queryKey: overviewKey })
  }
}

/** What a button says of itself that starts or stops: nothing, or that this person may not. */
function useBarred() {
  const { t } = useTexts()
  const barred = !useMay()('channels.run')
  return barred ? { disabled: true, title: t('common.notAllowed') } : {}
}

function ChannelSwitch({ channel }: { channel: ChannelDetail }) {
  const barred = useBarred()
  const { t } = useTexts()
  const ask = useAsk()
  const renew = useRenew(channel.name)
  const params = { params: { path: { name: channel.name } } }
  const start = useMutation({
    mutationFn: () => take(client.POST('/api/v1/channels/{name}/start', params)),
    onSettled: renew,
  })
  if (channel.wanted === 'stopped')
    return (
      <>
        <Button size="small" type="primary" {...barred} loading={start.isPending} onClick={() => start.mutate()}>
          {t('channels.start')}
        </Button>
        {start.isError && <Failed error={start.error} />}
      </>
    )
  const stop = () =>
    ask({
      title: t('channels.stopConfirm', { name: channel.name }),
      text: t('channels.stopText'),
      confirm: t('channels.stop'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/channels/{name}/stop', params))
        await renew()
      },
    })
  return (
    <Button size="small" danger {...barred} onClick={stop}>
      {t('channels.stop')}
    </Button>
  )
}

function DestinationSwitch({ destination }: { destination: DestinationCard }) {
  const barred = useBarred()
  const { t } = useTexts()
  const ask = useAsk()
  const { channel, name } = destination
  const renew = useRenew(channel)
  const params = { params: { path: { name: channel, destination: name } } }
  const start = useMutation({
    mutationFn: () => take(client.POST('/api/v1/channels/{name}/destinations/{destination}/start', params)),
    onSettled: renew,
  })
  if (destination.wanted === 'stopped')
    return (
      <Button size="small" {...barred} aria-label={`${t('common.start')} ${name}`} loading={start.isPending} onClick={() => start.mutate()}>
        {t('common.start')}
      </Button>
    )
  const stop = () =>
    ask({
      title: t('channels.stopDestination', { name }),
      text: t('channels.stopDestinationText'),
      confirm: t('common.stop'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/channels/{name}/destinations/{destination}/stop', params))
        await renew()
      },
    })
  return (
    <Button size="small" {...barred} aria-label={`${t('common.stop')} ${name}`} onClick={stop}>
      {t('common.stop')}
    </Button>
  )
}
