import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Trouble } from '@/components/Trouble'
import { client, type ResolvedCard, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { CARD_STATES } from './cards'
import { kindName } from './parts'
import { PersonCard } from './PersonCard'

/** Takes the code of a phone, asks whoever issued it, and forgets it. */
export function ScanCode({ take: filled }: { take: (card: ResolvedCard) => void }) {
  const { t } = useTexts()
  const [code, setCode] = useState('')
  const resolve = useMutation({
    gcTime: 0,
    mutationFn: (token: string) => take(client.POST('/api/v1/identity/cards/resolve', { body: { token, authority: '' } })),
    onSuccess: (card) => {
      if (card.state === 'active') filled(card)
    },
  })
  const card = resolve.data
  const state = CARD_STATES.find((known) => known === card?.state) ?? 'active'
  return (
    <form
      className="stack scan"
      aria-label={t('identity.card.scan')}
      onSubmit={(event) => {
        event.preventDefault()
        if (code.trim() !== '') resolve.mutate(code.trim())
        setCode('') // it lives for minutes, and nobody else shall read it from the screen
      }}
    >
      <div className="row scan-line">
        <input
          className="native"
          type="password"
          value={code}
          maxLength={4000}
          autoComplete="off"
          aria-label={t('identity.card.scan')}
          placeholder={t('identity.card.scanHint')}
          onChange={({ target }) => setCode(target.value)}
        />
        <Button htmlType="submit" loading={resolve.isPending} disabled={code.trim() === ''}>
          {t('identity.card.resolve')}
        </Button>
      </div>
      <Trouble error={resolve.error} />
      {card && (
        <div role="status" className="stack">
          <p className="row">
            <span>{kindName(t, card.kind)}</span> <code className="card-number">{card.value}</code>
            <Mark tone={state === 'active' ? 'good' : 'bad'}>{t(`identity.card.state.${state}`)}</Mark>
            {card.name !== '' && <strong>{card.name}</strong>}
          </p>
          {state !== 'active' && <p className="identity-notice">{t('identity.card.gone')}</p>}
          {card.persons.length > 0 && (
            <ul className="stack" aria-label={t('identity.card.holders')}>
              {card.persons.map((person) => (
                <li key={person.id}>
                  <PersonCard person={person} />
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </form>
  )
}
