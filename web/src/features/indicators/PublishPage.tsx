import './indicators.css'
import '@/components/resource.css'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Mark } from '@/components/StateMark'
import { Loading, StatePage } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { client, type PublicationPreview, type PublishedSum, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { IndicatorPages, usePeriodName, useSaid } from './parts'
import { lastWhole, type Period, periodText } from './periods'
import { PeriodPicker, usePeriod, useToday } from './Pickers'
import { Preview } from './Preview'
import { StandingMark, stateOf, useStandings } from './standing'
import { useNames } from './useLibrary'

/** What of a period is published, what would change, and what waits for a second person? */
export default function PublishPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/publish' })
  const navigate = useNavigate({ from: '/indicators/publish' })
  const period = usePeriod(search.period)
  const code = search.code
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.publish.title')} />
      <Waiting />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} change={(text) => void navigate({ search: (now) => ({ ...now, period: text }), replace: true })} />
        <Which code={code} change={(next) => void navigate({ search: (now) => ({ ...now, code: next }), replace: true })} />
      </div>
      <Publishing key={`${periodText(period)} ${code}`} period={period} code={code} />
    </div>
  )
}

/** Which indicators: all that are approved, or one of them. */
function Which({ code, change }: { code: string | undefined; change: (code: string | undefined) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const names = useNames()
  const standings = useStandings()
  const approved = [...standings].filter(([, all]) => all.some((one) => stateOf(one) === 'approved')).map(([one]) => one)
  const offered = code !== undefined && !approved.includes(code) ? [code, ...approved] : approved
  return (
    <select className="native" aria-label={t('indicators.name')} value={code ?? ''} onChange={({ target }) => change(target.value || undefined)}>
      <option value="">{t('indicators.publish.allApproved', { count: approved.length })}</option>
      {offered.map((one) => (
        <option key={one} value={one}>
          {said(names(one))} {one}
        </option>
      ))}
    </select>
  )
}

function Publishing({ period, code }: { period: Period; code: string | undefined }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const ask = useAsk()
  const queries = useQueryClient()
  const day = useToday()
  const over = periodText(period) <= periodText(lastWhole(period.kind, day))
  const wanted = { period: periodText(period), codes: code === undefined ? [] : [code], caliber: '' }
  const [done, setDone] = useState<PublishedSum | null>(null)
  const preview = useMutation({ mutationFn: () => take(client.POST('/api/v1/indicators/publish/preview', { body: wanted })) })
  const shown = preview.data
  const publish = (found: PublicationPreview) =>
    ask({
      title: t('indicators.publish.confirm', { period: periodName(period) }),
      text: t('indicators.publish.confirmText', { fresh: found.new, again: found.restated }),
      confirm: t('indicators.publish.publish'),
      reason: found.restated > 0 ? 'required' : 'optional',
      run: async ({ reason }) => {
        setDone(await take(client.POST('/api/v1/indicators/publish', { body: { ...wanted, reason } })))
        await queries.invalidateQueries({ queryKey: ['indicators'] })
        preview.mutate()
      },
    })
  if (!over) return <StatePage title={t('indicators.publish.running')} text={t('indicators.publish.runningText')} quiet />
  return (
    <section className="panel" aria-label={t('indicators.publish.preview')} aria-busy={preview.isPending}>
      <div className="panel-head">
        <h2>{t('indicators.publish.previewOf', { period: periodName(period) })}</h2>
        {shown && (
          <span className="marks" role="status">
            <Mark tone="info">{t('indicators.publish.fresh', { count: shown.new })}</Mark>
            <Mark tone={shown.restated > 0 ? 'warn' : 'mute'}>{t('indicators.publish.again', { count: shown.restated })}</Mark>
            <Mark tone="mute">{t('indicators.publish.same', { count: shown.unchanged })}</Mark>
          </span>
        )}
        <span className="row push">
          <Button size="small" loading={preview.isPending} onClick={() => preview.mutate()}>
            {t('indicators.publish.preview')}
          </Button>
          {shown && shown.new + shown.restated > 0 && (
            <Button size="small" type="primary" onClick={() => publish(shown)}>
              {t('indicators.publish.publishSome', { count: shown.new + shown.restated })}
            </Button>
          )}
        </span>
      </div>
      {done && <Done done={done} />}
      <Trouble error={preview.error} />
      {shown ? (
        <Preview preview={shown} />
      ) : preview.isPending ? (
        <Loading rows={8} />
      ) : (
        preview.error === null && <StatePage title={t('indicators.publish.lookFirst')} text={t('indicators.publish.lookFirstText')} quiet />
      )}
    </section>
  )
}

/** What was done, and whether it raised alerts. */
function Done({ done }: { done: PublishedSum }) {
  const { t } = useTexts()
  return (
    <p className="panel-body row" role="status">
      <Mark tone="good">{t('indicators.publish.done', { fresh: done.new, again: done.restated })}</Mark>
      {done.alerts > 0 && (
        <Link to="/indicators/alerts" search={{ alert: 'open' }}>
          {t('indicators.publish.alerts', { count: done.alerts })}
        </Link>
      )}
    </p>
  )
}

/** Calibers that one person has proposed and another has to approve. */
function Waiting() {
  const { t } = useTexts()
  const said = useSaid()
  const names = useNames()
  const waiting = [...useStandings().values()].flat().filter((one) => ['proposed', 'changed'].includes(stateOf(one)))
  if (waiting.length === 0) return null
  return (
    <section className="panel" aria-label={t('indicators.publish.waiting')}>
      <div className="panel-head">
        <h2>{t('indicators.publish.waiting')}</h2>
        <span className="quiet">{t('indicators.publish.waitingText')}</span>
      </div>
      <ul className="entries">
        {waiting.map((one) => (
          <li key={one.hash} className="row">
            <StandingMark state={stateOf(one)} />
            <Link to="/indicators/desk/$code" params={{ code: one.code }}>
              {said(names(one.code))}
            </Link>
            <span className="quiet">
              <code>{one.code}</code> {t('indicators.versionOf', { version: one.version })}
              {one.last && ` · ${one.last.by}`}
              {one.own_work && ` · ${t('indicators.ownProposal')}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
