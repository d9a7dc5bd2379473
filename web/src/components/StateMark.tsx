import type { ReactNode } from 'react'

import type { DeliveryState, DestinationState } from '@/lib/api'
import { useTexts } from '@/lib/texts'

export type Tone = 'good' | 'warn' | 'bad' | 'mute' | 'info'

/** Each shape stands for one tone, so that nobody needs to tell colours apart. */
const SHAPES: Record<Tone, ReactNode> = {
  good: <path d="M2.5 6.4 5 8.8l4.6-5.4" fill="none" stroke="currentColor" strokeWidth="1.9" />,
  warn: <path d="M6 1.2 11.3 10.6H.7Z" fill="currentColor" />,
  bad: <path d="m2.4 2.4 7.2 7.2m0-7.2L2.4 9.6" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  mute: <circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" strokeWidth="1.6" />,
  info: <circle cx="6" cy="6" r="4" fill="currentColor" />,
}

/** A state as shape, colour and word. */
export function Mark({ tone, children, plain = false }: { tone: Tone; children: ReactNode; plain?: boolean }) {
  return (
    <span className={`mark mark-${tone}${plain ? ' mark-plain' : ''}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        {SHAPES[tone]}
      </svg>
      {children}
    </span>
  )
}

export const destinationTone: Record<DestinationState, Tone> = {
  flowing: 'good',
  idle: 'mute',
  slow: 'warn',
  overloaded: 'warn',
  poison: 'bad',
  down: 'bad',
  stopped: 'mute',
}

export const deliveryTone: Record<DeliveryState, Tone> = {
  delivered: 'good',
  waiting: 'warn',
  queued: 'info',
  parked: 'bad',
  behind: 'warn',
  held: 'bad',
  filtered: 'mute',
  dismissed: 'mute',
}

export function DestinationMark({ state }: { state: DestinationState }) {
  const { t } = useTexts()
  return <Mark tone={destinationTone[state]}>{t(`destinationState.${state}`)}</Mark>
}

export function DeliveryMark({ state, of, plain = false }: { state: DeliveryState; of?: string; plain?: boolean }) {
  const { t } = useTexts()
  return (
    <Mark tone={deliveryTone[state]} plain={plain}>
      {of === undefined ? '' : <span className="mark-of">{of}</span>}
      {t(`deliveryState.${state}`)}
    </Mark>
  )
}
