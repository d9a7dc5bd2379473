import './trace.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Tabs } from 'antd'
import { useEffect } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { DeliveryMark } from '@/components/StateMark'
import { client, type MessageTrace, take } from '@/lib/api'
import { useLiveness } from '@/lib/live'
import { useTexts } from '@/lib/texts'

import { Delivery } from './Delivery'
import { GlassDoor } from './GlassDoor'
import { Header } from './Header'
import { LookBanner } from './LookBanner'
import { Neighbours } from './Neighbours'
import { Path } from './Path'
import { Raw, Withheld } from './Raw'
import { Tree } from './Tree'

/** What happened to this message, step by step, and what changed in each step? */
export default function TracePage() {
  const { t } = useTexts()
  const { position } = useParams({ from: '/messages/$position' })
  const trace = useQuery({
    queryKey: ['trace', position],
    queryFn: () => take(client.GET('/api/v1/messages/{position}', { params: { path: { position } } })),
    // What is not at its end yet may change without anybody pressing anything here.
    refetchInterval: ({ state }) => (state.data && unsettled(state.data) ? 3_000 : false),
  })
  const { state } = useLiveness()
  const { refetch } = trace
  useEffect(() => {
    if (state === 'live') void refetch()
  }, [state, refetch])

  return (
    <GlassDoor position={position} trace={trace.data}>
      <div className="stack">
        <div className="trace-top">
          <Link to="/messages" className="trace-back">
            ← {t('trace.back')}
          </Link>
          <Neighbours position={position} />
        </div>
        {trace.isPending ? (
          <Loading rows={12} />
        ) : trace.data ? (
          <Trace trace={trace.data} />
        ) : (
          <Failed error={trace.error} retry={() => void trace.refetch()} />
        )}
      </div>
    </GlassDoor>
  )
}

function unsettled(trace: MessageTrace): boolean {
  return trace.deliveries.some(({ state }) => !['delivered', 'dismissed', 'filtered'].includes(state))
}

function Trace({ trace }: { trace: MessageTrace }) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { tab } = useSearch({ from: '/messages/$position' })
  const wanted = trace.destinations.filter(({ state }) => state !== 'filtered')
  const skipped = trace.destinations.filter(({ state }) => state === 'filtered')
  const tabs = [
    { key: 'raw', label: t('trace.raw'), children: <Raw trace={trace} /> },
    { key: 'tree', label: t('trace.tree'), children: trace.look.withheld ? <Withheld /> : <Tree nodes={trace.tree} findings={trace.findings} /> },
    ...[...wanted, ...skipped].map((delivery) => ({
      key: `to:${delivery.destination}`,
      label: (
        <span className="trace-tab">
          {delivery.destination} <DeliveryMark state={delivery.state} />
        </span>
      ),
      children: <Delivery trace={trace} delivery={delivery} />,
    })),
  ]
  const open = tabs.some(({ key }) => key === tab) ? (tab as string) : 'raw'
  const show = (key: string) =>
    void navigate({
      to: '/messages/$position',
      params: { position: trace.position },
      search: key === 'raw' ? {} : { tab: key },
      replace: true,
    })
  return (
    <>
      <LookBanner trace={trace} />
      <Header trace={trace} />
      <div className="trace-body">
        <Path trace={trace} open={open} show={show} />
        <section className="panel trace-detail">
          <Tabs activeKey={open} onChange={show} items={tabs} destroyOnHidden />
        </section>
      </div>
    </>
  )
}
