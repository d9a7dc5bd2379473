import type { ReactNode } from 'react'

import { Instant } from '@/components/Instant'
import { DeliveryMark, deliveryTone, Mark, type Tone } from '@/components/StateMark'
import type { DeliveryTrace, MessageTrace } from '@/lib/api'
import { useTexts } from '@/lib/texts'

const gateTone = { accept: 'good', warn: 'warn', hold: 'bad' } as const

/** The way of the message: source, validation, log, and from there to each destination. */
export function Path({ trace, open, show }: { trace: MessageTrace; open: string; show: (tab: string) => void }) {
  const { t } = useTexts()
  return (
    <nav className="panel path" aria-label={t('trace.path')}>
      <ol>
        <Step tone="good" title={t('trace.stepSource')} open={open === 'raw'} onClick={() => show('raw')}>
          <div>{trace.sender.replaceAll('|', ' · ')}</div>
          <Instant at={trace.received_at} relative={false} />
        </Step>
        <Step tone={gateTone[trace.gate]} title={t('trace.stepGate')} open={open === 'tree'} onClick={() => show('tree')}>
          <div>
            <Mark tone={gateTone[trace.gate]}>{t(`gate.${trace.gate}`)}</Mark>
          </div>
          {trace.findings.slice(0, 3).map((finding) => (
            <Findings key={`${finding.path} ${finding.en}`} path={finding.path} zh={finding.zh} en={finding.en} />
          ))}
          {trace.findings.length > 3 && <div className="quiet">+{trace.findings.length - 3}</div>}
        </Step>
        <Step tone="good" title={t('trace.stepLog')}>
          <span className="mono">{trace.position}</span> <span className="quiet">{t('trace.stepLogText')}</span>
        </Step>
        {trace.destinations.map((delivery) => (
          <Step
            key={delivery.destination_id}
            branch
            tone={deliveryTone[delivery.state]}
            title={delivery.destination}
            open={open === `to:${delivery.destination}`}
            onClick={() => show(`to:${delivery.destination}`)}
          >
            <Outcome delivery={delivery} />
          </Step>
        ))}
      </ol>
    </nav>
  )
}

function Findings({ path, zh, en }: { path: string; zh: string; en: string }) {
  const { language } = useTexts()
  return (
    <div className="path-finding">
      <code>{path}</code> {language === 'zh' ? zh : en}
    </div>
  )
}

function Outcome({ delivery }: { delivery: DeliveryTrace }) {
  const { t, language } = useTexts()
  const last = delivery.attempts.at(-1)
  return (
    <>
      <div className="row">
        <DeliveryMark state={delivery.state} />
        {last && <span className="num quiet">{t('trace.millis', { ms: last.millis || '<1' })}</span>}
      </div>
      {last && <Instant at={last.at} relative={false} />}
      {delivery.error && <div className="path-error">{delivery.error[language].what}</div>}
      {delivery.due_at && delivery.state === 'waiting' && (
        <div className="quiet">
          {t('trace.dueAt')} <Instant at={delivery.due_at} />
        </div>
      )}
    </>
  )
}

type StepProps = { tone: Tone; title: string; children: ReactNode; branch?: boolean; open?: boolean; onClick?: () => void }

function Step({ tone, title, children, branch = false, open = false, onClick }: StepProps) {
  return (
    <li className={`step step-${tone}${branch ? ' step-branch' : ''}${open ? ' step-open' : ''}`}>
      <span className="step-dot" aria-hidden="true" />
      {onClick ? (
        <button type="button" className="step-title" aria-current={open ? 'step' : undefined} onClick={onClick}>
          {title}
        </button>
      ) : (
        <span className="step-title">{title}</span>
      )}
      <div className="step-body">{children}</div>
    </li>
  )
}
