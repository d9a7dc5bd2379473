import './audit.css'

import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useEffect, useMemo, useState } from 'react'

import { ResourcePage } from '@/components/ResourcePage'
import { TimeRange } from '@/components/TimeRange'
import { type ActRow, client, take } from '@/lib/api'
import { auditSearch, type AuditSearch, cleanText, RANGE_MINUTES } from '@/lib/filters'
import { usePages } from '@/lib/paging'
import { useTexts } from '@/lib/texts'
import { minutesAgo } from '@/lib/time'

import { ActDetail } from './ActDetail'
import { Export } from './Export'
import { Proof } from './Proof'
import { useActScreen } from './screen'

const PAGE = 50

/** Who did what with whose data? */
export default function AuditPage() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const search = useSearch({ from: '/audit' })
  const change = (part: AuditSearch) => void navigate({ to: '/audit', search: (now) => auditSearch({ ...now, ...part }) })
  const { at, ...filters } = search
  const asked = useAsked(filters)
  const pages = usePages<ActRow>(['audit', filters], (cursor) =>
    take(client.GET('/api/v1/audit', { params: { query: { ...asked(), cursor: cursor ?? null, limit: PAGE } } })),
  )
  const screen = useActScreen()
  return (
    <>
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <WhoLooked patient={search.patient} ask={(patient) => change({ patient })} />
        <span className="push row">
          <Proof />
          <Export asked={asked} />
          {Object.keys(filters).length > 0 && (
            <Button size="small" onClick={() => void navigate({ to: '/audit', search: {} })}>
              {t('common.clearFilters')}
            </Button>
          )}
        </span>
      </div>
      <ResourcePage
        screen={{ ...screen, open: (row) => change({ at: row.position }) }}
        pages={pages}
        filter={{
          values: search,
          change: (name, value) => change({ [name]: value }),
          extra: <TimeRange span={search} change={(span) => change({ last: undefined, from: undefined, to: undefined, ...span })} />,
        }}
      />
      {at !== undefined && <ActDetail position={at} close={() => change({ at: undefined })} />}
    </>
  )
}

export type Asked = () => Omit<AuditSearch, 'last' | 'at'>

/** The question that the address asks. "The last hour" means the hour before it was asked. */
function useAsked(filters: AuditSearch): Asked {
  const text = JSON.stringify(filters)
  return useMemo(() => {
    const { last, from, ...others } = JSON.parse(text) as AuditSearch
    const since = last ? minutesAgo(RANGE_MINUTES[last]) : from
    return () => ({ ...others, ...(since === undefined ? {} : { from: since }) })
  }, [text])
}

/** The question that is asked most, in a box of its own. */
function WhoLooked({ patient, ask }: { patient: string | undefined; ask: (patient: string | undefined) => void }) {
  const { t } = useTexts()
  const [text, setText] = useState(patient ?? '')
  useEffect(() => setText(patient ?? ''), [patient])
  return (
    <form
      className="who-looked"
      onSubmit={(event) => {
        event.preventDefault()
        ask(cleanText(text))
      }}
    >
      <Input value={text} allowClear aria-label={t('audit.who')} placeholder={`${t('audit.who')} · ${t('audit.whoHint')}`} onChange={(event) => setText(event.target.value)} />
      <Button htmlType="submit" type="primary">
        {t('audit.whoAsk')}
      </Button>
    </form>
  )
}
