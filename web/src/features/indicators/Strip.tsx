import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { Failed } from '@/components/StatePage'
import { client, take, type TodayAnswer } from '@/lib/api'
import { useLiveness } from '@/lib/live'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { fullTime } from '@/lib/time'

import { NoData, useSaid, Value } from './parts'

/** What is counted of today is asked for again this often, and whenever the log says that something came. */
const EVERY_MS = 4_000

/** What happens today, by the hospital's own clock. */
export function Strip({ hospital }: { hospital: string | undefined }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const { newest } = useLiveness()
  const today = useQuery({
    queryKey: ['indicators', 'today', hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/today', { params: { query: { ...(hospital && { hospital }) } } })),
    refetchInterval: EVERY_MS,
    retry: false,
  })
  useEffect(() => {
    if (newest !== null) void queries.invalidateQueries({ queryKey: ['indicators', 'today'] })
  }, [newest, queries])
  if (today.isError && !today.data) return <Failed error={today.error} retry={() => void today.refetch()} />
  return (
    <section className="panel today" aria-label={t('indicators.today')} aria-busy={today.isPending}>
      <Head today={today.data} stale={today.isError} />
      <dl className="today-tiles">
        {today.data?.tiles.map((tile) => (
          <Now key={tile.tile} tile={tile} />
        )) ?? Array.from({ length: 6 }, (_, place) => <div key={place} className="loading-bar" />)}
      </dl>
    </section>
  )
}

function Head({ today, stale }: { today: TodayAnswer | undefined; stale: boolean }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  return (
    <div className="today-head">
      <h2>{t('indicators.today')}</h2>
      {today && (
        <span className={stale ? 'today-stale' : 'quiet'}>
          {today.day} <span className="num">{t(stale ? 'indicators.todayStale' : 'indicators.todayAt', { at: fullTime(today.asked_at, timezone).slice(11) })}</span>
        </span>
      )}
    </div>
  )
}

function Now({ tile }: { tile: TodayAnswer['tiles'][number] }) {
  const { t } = useTexts()
  const said = useSaid()
  return (
    <div className={`today-tile${tile.when === 'now' ? ' today-now' : ''}`}>
      <dt title={said(tile.name)}>
        {said(tile.name)}
        {tile.when === 'now' && <span className="sr-only"> {t('indicators.now')}</span>}
      </dt>
      <dd>
        <NoData why={tile.no_data} otherwise={<Value value={tile.value} unit={tile.unit} />} />
      </dd>
    </div>
  )
}
