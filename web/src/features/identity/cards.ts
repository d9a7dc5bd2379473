/** The cards of a person, out of what her systems say. Pure. */

import type { Tone } from '@/components/StateMark'
import type { Person } from '@/lib/api'

export const CARD_KINDS = ['e-health-card', 'insurance', 'health-card', 'social-security', 'hospital-card'] as const
export type CardKind = (typeof CARD_KINDS)[number]
export const CARD_STATES = ['active', 'lost', 'cancelled', 'replaced', 'expired', 'old'] as const
export type CardState = (typeof CARD_STATES)[number]
export type CardStatus = 'active' | 'lost' | 'cancelled' | 'replaced'

export type CardLine = {
  key: string
  kind: CardKind
  value: string
  issuer: string
  state: CardState
  from: string | null
  until: string | null
  replacedBy: string
  record: { id: string; source: string; mrn: string }
}

/** Every card of the records that stand, by kind, those that count first. */
export function cardsOf({ records }: Pick<Person, 'records'>): CardLine[] {
  const found = records
    .filter(({ kept }) => kept === null)
    .flatMap(({ id, source, mrn, identifiers }) =>
      identifiers.flatMap((one): CardLine[] => {
        const kind = CARD_KINDS.find((known) => known === one.kind)
        const state = CARD_STATES.find((known) => known === one.state) ?? 'active'
        if (!kind) return []
        const { value, issuer, valid_from: from, valid_until: until, replaced_by: replacedBy } = one
        return [{ key: `${id} ${kind} ${issuer} ${value}`, kind, value, issuer, state, from, until, replacedBy, record: { id, source, mrn } }]
      }),
    )
  const rank = ({ kind, state }: CardLine) => CARD_KINDS.indexOf(kind) * 2 + (state === 'active' ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b))
}

/** Whether a card that nobody reported gone has run out by a day, `2026-03-02`. */
export const isOver = ({ state, until }: Pick<CardLine, 'state' | 'until'>, today: string): boolean =>
  state === 'active' && until !== null && until < today

export function toneOf(card: Pick<CardLine, 'state' | 'until'>, today: string): Tone {
  if (isOver(card, today)) return 'warn'
  if (card.state === 'active') return 'good'
  return card.state === 'lost' ? 'bad' : 'mute'
}

/** What may be said of a card that is in a state. */
export const changesOf = (state: CardState): CardStatus[] => (state === 'active' || state === 'expired' ? ['lost', 'replaced', 'cancelled'] : ['active'])
