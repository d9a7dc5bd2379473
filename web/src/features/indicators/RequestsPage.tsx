import './indicators.css'

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type FigureRequestDetail, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { IndicatorPages } from './parts'
import { RequestCard } from './RequestCard'
import { RequestDialog } from './RequestDialog'
import { REQUESTS } from './requests'

/** Who asks for which figures, how long already, and what became of it. */
export default function RequestsPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/requests' })
  const navigate = useNavigate({ from: '/indicators/requests' })
  const [draft, setDraft] = useState<FigureRequestDetail | 'new' | null>(null)
  const over = search.over === 'yes'
  const found = useQuery({ queryKey: [...REQUESTS, over], queryFn: () => take(client.GET('/api/v1/indicators/requests', { params: { query: { open: !over, limit: 200 } } })), refetchInterval: 15_000, retry: false })
  const put = (next: typeof search) => void navigate({ search: next, replace: true })
  const items = found.data?.items ?? []
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.requests.title')}>
        <Button type="primary" size="small" onClick={() => setDraft('new')}>
          {t('indicators.requests.file')}
        </Button>
      </IndicatorPages>
      <div className="indicators-bar">
        <span className="period-kinds" role="group" aria-label={t('indicators.requests.which')}>
          {[false, true].map((one) => (
            <button key={String(one)} type="button" aria-pressed={one === over} onClick={() => put(one ? { over: 'yes' } : {})}>
              {t(one ? 'indicators.requests.over' : 'indicators.requests.open')}
            </button>
          ))}
        </span>
        {found.data && !over && items.length > 0 && <span className="quiet">{t('indicators.requests.count', { count: items.length })}</span>}
      </div>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : items.length === 0 ? (
        <StatePage title={t('indicators.requests.none')} text={t('indicators.requests.noneText')} quiet />
      ) : (
        <ul className="reports">
          {items.map((one) => (
            <li key={one.request} className="panel">
              <RequestCard one={one} open={search.request === one.request} toggle={(request) => put({ ...search, request })} amend={setDraft} />
            </li>
          ))}
        </ul>
      )}
      {found.data?.next_skip != null && <p className="quiet">{t('indicators.requests.more')}</p>}
      {draft && <RequestDialog of={draft === 'new' ? null : draft} close={() => setDraft(null)} />}
    </div>
  )
}
