import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Failed, Loading } from '@/components/StatePage'
import { type CaliberHistory, type CaliberStanding, client, type IndicatorDetail, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { StandingMark, stateOf } from './standing'

/** Who proposed and approved what is counted; a signature holds as long as the definition stays the same. */
export function Approval({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const names = new Map(indicator.calibers.map((one) => [one.caliber, one.title]))
  return (
    <section className="panel" aria-label={t('indicators.approval')}>
      <div className="panel-head">
        <h2>{t('indicators.approval')}</h2>
        <span className="quiet">{t('indicators.approvalText')}</span>
      </div>
      {[...names].map(([caliber, title]) => (
        <OfCaliber key={caliber} code={indicator.code} caliber={caliber} title={title} />
      ))}
    </section>
  )
}

function OfCaliber({ code, caliber, title }: { code: string; caliber: string; title: { zh: string; en: string } }) {
  const said = useSaid()
  const history = useQuery({
    queryKey: ['indicators', 'history', code, caliber],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/calibers/{caliber}/history', { params: { path: { code, caliber } } })),
    retry: false,
  })
  return (
    <div className="approval">
      <h3>
        {said(title)} <code className="quiet">{caliber}</code>
      </h3>
      {history.isPending ? (
        <Loading rows={2} />
      ) : !history.data ? (
        <Failed error={history.error} retry={() => void history.refetch()} />
      ) : (
        <>
          {history.data.standings.map((one) => (
            <Standing key={one.hash} standing={one} />
          ))}
          <Words history={history.data} />
        </>
      )}
    </div>
  )
}

function Standing({ standing }: { standing: CaliberStanding }) {
  const { t } = useTexts()
  return (
    <div className="row approval-now">
      <StandingMark state={stateOf(standing)} />
      <span>{t('indicators.versionOf', { version: standing.version })}</span>
      <code className="quiet" title={standing.hash}>
        {standing.hash.slice(0, 16)}
      </code>
      <Steps standing={standing} />
    </div>
  )
}

/** What may be done with a caliber as it stands: one proposes, another approves. */
function Steps({ standing }: { standing: CaliberStanding }) {
  const { t } = useTexts()
  const may = useMay()
  const ask = useAsk()
  const queries = useQueryClient()
  const { code, caliber, hash } = standing
  const state = stateOf(standing)
  const path = { params: { path: { code, caliber } } }
  const sign = (step: 'propose' | 'approve' | 'withdraw') =>
    ask({
      title: t(`indicators.step.${step}`),
      text: t('indicators.signText', { hash: hash.slice(0, 16) }),
      confirm: t(`indicators.step.${step}`),
      reason: step === 'withdraw' ? 'required' : 'optional',
      danger: step === 'withdraw',
      run: async ({ reason }) => {
        const body = { hash, note: reason }
        if (step === 'propose') await take(client.POST('/api/v1/indicators/{code}/calibers/{caliber}/propose', { ...path, body }))
        else if (step === 'approve') await take(client.POST('/api/v1/indicators/{code}/calibers/{caliber}/approve', { ...path, body }))
        else await take(client.POST('/api/v1/indicators/{code}/calibers/{caliber}/withdraw', { ...path, body }))
        await queries.invalidateQueries({ queryKey: ['indicators'] })
      },
    })
  const steps = [
    { step: 'propose', shown: may('indicators.enter') && (state === 'draft' || state === 'changed') },
    { step: 'approve', shown: may('indicators.approve') && state === 'proposed' },
    { step: 'withdraw', shown: may('indicators.approve') && (state === 'proposed' || state === 'approved') },
  ] as const
  return (
    <>
      {steps
        .filter(({ shown }) => shown)
        .map(({ step }) => (
          <Button key={step} size="small" type={step === 'approve' ? 'primary' : 'default'} danger={step === 'withdraw'} disabled={step === 'approve' && standing.own_work} onClick={() => sign(step)}>
            {t(`indicators.step.${step}`)}
          </Button>
        ))}
      {standing.own_work && may('indicators.approve') && <span className="quiet">{t('indicators.ownProposal')}</span>}
    </>
  )
}

const WORDS = ['proposed', 'approved', 'withdrawn'] as const

function Words({ history }: { history: CaliberHistory }) {
  const { t } = useTexts()
  const reads = useMay()('messages.read')
  if (history.words.length === 0) return <p className="quiet">{t('indicators.nothingSaid')}</p>
  return (
    <ul className="approval-words">
      {history.words.map((word) => (
        <li key={word.position} className="row">
          <Instant at={word.at} />
          <strong>{t(`indicators.word.${WORDS.find((one) => one === word.said) ?? 'proposed'}`)}</strong>
          <span>{word.by}</span>
          <span className="quiet">{t('indicators.versionOf', { version: word.version })}</span>
          <code className="quiet">{word.hash.slice(0, 16)}</code>
          {word.note !== '' && <span>“{word.note}”</span>}
          {reads && word.position !== '' && (
            <Link to="/messages/$position" params={{ position: word.position }} className="mono">
              {word.position}
            </Link>
          )}
        </li>
      ))}
    </ul>
  )
}
