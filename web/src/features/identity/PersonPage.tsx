import './identity.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { client, type Person, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { useMay, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { dayIn } from '@/lib/time'

import { standing } from './align'
import { Cards } from './Cards'
import { Held } from './Held'
import { History } from './History'
import { PersonNumber } from './parts'
import { Records } from './Records'
import { SplitDialog } from './SplitDialog'
import { EvidenceList } from './Waterfall'

/** Who is this, who says so, and how did it come about? */
export default function PersonPage() {
  const { person: number } = useParams({ from: '/identity/persons/$person' })
  const person = useQuery({
    queryKey: ['identity', 'person', number],
    queryFn: () => take(client.GET('/api/v1/identity/persons/{person}', { params: { path: { person: number } } })),
    retry: false,
  })
  if (person.isPending) return <Loading rows={12} />
  if (!person.data) return <Failed error={person.error} retry={() => void person.refetch()} />
  return <Whole person={person.data} />
}

function Whole({ person }: { person: Person }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const now = useNow()
  const may = useMay()
  const [decides, reads] = [may('identity.decide'), may('clinical.read')]
  const [splitting, setSplitting] = useState(false)
  const name = person.chosen.find(({ field }) => field === 'name')?.value
  return (
    <>
      <div className="page-head">
        <h1>{name ?? t('identity.nameless')}</h1>
        <PersonNumber id={person.id} copy />
        <span className="push row page-links">
          {decides && standing(person).length > 1 && <Button onClick={() => setSplitting(true)}>{t('identity.split')}</Button>}
          {decides && person.questions > 0 && <Link to="/identity">{t('identity.openQuestions', { count: person.questions })}</Link>}
          {reads && (
            <Link to="/record/$person" params={{ person: person.id }}>
              {t('record.toRecord')}
            </Link>
          )}
          <Link to="/identity/search">{t('identity.search')}</Link>
        </span>
      </div>
      {person.asked !== '' && (
        <p className="identity-notice" role="note">
          {t('identity.askedText', { number: person.asked })}
        </p>
      )}
      {person.withheld > 0 && (
        <p className="identity-notice" role="note">
          {t('identity.withheldText', { count: person.withheld })}
        </p>
      )}
      <div className="person-body">
        <div className="stack">
          <Held person={person} />
          <Cards person={person} today={dayIn(timezone, now)} />
          <Links person={person} />
        </div>
        <div className="stack">
          <Records records={person.records} />
          <History person={person} />
        </div>
      </div>
      {splitting && <SplitDialog person={person} close={() => setSplitting(false)} />}
    </>
  )
}

/** What holds the records together, pair by pair. */
function Links({ person }: { person: Person }) {
  const { t } = useTexts()
  if (person.links.length === 0) return null
  return (
    <section className="panel" aria-label={t('identity.links')}>
      <div className="panel-head">
        <h2>{t('identity.links')}</h2>
      </div>
      <EvidenceList evidence={person.links} />
    </section>
  )
}
