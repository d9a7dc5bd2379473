import './insight.css'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { type BenchmarkAnswer, client, take } from '@/lib/api'
import type { DrillSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { useSaid, Value } from './parts'

const OF = ['department', 'hospital'] as const

/** Where a place stands among others; asked for when opened. */
export function Benchmark({ code, period, search }: { code: string; period: string; search: DrillSearch }) {
  const { t } = useTexts()
  const [of, setOf] = useState<(typeof OF)[number] | null>(null)
  const { hospital, department, caliber } = search
  const found = useQuery({
    queryKey: ['indicators', 'benchmark', code, period, hospital, department, caliber, of],
    queryFn: () =>
      take(
        client.GET('/api/v1/indicators/{code}/benchmark', {
          params: { path: { code }, query: { period, of: of ?? 'department', ...(hospital && { hospital }), ...(department && { department }), ...(caliber && { caliber }) } },
        }),
      ),
    enabled: of !== null,
    retry: false,
    staleTime: 60_000,
  })
  return (
    <section className="panel" aria-label={t('indicators.insight.benchmark')}>
      <div className="panel-head">
        <h2>{t('indicators.insight.benchmark')}</h2>
        <span className="period-kinds" role="group" aria-label={t('indicators.insight.benchmark')}>
          {OF.map((one) => (
            <button key={one} type="button" aria-pressed={one === of} onClick={() => setOf(one)}>
              {t(`indicators.insight.peersOf.${one}`)}
            </button>
          ))}
        </span>
      </div>
      {of !== null && (found.isPending ? <Loading rows={4} /> : found.data ? <Compared found={found.data} /> : <Failed error={found.error} retry={() => void found.refetch()} />)}
    </section>
  )
}

function Compared({ found }: { found: BenchmarkAnswer }) {
  const { t } = useTexts()
  const said = useSaid()
  const { unit, rows } = found
  const most = Math.max(...rows.map(({ value }) => value), 0)
  return (
    <>
      <p className="foreseen-says">
        {found.mine && (
          <strong>
            {said(found.mine.name)} {t('indicators.insight.stands', { rank: found.rank ?? 0, count: found.count, quartile: found.quartile ?? 0 })}
          </strong>
        )}
        <span className="quiet">
          {t('indicators.insight.median')} <Value value={found.median} unit={unit} /> · {t('indicators.insight.quartiles')} <Value value={found.lower} unit={unit} /> – <Value value={found.upper} unit={unit} />
        </span>
      </p>
      <ol className="contributions" aria-label={t('indicators.insight.peers')}>
        {rows.map((row, place) => (
          <li key={`${row.rank} ${place}`} className={`contribution${row.mine ? ' contribution-mine' : ''}`}>
            <span className="bar-name">
              <span className="num quiet">{row.rank}</span> {row.place ? said(row.place.name) : <span className="quiet">{t('indicators.insight.nameless')}</span>}
            </span>
            <span className="bar-track" aria-hidden>
              <i style={{ width: `${most > 0 ? Math.max(0, row.value / most) * 100 : 0}%` }} />
            </span>
            <span className="bar-value">
              <Value value={row.value} unit={unit} />
            </span>
            <span />
          </li>
        ))}
      </ol>
      {found.hidden > 0 && <p className="quiet formula">{t('indicators.insight.masked', { hidden: found.hidden, least: found.least })}</p>}
    </>
  )
}
