import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Mark } from '@/components/StateMark'
import { client, type Person, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { type CardLine, type CardStatus, cardsOf, changesOf, isOver, toneOf } from './cards'
import { kindName, RecordName } from './parts'

/** Which cards a person has, whether each counts, and what the desk may say of it. */
export function Cards({ person, today }: { person: Person; today: string }) {
  const { t } = useTexts()
  const registers = useMay()('identity.register')
  const change = useChange()
  const cards = cardsOf(person)
  if (cards.length === 0) return null
  return (
    <section className="panel" aria-label={t('identity.card.title')}>
      <div className="panel-head">
        <h2>{t('identity.card.title')}</h2>
        <span className="quiet">{t('identity.card.text')}</span>
      </div>
      <ul className="history">
        {cards.map((card) => (
          <li key={card.key}>
            <div className="row">
              <span>{kindName(t, card.kind)}</span>
              <code className="card-number">{card.value}</code>
              <Mark tone={toneOf(card, today)}>{isOver(card, today) ? t('identity.card.state.expired') : t(`identity.card.state.${card.state}`)}</Mark>
              {registers && !card.value.includes('*') && (
                <span className="push row">
                  {changesOf(card.state).map((status) => (
                    <Button key={status} size="small" onClick={() => change(card, status)}>
                      {t(`identity.card.change.${status}`)}
                    </Button>
                  ))}
                </span>
              )}
            </div>
            <p className="row history-who">
              {card.issuer !== '' && <span>{card.issuer}</span>}
              {(card.from ?? card.until) && (
                <span className="num">
                  {card.from ?? '…'} – {card.until ?? '…'}
                </span>
              )}
              {card.replacedBy !== '' && <span>{t('identity.card.replacedBy', { number: card.replacedBy })}</span>}
              <RecordName {...card.record} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Asks why, and says of a card whether it counts from now on. */
function useChange(): (card: CardLine, status: CardStatus) => void {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  return (card, status) =>
    ask({
      title: t(`identity.card.change.${status}`),
      text: t(`identity.card.changeText.${status}`),
      confirm: t(`identity.card.change.${status}`),
      danger: status !== 'active',
      reason: 'required',
      ...(status === 'replaced' ? { edit: { text: '', hint: t('identity.card.newNumber') } } : {}),
      run: async ({ reason, edited }) => {
        const { source, mrn } = card.record
        const body = {
          record: { source, mrn }, kind: card.kind, value: card.value, issuer: card.issuer, status, reason,
          valid_from: card.from, valid_until: card.until, replaced_by: edited.trim(),
        }
        await take(client.POST('/api/v1/identity/cards', { body }))
        await queries.invalidateQueries({ queryKey: ['identity'] })
      },
    })
}
