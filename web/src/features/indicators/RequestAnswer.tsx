import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { client, type ExploredFigures, type FigureRequestDetail, take } from '@/lib/api'
import type { DRILL_SIDES } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { listOf } from './explored'
import { ExploredTable } from './ExploredTable'
import { ExportMenu } from './ExportMenu'
import { useSaid } from './parts'
import { REQUESTS } from './requests'
import { PAGE, RowList } from './Rows'

/** The answer to a request: its figures, and the rows behind each where they were granted. */
export function RequestAnswer({ one }: { one: FigureRequestDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const [code, setCode] = useState<string | null>(null)
  const { request, version, period } = one
  const found = useQuery({ queryKey: [...REQUESTS, 'figures', request, version], queryFn: () => take(client.GET('/api/v1/indicators/requests/{request}/figures', { params: { path: { request } } })), staleTime: 30_000, retry: false })
  const { hospital, department, doctor, where } = one.answer ?? {}
  const chosen = found.data?.items.find((item) => item.code === code)
  return (
    <section aria-label={t('indicators.requests.result')} className="request-answer">
      <div className="panel-head">
        <h3>{t('indicators.requests.result')}</h3>
        {found.data && (
          <span className="push">
            <Save request={request} name={`${one.words.slice(0, 40)}-${period}`} />
          </span>
        )}
      </div>
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
          {chosen && <GrantedRows key={chosen.code} of={one} item={chosen} />}
        </>
      )}
    </section>
  )
}

type SaveProps = { request: string; name: string; rows_of?: string; side?: (typeof DRILL_SIDES)[number] }

/** What is shown of an answer as a file. */
function Save({ request, name, ...rows }: SaveProps) {
  return <ExportMenu name={name} forms={['csv', 'xlsx']} fetch={(form, language) => take(client.GET('/api/v1/indicators/requests/{request}/file', { params: { path: { request }, query: { ...rows, form: form === 'csv' ? 'csv' : 'xlsx', language } }, parseAs: 'blob' }))} />
}

function GrantedRows({ of: { request, version, period }, item }: { of: FigureRequestDetail; item: ExploredFigures }) {
  const [side, setSide] = useState<(typeof DRILL_SIDES)[number]>('numerator')
  const { code } = item
  return (
    <RowList
      queryKey={[...REQUESTS, 'rows', request, version, code, side]}
      page={(skip) => take(client.GET('/api/v1/indicators/requests/{request}/rows/{code}', { params: { path: { request, code }, query: { side, skip, limit: PAGE } } }))}
      figure={item.all}
      leaves={false}
      side={side}
      choose={setSide}
      save={<Save request={request} name={`${code}-${period}-${side}`} rows_of={code} side={side} />}
    />
  )
}
