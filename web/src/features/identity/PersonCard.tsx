import type { ReactNode } from 'react'

import type { PersonSummary } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { kindName, PersonLink, PersonNumber, RecordName, Who } from './parts'

const SHOWN = 4

/** A person in a list: who, by which numbers, and which records. */
export function PersonCard({ person, mark, children }: { person: PersonSummary; mark?: ReactNode; children?: ReactNode }) {
  const { t } = useTexts()
  const facts = [
    ...person.identifiers.map(({ kind, value }) => `${kindName(t, kind)} ${value}`),
    ...person.phones,
    ...person.addresses,
  ]
  return (
    <article className="person-card" aria-label={person.name || t('identity.nameless')}>
      <div className="row">
        <PersonLink id={person.id}>
          <Who person={person} />
        </PersonLink>
        {mark}
        <span className="push">
          <PersonNumber id={person.id} />
        </span>
      </div>
      {facts.length > 0 && <p className="person-facts">{facts.slice(0, SHOWN).join(' · ')}</p>}
      <p className="row person-records">
        {person.records.slice(0, SHOWN).map((record) => (
          <RecordName key={record.id} {...record} />
        ))}
        {person.records.length > SHOWN && <span className="quiet">{t('identity.records', { count: person.records.length })}</span>}
      </p>
      {children}
    </article>
  )
}
