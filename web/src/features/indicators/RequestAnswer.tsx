import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type FigureRequestDetail, take } from '@/lib/api'
import { DRILL_SIDES } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { listOf } from './explored'
import { ExploredTable } from './ExploredTable'
import { useSaid } from './parts'
import { REQUESTS } from './requests'
import { RowTable } from './Rows'

const PAGE = 50

/** The answer to a request: its figures, and the rows behind each where they were granted. */
export function RequestAnswer({ one }: { one: FigureRequestDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const [code, setCode] = useState<string | null>(null)
  const { request, version, period } = one
  const found = useQuery({ queryKey: [...REQUESTS, 'figures', request, version], queryFn: () => take(client.GET('/api/v1/indicators/requests/{request}/figures', { params: { path: { request } } })), staleTime: 30_000, retry: false })
  const { hospital, department, doctor, where } = one.answer ?? {}
  return (
    <section aria-label={t('indicators.requests.result')} className="request-answer">
      <h3 className="panel-body">{t('indicators.requests.result')}</h3>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <ExploredTable view={found.data} asked={{ period, hospital: hospital || undefined, department: department || one.organisation || undefined, doctor: doctor || undefined, where: where || undefined }} />
          {one.rows_granted && (
            <p className="panel-body row">
              <span className="quiet">{t('indicators.requests.rows')}</span>
              {found.data.items
                .filter((item) => item.way === 'counted' && listOf(one.answer?.codes).includes(item.code))
                .map((item) => (
                  <Button key={item.code} size="small" aria-pressed={code === item.code} type={code === item.code ? 'primary' : 'default'} onClick={() => setCode(code === item.code ? null : item.code)}>
                    {said(item.name)}
                  </Button>
                ))}
            </p>
          )}
          {code && <GrantedRows key={code} request={request} version={version} code={code} divided={found.data.items.find((item) => item.code === code)?.all?.denominator != null} />}
        </>
      )}
    </section>
  )
}

function GrantedRows({ request, version, code, divided }: { request: string; version: number; code: string; divided: boolean }) {
  const { t } = useTexts()
  const [side, setSide] = useState<(typeof DRILL_SIDES)[number]>('numerator')
  const found = useInfiniteQuery({
    queryKey: [...REQUESTS, 'rows', request, version, code, side],
    queryFn: ({ pageParam }) => take(client.GET('/api/v1/indicators/requests/{request}/rows/{code}', { params: { path: { request, code }, query: { side, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next_skip ?? undefined,
    retry: false,
  })
  const [first] = found.data?.pages ?? []
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section className="counted" aria-label={t('indicators.rows')}>
      <p className="panel-body">
        <span className="period-kinds" role="group" aria-label={t('indicators.side')}>
          {DRILL_SIDES.filter((one) => one === 'numerator' || (one === 'denominator' && divided)).map((one) => (
            <button key={one} type="button" aria-pressed={one === side} onClick={() => setSide(one)}>
              {t(`indicators.sides.${one}`)}
            </button>
          ))}
        </span>
      </p>
      {found.isPending ? (
        <Loading rows={4} />
      ) : !first ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : rows.length === 0 ? (
        <StatePage title={t('indicators.noRowsTitle')} text={t('indicators.noRowsText')} quiet />
      ) : (
        <>
          <RowTable columns={first.columns} rows={rows} />
          <div className="resource-end">
            {found.hasNextPage ? (
              <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t('common.more')}
              </Button>
            ) : (
              t('common.total', { count: first.total })
            )}
          </div>
        </>
      )}
    </section>
  )
}
