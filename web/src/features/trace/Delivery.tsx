import { useMemo } from 'react'

import { BodyText } from '@/components/BodyText'
import { CopyButton } from '@/components/CopyButton'
import { Instant } from '@/components/Instant'
import { ProblemView } from '@/components/ProblemView'
import { Mark, type Tone } from '@/components/StateMark'
import type { Attempt, DeliveryTrace, MessageTrace } from '@/lib/api'
import { fieldOf } from '@/lib/hl7'
import { useTexts } from '@/lib/texts'

import { DeliveryActions } from './DeliveryActions'
import { Differences } from './Differences'
import { InsteadOf } from './ShownBy'

/** One destination: what it was sent, what changed on the way, and what it answered. */
export function Delivery({ trace, delivery }: { trace: MessageTrace; delivery: DeliveryTrace }) {
  const { t } = useTexts()
  const { outgoing } = delivery
  return (
    <div className="stack">
      <DeliveryActions trace={trace} delivery={delivery} />
      {delivery.error && <ProblemView problem={delivery.error} />}
      <Decision delivery={delivery} />
      {delivery.state === 'filtered' ? (
        <p className="quiet">{t('trace.notSent')}</p>
      ) : (
        <section className="stack" aria-label={t('trace.attempts')}>
          <div className="row">
            <h3>{t('trace.attempts')}</h3>
            {delivery.order_key && (
              <span className="quiet">
                {t('trace.orderKey')} <span className="mono">{delivery.order_key}</span>
              </span>
            )}
          </div>
          {delivery.attempts.length === 0 && <p className="quiet">{t('trace.noAttempts')}</p>}
          <ol className="attempts">
            {delivery.attempts.map((attempt, index) => (
              <AttemptView key={`${attempt.at} ${index}`} attempt={attempt} number={index + 1} error={delivery.error?.code} />
            ))}
          </ol>
        </section>
      )}
      <InsteadOf by={delivery.outgoing_by} />
      {outgoing.map((sent, index) => (
        <OutgoingView
          key={index}
          title={outgoing.length === 1 ? t('trace.outgoing') : t('trace.outgoingN', { n: index + 1, count: outgoing.length })}
          body={sent.body_text}
          diff={sent.diff}
          version={delivery.outgoing_by?.version ?? null}
        />
      ))}
    </div>
  )
}

type OutgoingProps = { title: string; body: string; diff: DeliveryTrace['outgoing'][number]['diff']; version: number | null }

function OutgoingView({ title, body, diff, version }: OutgoingProps) {
  const { t } = useTexts()
  const marked = useMemo(() => new Set(diff.map(({ path }) => fieldOf(path))), [diff])
  return (
    <section className="stack" aria-label={title}>
      <div className="row">
        <h3>{title}</h3>
        <span className="quiet">{diff.length === 0 ? t('trace.same') : t('trace.differences', { count: diff.length })}</span>
        {version !== null && <span className="quiet">{t('trace.byVersion', { version })}</span>}
        <span className="push">
          <CopyButton text={body} />
        </span>
      </div>
      <Differences diff={diff} />
      <BodyText body={body} marked={marked} />
    </section>
  )
}

function Decision({ delivery }: { delivery: DeliveryTrace }) {
  const { t } = useTexts()
  const { decided_by: who, decided_at: at, reason } = delivery
  if (!who || !at) return null
  return (
    <p className="decision">
      {t('trace.decided', { who })} <Instant at={at} />
      {reason && <span className="decision-reason">{reason}</span>}
    </p>
  )
}

const outcomeTone: Record<Attempt['outcome'], Tone> = {
  delivered: 'good',
  refused: 'bad',
  no_answer: 'warn',
  cannot_transform: 'bad',
}

function AttemptView({ attempt, number, error }: { attempt: Attempt; number: number; error: string | undefined }) {
  const { t } = useTexts()
  return (
    <li className="attempt">
      <div className="row">
        <strong>{t('trace.attemptNo', { n: number })}</strong>
        <Mark tone={outcomeTone[attempt.outcome]}>{t(`trace.outcome.${attempt.outcome}`)}</Mark>
        <Instant at={attempt.at} />
        <span className="num quiet">{t('trace.millis', { ms: attempt.millis || '<1' })}</span>
        {attempt.version !== null && <span className="quiet">{t('trace.version', { version: attempt.version })}</span>}
        {attempt.replay !== null && <span className="quiet">{t('trace.viaReplay')}</span>}
      </div>
      {attempt.answer !== '' && (
        <div className="attempt-answer">
          <span className="quiet">{t('trace.answer')}</span>
          <BodyText body={attempt.answer} />
        </div>
      )}
      {attempt.answer === '' && attempt.outcome === 'no_answer' && <p className="quiet">{t('trace.noAnswerText')}</p>}
      {/* The failure that holds now stands above already. */}
      {attempt.problem && attempt.problem.code !== error && <ProblemView problem={attempt.problem} />}
    </li>
  )
}
