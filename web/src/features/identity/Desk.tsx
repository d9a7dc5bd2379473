import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useState } from 'react'

import { Mark, type Tone } from '@/components/StateMark'
import { Failed } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { type Candidate, client, type Demographics, take } from '@/lib/api'
import { SEXES } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { demographics, DESK_FIELDS, NOTHING, scanned, type Typed } from './desk'
import { PersonLink, PersonNumber, sexName } from './parts'
import { PersonCard } from './PersonCard'
import { ScanCode } from './ScanCode'
import { EvidenceView } from './Waterfall'
import { GRADES } from './words'

const PAUSE_MS = 300
const TONES: Record<(typeof GRADES)[number], Tone> = { certain: 'good', probable: 'warn', possible: 'info', 'certainly-not': 'mute' }

/** The registration desk: who is this? Only then: register. */
export function Desk() {
  const { t } = useTexts()
  const registers = useMay()('identity.register')
  const [typed, setTyped] = useState<Typed>(NOTHING)
  const asked = demographics(typed)
  const match = useMatch(asked)
  return (
    <section className="panel desk" aria-label={t('identity.desk')}>
      <div className="panel-head">
        <h2>{t('identity.desk')}</h2>
        <span className="quiet">{t('identity.deskText')}</span>
      </div>
      <div className="panel-body stack">
        <ScanCode take={(card) => setTyped(scanned(typed, card))} />
        <div className="desk-fields">
          {DESK_FIELDS.map((field) => (
            <label key={field} className="field">
              {t(`identity.deskField.${field}`)}
              {field === 'sex' ? (
                <select className="native" value={typed.sex} onChange={({ target }) => setTyped({ ...typed, sex: target.value })}>
                  <option value="">{t('common.unknown')}</option>
                  {SEXES.map((sex) => (
                    <option key={sex} value={sex}>
                      {sexName(t, sex)}
                    </option>
                  ))}
                </select>
              ) : (
                <input
                  className="native"
                  value={typed[field]}
                  maxLength={field === 'born' ? 40 : 100}
                  autoComplete="off"
                  onChange={({ target }) => setTyped({ ...typed, [field]: target.value })}
                />
              )}
            </label>
          ))}
        </div>
        <Candidates match={match} nothing={asked === null} />
        {registers && asked !== null && <Register person={asked} checked={match.current} known={match.items} />}
      </div>
    </section>
  )
}

type Match = { items: readonly Candidate[]; current: boolean; more: boolean; error: unknown }

/** Asks who may be meant a moment after the last change. `current`: the answer is about what is typed now. */
function useMatch(asked: Demographics | null): Match {
  const now = JSON.stringify(asked)
  const [settled, setSettled] = useState(now)
  useEffect(() => {
    const waiting = setTimeout(() => setSettled(now), PAUSE_MS)
    return () => clearTimeout(waiting)
  }, [now])
  const found = useQuery({
    queryKey: ['identity', 'match', settled],
    queryFn: () =>
      take(client.POST('/api/v1/identity/match', { body: { person: JSON.parse(settled) as Demographics, limit: 5, only_certain: false } })),
    enabled: settled !== 'null',
    placeholderData: (before) => before,
    retry: false,
    gcTime: 0,
  })
  const current = settled === now && found.isSuccess && !found.isPlaceholderData
  return { items: asked === null ? [] : (found.data?.items ?? []), current, more: found.data?.more ?? false, error: found.error }
}

function Candidates({ match, nothing }: { match: Match; nothing: boolean }) {
  const { t } = useTexts()
  if (nothing) return <p className="quiet">{t('identity.deskHint')}</p>
  if (match.error) return <Failed error={match.error} />
  return (
    <div className="stack" aria-busy={!match.current}>
      <p role="status" className={match.current ? '' : 'quiet'}>
        {!match.current ? t('identity.searching') : match.items.length === 0 ? t('identity.nobodyKnown') : t('identity.somebodyKnown', { count: match.items.length })}
      </p>
      <ul className="stack" aria-label={t('identity.candidates')}>
        {match.items.map((one) => (
          <li key={one.person.id}>
            <PersonCard person={one.person} mark={<GradeMark grade={one.grade} />}>
              <details>
                <summary>{t('identity.evidence')}</summary>
                <EvidenceView evidence={one.evidence} />
              </details>
            </PersonCard>
          </li>
        ))}
      </ul>
      {match.more && <p className="quiet">{t('identity.moreKnown')}</p>}
    </div>
  )
}

function GradeMark({ grade }: { grade: string }) {
  const { t } = useTexts()
  const known = GRADES.find((one) => one === grade)
  return known ? <Mark tone={TONES[known]}>{t(`identity.grade.${known}`)}</Mark> : <span>{grade}</span>
}

type RegisterProps = { person: Demographics; checked: boolean; known: readonly Candidate[] }

/** Registers under a number of an authority, once it is known who else it may be. */
function Register({ person, checked, known }: RegisterProps) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [key, setKey] = useState({ source: '', mrn: '', channel: '' })
  const register = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const body = { source: key.source.trim(), mrn: key.mrn.trim(), channel: key.channel.trim(), person }
      const answer = await take(client.POST('/api/v1/identity/registrations', { body }))
      await queries.invalidateQueries({ queryKey: ['identity'] })
      setKey((now) => ({ ...now, mrn: '' }))
      return answer.person
    },
  })
  // What is said of one registration is not left standing beside another.
  const { reset } = register
  const said = JSON.stringify(person)
  useEffect(() => reset(), [said, reset])
  const certain = known.some(({ grade }) => grade === 'certain')
  const whole = checked && key.source.trim() !== '' && key.mrn.trim() !== ''
  return (
    <form
      className="stack register"
      aria-label={t('identity.register')}
      onSubmit={(event) => {
        event.preventDefault()
        if (whole) register.mutate()
      }}
    >
      {certain && <p className="identity-notice">{t('identity.certainText')}</p>}
      <div className="desk-fields">
        {(['source', 'mrn', 'channel'] as const).map((name) => (
          <label key={name} className="field">
            {t(`identity.registerField.${name}`)}
            <input className="native" value={key[name]} maxLength={100} autoComplete="off" onChange={({ target }) => setKey({ ...key, [name]: target.value })} />
          </label>
        ))}
        <Button type="primary" htmlType="submit" disabled={!whole} loading={register.isPending}>
          {t('identity.register')}
        </Button>
      </div>
      <Trouble error={register.error} />
      {register.data && (
        <p role="status" className="row">
          <Mark tone="good">{t('identity.registered', { count: register.data.records.length })}</Mark>
          <PersonLink id={register.data.id}>
            <PersonNumber id={register.data.id} />
          </PersonLink>
        </p>
      )}
    </form>
  )
}
