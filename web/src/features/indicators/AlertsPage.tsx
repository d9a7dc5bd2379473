import './indicators.css'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { ResourcePage, type Screen } from '@/components/ResourcePage'
import { Mark, type Tone } from '@/components/StateMark'
import { Trouble } from '@/components/Trouble'
import { client, type IndicatorAlert, take } from '@/lib/api'
import { ALERT_STATES } from '@/lib/filters'
import { wholeList } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { type Translate, useTexts } from '@/lib/texts'
import { serverNow } from '@/lib/time'

import { IndicatorPages, usePeriodName, useSaid, Value } from './parts'
import { periodText } from './periods'
import { PeriodPicker, usePeriod } from './Pickers'
import { PlaceOf } from './PlaceOf'
import { useNames, useUnits } from './useLibrary'

/** Which numbers need a person now, and who has taken note? */
export default function AlertsPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/alerts' })
  const navigate = useNavigate({ from: '/indicators/alerts' })
  const found = useQuery({
    queryKey: ['indicators', 'alerts', search.alert, search.code],
    queryFn: () => take(client.GET('/api/v1/indicators/alerts', { params: { query: { ...(search.alert && { state: search.alert }), ...(search.code && { code: search.code }) } } })),
    refetchInterval: 30_000,
    retry: false,
  })
  const change = (name: string, value: string | undefined) => void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.alerts.title')} />
      <Look />
      <ResourcePage screen={screenOf(t)} pages={wholeList(found)} filter={{ values: search, change }} />
    </div>
  )
}

/** Looks at a period that is over by the rules, without waiting for the next publication. */
function Look() {
  const { t } = useTexts()
  const allowed = useMay()('indicators.publish')
  const [text, setText] = useState<string>()
  const period = usePeriod(text)
  const queries = useQueryClient()
  const look = useMutation({
    mutationFn: async () => {
      const { raised } = await take(client.POST('/api/v1/indicators/alerts/evaluate', { body: { period: periodText(period) } }))
      await queries.invalidateQueries({ queryKey: ['indicators', 'alerts'] })
      return raised
    },
  })
  if (!allowed) return null
  return (
    <div className="indicators-bar">
      <PeriodPicker period={period} change={setText} />
      <Button size="small" loading={look.isPending} onClick={() => look.mutate()}>
        {t('indicators.alerts.look')}
      </Button>
      {look.data !== undefined && <span role="status">{t('indicators.alerts.found', { count: look.data })}</span>}
      <Trouble error={look.error} />
    </div>
  )
}

const TONES: Record<IndicatorAlert['state'], Tone> = { open: 'bad', acknowledged: 'good', silenced: 'mute' }
const KINDS = ['target', 'sudden', 'missing'] as const

function screenOf(t: Translate): Screen<IndicatorAlert> {
  const state = t('common.state')
  return {
    label: t('indicators.alerts.title'),
    rowKey: ({ number }) => String(number),
    columns: [
      { key: 'state', title: state, head: true, cell: (alert) => <Mark tone={TONES[alert.state]}>{t(`indicators.alerts.state.${alert.state}`)}</Mark> },
      { key: 'what', title: t('indicators.name'), cell: (alert) => <What alert={alert} /> },
      { key: 'place', title: t('indicators.place'), cell: (alert) => <PlaceOf hospital={alert.hospital} department={alert.department} /> },
      { key: 'value', title: t('indicators.figure'), right: true, cell: (alert) => <Told alert={alert} /> },
      { key: 'at', title: t('indicators.alerts.raised'), cell: (alert) => <Raised alert={alert} /> },
      { key: 'heed', title: t('indicators.alerts.heed'), cell: (alert) => <Heed alert={alert} /> },
    ],
    filters: [{ kind: 'choice', name: 'alert', label: state, options: ALERT_STATES.map((value) => ({ value, label: t(`indicators.alerts.state.${value}`) })) }],
    empty: { title: t('indicators.alerts.none'), text: t('indicators.alerts.noneText') },
  }
}

/** When it was raised, and how often since somebody last took note: one condition is one line. */
function Raised({ alert }: { alert: IndicatorAlert }) {
  const { t } = useTexts()
  return (
    <>
      <Instant at={alert.raised_at} />
      {alert.times > 1 && (
        <span className="quiet">
          {' '}
          {t('indicators.alerts.times', { count: alert.times })} <Instant at={alert.since} relative={false} />
        </span>
      )}
    </>
  )
}

function What({ alert }: { alert: IndicatorAlert }) {
  const { t } = useTexts()
  const said = useSaid()
  const names = useNames()
  const periodName = usePeriodName()
  const kind = KINDS.find((one) => one === alert.kind) ?? 'target'
  return (
    <span>
      <Link to="/indicators/$code" params={{ code: alert.code }} search={{ period: alert.period, hospital: alert.hospital || undefined, department: alert.department || undefined, caliber: alert.caliber || undefined }}>
        {said(names(alert.code))}
      </Link>{' '}
      {periodName(alert.period)} · {t(`indicators.alerts.kind.${kind}`)}
    </span>
  )
}

/** The value, and between what it should have been. */
function Told({ alert: { code, value, lowest, highest } }: { alert: IndicatorAlert }) {
  const unit = useUnits()(code)
  const bound = (number: number | null, sign: string) =>
    number !== null && (
      <span className="quiet">
        {' '}
        {sign} <Value value={number} unit={unit} />
      </span>
    )
  return (
    <span className="num">
      {value === null ? '–' : <Value value={value} unit={unit} />}
      {bound(lowest, '≥')}
      {bound(highest, '≤')}
    </span>
  )
}

const DAY_MS = 86_400_000
const SILENT_DAYS = 30

function Heed({ alert }: { alert: IndicatorAlert }) {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const allowed = useMay()('indicators.publish')
  const path = { params: { path: { number: alert.number } } }
  const done = () => queries.invalidateQueries({ queryKey: ['indicators', 'alerts'] })
  const acknowledge = () =>
    ask({
      title: t('indicators.alerts.acknowledge'),
      confirm: t('indicators.alerts.acknowledge'),
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/indicators/alerts/{number}/acknowledge', { ...path, body: { note: reason } }))
        await done()
      },
    })
  const silence = () =>
    ask({
      title: t('indicators.alerts.silence', { days: SILENT_DAYS }),
      text: t('indicators.alerts.silenceText'),
      confirm: t('indicators.alerts.silence', { days: SILENT_DAYS }),
      reason: 'required',
      run: async ({ reason }) => {
        const until = new Date(serverNow() + SILENT_DAYS * DAY_MS).toISOString()
        await take(client.POST('/api/v1/indicators/alerts/{number}/silence', { ...path, body: { until, note: reason } }))
        await done()
      },
    })
  return (
    <span className="row">
      {alert.note !== '' && (
        <span className="quiet">
          {alert.acknowledged_by} “{alert.note}”
        </span>
      )}
      {alert.silent_until !== null && (
        <span className="quiet">
          {t('indicators.alerts.silentUntil')} <Instant at={alert.silent_until} relative={false} />
        </span>
      )}
      {allowed && alert.state === 'open' && (
        <>
          <Button size="small" onClick={acknowledge}>
            {t('indicators.alerts.acknowledge')}
          </Button>
          <Button size="small" onClick={silence}>
            {t('indicators.alerts.silence', { days: SILENT_DAYS })}
          </Button>
        </>
      )}
    </span>
  )
}
