import './queues.css'

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Tabs } from 'antd'

import { Counted } from '@/components/Counted'
import { client, take } from '@/lib/api'
import { queuesSearch, type QueuesSearch } from '@/lib/filters'
import { overviewKey } from '@/lib/live'
import { useTexts } from '@/lib/texts'

import { Held } from './Held'
import { Parked } from './Parked'
import { Queues } from './Queues'
import { Replays } from './Replays'

/** What waits, why, and what will a replay do? */
export default function QueuesPage() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const search = useSearch({ from: '/queues' })
  const overview = useQuery({ queryKey: overviewKey, queryFn: () => take(client.GET('/api/v1/overview')) })
  const change = (part: QueuesSearch) =>
    void navigate({ to: '/queues', search: (now) => queuesSearch({ ...now, ...part }), replace: true })
  const props = { search, change, channels: overview.data?.channels ?? [] }
  return (
    <div className="queues">
      <h1 className="sr-only">{t('queues.title')}</h1>
      <Tabs
        activeKey={search.tab ?? 'queues'}
        onChange={(tab) => change({ tab: tab as QueuesSearch['tab'] })}
        destroyOnHidden
        items={[
          { key: 'queues', label: t('queues.queues'), children: <Queues {...props} overview={overview} /> },
          { key: 'parked', label: <Counted text={t('queues.parked')} count={overview.data?.parked} />, children: <Parked {...props} /> },
          { key: 'held', label: <Counted text={t('queues.held')} count={overview.data?.held} />, children: <Held {...props} /> },
          { key: 'replay', label: t('queues.replay'), children: <Replays {...props} /> },
        ]}
      />
    </div>
  )
}
