import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { CopyButton } from '@/components/CopyButton'
import type { PersonSummary } from '@/lib/api'
import { useMay } from '@/lib/session'
import { type Translate, useTexts } from '@/lib/texts'

import { called } from './align'
import { FLAGS, KINDS } from './words'

/** The number of a person in groups that can be read out: 4, 4 and 5 characters. */
export function PersonNumber({ id, copy = false }: { id: string; copy?: boolean }) {
  const { t } = useTexts()
  return (
    <span className="person-number">
      <code aria-label={`${t('identity.number')} ${id}`}>
        {[id.slice(0, 4), id.slice(4, 8), id.slice(8)].map((group) => (
          <span key={group}>{group}</span>
        ))}
      </code>
      {copy && <CopyButton text={id} />}
    </span>
  )
}

export function PersonLink({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Link to="/identity/persons/$person" params={{ person: id }}>
      {children}
    </Link>
  )
}

/** A record as people call it, leading to what its system said. */
export function RecordName({ source, mrn, linked = false }: { source: string; mrn: string; linked?: boolean }) {
  const { t } = useTexts()
  const reads = useMay()('messages.read')
  const name = called({ source, mrn })
  if (name === '') return <span className="quiet">{t('identity.notSeen')}</span>
  if (!linked || !reads) return <code className="record-name">{name}</code>
  return (
    <Link className="record-name mono" to="/messages" search={{ q: name }} title={t('identity.messagesOf', { name })}>
      {name}
    </Link>
  )
}

export function kindName(t: Translate, kind: string): string {
  const known = KINDS.find((one) => one === (kind === '' ? 'unsaid' : kind))
  return known ? t(`identity.kind.${known}`) : kind
}

export function flagName(t: Translate, flag: string): string {
  const known = FLAGS.find((one) => one === flag)
  return known ? t(`identity.flag.${known}`) : flag
}

export function sexName(t: Translate, sex: string): string {
  if (sex === 'M') return t('identity.male')
  return sex === 'F' ? t('identity.female') : sex
}

/** A birthday as people write it; one that is masked or known in part as it is. */
export const day = (born: string): string => (/^\d{8}$/.test(born) ? `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}` : born)

/** Who this is, in one line. */
export function Who({ person }: { person: PersonSummary }) {
  const { t } = useTexts()
  return (
    <span className="who-line">
      <strong>{person.name || t('identity.nameless')}</strong>
      <span>{sexName(t, person.sex)}</span>
      <span className="num">{day(person.born)}</span>
    </span>
  )
}
