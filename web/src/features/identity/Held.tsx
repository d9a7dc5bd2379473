import '@/components/resource.css'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import type { Person } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { day, kindName, RecordName, sexName } from './parts'
import { HELD } from './words'

type Chosen = Person['chosen'][number]

/** What is held true, which record says so, since when, and what put it first. */
export function Held({ person }: { person: Person }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('identity.heldTitle')}>
      <div className="panel-head">
        <h2>{t('identity.heldTitle')}</h2>
        <span className="quiet">{t('identity.heldText')}</span>
      </div>
      <Conflicts person={person} />
      <div className="table-wrap">
        <table className="table cards held">
          <thead>
            <tr>
              <th scope="col">{t('identity.fieldTitle')}</th>
              <th scope="col">{t('identity.valueTitle')}</th>
              <th scope="col">{t('identity.becauseTitle')}</th>
              <th scope="col">{t('identity.saidBy')}</th>
            </tr>
          </thead>
          <tbody>
            {person.chosen.map((one, place) => (
              <Row key={`${one.field} ${one.kind} ${place}`} chosen={one} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Row({ chosen }: { chosen: Chosen }) {
  const { t, language } = useTexts()
  return (
    <tr>
      <td className="head held-field">{heldName(t, chosen.field, chosen.kind ?? '')}</td>
      <td className="head held-value">{heldValue(t, chosen)}</td>
      <td data-title={t('identity.becauseTitle')}>{chosen.why[language]}</td>
      <td data-title={t('identity.saidBy')}>
        <span className="row held-source">
          <RecordName {...chosen} />
          <Instant at={chosen.said_at} relative={false} />
        </span>
      </td>
    </tr>
  )
}

function heldName(t: Translate, field: string, kind: string): string {
  if (field === 'identifiers') return kindName(t, kind)
  const known = HELD.find((one) => one === field)
  return known ? t(`identity.heldField.${known}`) : field
}

function heldValue(t: Translate, { field, value }: Pick<Chosen, 'field' | 'value'>): string {
  if (field === 'sex') return sexName(t, value)
  if (field === 'born') return day(value)
  if (field === 'multiple_birth' || field === 'deceased') return value === 'True' ? t('identity.yes') : t('identity.no')
  return value
}

/** On what the records differ: somebody should look. */
function Conflicts({ person }: { person: Person }) {
  const { t } = useTexts()
  if (person.conflicts.length === 0) return null
  return (
    <ul className="conflicts" aria-label={t('identity.conflicts')}>
      {person.conflicts.map(({ field, values }) => {
        const [name = '', kind = ''] = field.split('.')
        return (
          <li key={field}>
            <Mark tone="warn">{t('identity.conflict', { field: heldName(t, name, kind) })}</Mark>
            {values.map((value, place) => (
              <span key={place} className="conflict-value">
                {heldValue(t, { field: name, value })}
              </span>
            ))}
          </li>
        )
      })}
    </ul>
  )
}
