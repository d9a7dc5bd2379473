import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'

import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { DestinationMark, Mark } from '@/components/StateMark'
import { type ChannelCard, client, take } from '@/lib/api'
import { compact } from '@/lib/format'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { channelTone } from './tone'

const RENEW_MS = 10_000

/** Which interfaces are there, and which of them run? */
export default function ChannelsPage() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const may = useMay()
  const channels = useQuery({
    queryKey: ['channels'],
    queryFn: () => take(client.GET('/api/v1/channels')),
    refetchInterval: RENEW_MS,
  })
  return (
    <>
      <div className="page-head">
        <h1>{t('channels.title')}</h1>
        {may('messages.read') && (
          <span className="push row page-links">
            <Link to="/uncoded">{t('uncoded.title')}</Link>
          </span>
        )}
      </div>
      <ResourcePage<ChannelCard>
        pages={{
          rows: channels.data ?? [],
          total: channels.data?.length ?? null,
          pending: channels.isPending,
          fetching: false,
          error: channels.error,
          more: false,
          fruitless: 0,
          next: () => undefined,
          refresh: () => void channels.refetch(),
        }}
        screen={{
          label: t('channels.title'),
          rowKey: ({ name }) => name,
          open: ({ name }) => void navigate({ to: '/channels/$name', params: { name } }),
          empty: { title: t('channels.none'), text: t('overview.quietText') },
          columns: [
            {
              key: 'name',
              title: t('common.channel'),
              head: true,
              cell: ({ name }) => (
                <Link to="/channels/$name" params={{ name }}>
                  <strong>{name}</strong>
                </Link>
              ),
            },
            { key: 'state', title: t('common.state'), head: true, cell: ({ state }) => <Mark tone={channelTone[state]}>{t(`channelState.${state}`)}</Mark> },
            { key: 'description', title: t('common.description'), cell: ({ description }) => description },
            { key: 'source', title: t('common.source'), cell: ({ source }) => <span className="mono">{`${source.connector} ${source.address}`}</span> },
            {
              key: 'destinations',
              title: t('channels.destinations'),
              cell: ({ destinations }) => (
                <span className="marks">
                  {destinations.map(({ id, name, state }) => (
                    <span key={id} className="nowrap">
                      {name} <DestinationMark state={state} />
                    </span>
                  ))}
                </span>
              ),
            },
            { key: 'received', title: t('overview.received'), right: true, wide: true, cell: ({ received }) => <span className="num">{compact(received)}</span> },
            { key: 'last', title: t('overview.lastReceived'), wide: true, cell: ({ last_received_at: at }) => at && <Instant at={at} /> },
            { key: 'version', title: t('channels.version'), right: true, wide: true, cell: ({ version }) => <span className="num">{version}</span> },
          ],
        }}
      />
    </>
  )
}
