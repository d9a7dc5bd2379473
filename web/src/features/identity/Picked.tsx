import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import type { PersonSummary } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Who } from './parts'

/** With one more than this there is nothing to lay side by side. */
const PAIR = 2

/** Choose somebody, or no longer; of three the one chosen first gives way. */
export function pick(picked: readonly PersonSummary[], person: PersonSummary): PersonSummary[] {
  const others = picked.filter(({ id }) => id !== person.id)
  return others.length < picked.length ? others : [...others, person].slice(-PAIR)
}

/** Who was chosen to be compared, from one search or several. */
export function Picked({ picked, toggle }: { picked: readonly PersonSummary[]; toggle: (person: PersonSummary) => void }) {
  const { t } = useTexts()
  const [one, other] = picked
  if (!one) return null
  return (
    <div className="row picked" role="group" aria-label={t('identity.picked')}>
      <span className="quiet">{t('identity.picked')}</span>
      {picked.map((person) => (
        <Button key={person.id} size="small" aria-label={`${t('common.clearFilter', { name: person.name })}`} onClick={() => toggle(person)}>
          <Who person={person} /> <span aria-hidden="true">×</span>
        </Button>
      ))}
      {other ? (
        <Link className="push" to="/identity/compare/$person/$other" params={{ person: one.id, other: other.id }}>
          {t('identity.compare')}
        </Link>
      ) : (
        <span className="quiet">{t('identity.pickAnother')}</span>
      )}
    </div>
  )
}
