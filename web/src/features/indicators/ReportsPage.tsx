import './indicators.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { ProblemLine } from '@/components/ProblemView'
import { Mark, type Tone } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { useSave } from '@/components/useSave'
import { client, type IndicatorReport, type IndicatorReportRun, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { IndicatorPages } from './parts'
import { ReportDialog, type Draft } from './ReportDialog'
import { useScheduleWords } from './schedule'

const LIST = ['indicators', 'reports']

/** Which reports leave the house, when, to whom, and did the last one arrive? */
export default function ReportsPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/reports' })
  const navigate = useNavigate({ from: '/indicators/reports' })
  const [draft, setDraft] = useState<Draft | null>(null)
  const orders = useMay()('indicators.export')
  const found = useQuery({ queryKey: LIST, queryFn: () => take(client.GET('/api/v1/indicators/reports')), refetchInterval: 10_000, retry: false })
  const open = (report: string | undefined) => void navigate({ search: { report }, replace: true })
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.reports.title')}>
        {orders && (
          <Button type="primary" size="small" onClick={() => setDraft({ report: null })}>
            {t('indicators.reports.order')}
          </Button>
        )}
      </IndicatorPages>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          {!found.data.mails && <p className="quiet">{t('indicators.reports.noMail')}</p>}
          {found.data.items.length === 0 && <StatePage title={t('indicators.reports.none')} text={t('indicators.reports.noneText')} quiet />}
          <ul className="reports">
            {found.data.items.map((report) => (
              <li key={report.report} className="panel">
                <Card report={report} open={search.report === report.report} toggle={open} edit={() => setDraft({ report })} />
              </li>
            ))}
          </ul>
          {draft && <ReportDialog draft={draft} templates={found.data.templates} close={() => setDraft(null)} />}
        </>
      )}
    </div>
  )
}

function Card({ report, open, toggle, edit }: { report: IndicatorReport; open: boolean; toggle: (report: string | undefined) => void; edit: () => void }) {
  const { t } = useTexts()
  const schedule = useScheduleWords()
  const [last] = report.runs
  const { says } = report
  return (
    <article className="report" aria-label={says.title}>
      <header className="panel-head">
        <h2>{says.title}</h2>
        <Mark tone={report.is_on ? 'good' : 'mute'}>{t(report.is_on ? 'indicators.reports.on' : 'indicators.reports.off')}</Mark>
        <span className="push row">
          {report.own && <RunNow report={report} />}
          {report.own && (
            <Button size="small" onClick={edit}>
              {t('indicators.reports.edit')}
            </Button>
          )}
          <Button size="small" aria-expanded={open} onClick={() => toggle(open ? undefined : report.report)}>
            {t('indicators.reports.history')}
          </Button>
        </span>
      </header>
      <dl className="facts panel-body">
        <dt>{t('indicators.reports.when')}</dt>
        <dd>
          {schedule(says.schedule)}
          {report.next_at !== null && (
            <span className="quiet">
              {' '}
              · {t('indicators.reports.next')} <Instant at={report.next_at} relative={false} />
            </span>
          )}
        </dd>
        <dt>{t('indicators.reports.to')}</dt>
        <dd>{[...(says.mails ?? []), ...(says.accounts ?? [])].join(t('common.comma')) || t('indicators.reports.toNobody')}</dd>
        <dt>{t('indicators.reports.last')}</dt>
        <dd>{last ? <Run report={report} run={last} /> : t('indicators.reports.never')}</dd>
      </dl>
      {report.alarm && (
        <p role="alert" className="panel-body">
          <ProblemLine problem={report.alarm} />
        </p>
      )}
      {open && <History report={report.report} />}
    </article>
  )
}

function RunNow({ report }: { report: IndicatorReport }) {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const run = (mail: boolean) => () =>
    ask({
      title: t(mail ? 'indicators.reports.runAndMail' : 'indicators.reports.run'),
      text: t(mail ? 'indicators.reports.runAndMailText' : 'indicators.reports.runText'),
      confirm: t('indicators.reports.run'),
      run: async () => {
        await take(client.POST('/api/v1/indicators/reports/{report}/run', { params: { path: { report: report.report } }, body: { month: '', mail } }))
        await queries.invalidateQueries({ queryKey: LIST })
      },
    })
  return (
    <>
      <Button size="small" onClick={run(false)}>
        {t('indicators.reports.run')}
      </Button>
      {(report.says.mails ?? []).length > 0 && (
        <Button size="small" onClick={run(true)}>
          {t('indicators.reports.runAndMail')}
        </Button>
      )}
    </>
  )
}

function History({ report }: { report: string }) {
  const { t } = useTexts()
  const found = useQuery({ queryKey: [...LIST, report], queryFn: () => take(client.GET('/api/v1/indicators/reports/{report}', { params: { path: { report } } })), refetchInterval: 5_000, retry: false })
  if (found.isPending) return <Loading rows={3} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  return (
    <ol className="runs" aria-label={t('indicators.reports.history')}>
      {found.data.runs.map((run) => (
        <li key={run.run}>
          <Run report={found.data} run={run} />
        </li>
      ))}
    </ol>
  )
}

const TONES: Record<IndicatorReportRun['state'], Tone> = { due: 'warn', made: 'warn', sent: 'good', parked: 'bad', refused: 'bad' }

function Run({ report, run }: { report: IndicatorReport; run: IndicatorReportRun }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const ask = useAsk()
  const path = { report: report.report, run: run.run }
  const save = useSave(`report-${run.last_on}.pdf`, () => take(client.GET('/api/v1/indicators/reports/{report}/runs/{run}/file', { params: { path }, parseAs: 'blob' })) as Promise<Blob>)
  const retry = () =>
    ask({
      title: t('indicators.reports.retry'),
      confirm: t('indicators.reports.retry'),
      run: async () => {
        await take(client.POST('/api/v1/indicators/reports/{report}/runs/{run}/retry', { params: { path } }))
        await queries.invalidateQueries({ queryKey: LIST })
      },
    })
  const days = run.first_on === run.last_on ? run.first_on : `${run.first_on} – ${run.last_on}`
  const done = run.state === 'sent' && run.mails.length === 0
  return (
    <span className="run row">
      <span className="num">{days}</span>
      <Mark tone={TONES[run.state]}>{t(done ? 'indicators.reports.state.done' : `indicators.reports.state.${run.state}`)}</Mark>
      {run.told.length > 0 && <span className="quiet">{t('indicators.reports.toldBy', { count: run.told.length })}</span>}
      {run.failed.length > 0 && <span className="quiet">{t('indicators.reports.failedBy', { whom: run.failed.join(t('common.comma')) })}</span>}
      {run.pages > 0 && <span className="quiet num">{t('indicators.reports.pages', { count: run.pages })}</span>}
      {run.error && <ProblemLine problem={run.error} />}
      {run.sha256 !== null && (
        <Button size="small" loading={save.isPending} onClick={() => save.mutate()}>
          {t('indicators.files.pdf')}
        </Button>
      )}
      {report.own && (run.state === 'parked' || run.state === 'refused') && (
        <Button size="small" onClick={retry}>
          {t('indicators.reports.retry')}
        </Button>
      )}
    </span>
  )
}
