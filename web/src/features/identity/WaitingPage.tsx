import './identity.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type ProposedDecision, take, type WaitingDecision } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { called } from './align'
import { Compare } from './Compare'
import { PersonLink, PersonNumber, Who } from './parts'
import { proposedWords } from './said'
import { chosenOf, partsOf, useWaiting, waitingKey } from './waiting'
import { EvidenceList } from './Waterfall'

/** What one person decided about people of many records, and a second one has not yet looked at. */
export default function WaitingPage() {
  const { t } = useTexts()
  const waiting = useWaiting()
  const [chosen, choose] = useState('')
  const items = waiting.data?.items ?? []
  const shown = chosenOf(items, chosen)
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.second.title')}</h1>
        <span className="quiet">{t('identity.second.text')}</span>
        <span className="push">
          <Link to="/identity">{t('identity.workbench')}</Link>
        </span>
      </div>
      {waiting.isPending && <Loading rows={8} />}
      {!waiting.isPending && !waiting.data && <Failed error={waiting.error} retry={() => void waiting.refetch()} />}
      {waiting.data && !shown && <StatePage title={t('identity.second.none')} text={t('identity.second.noneText')} quiet />}
      {shown && (
        <div className="bench">
          <aside className="panel bench-queue" aria-label={t('identity.second.list')}>
            <ul className="waiting-list">
              {items.map((one) => (
                <li key={one.position}>
                  <button type="button" className="waiting-row" aria-current={one === shown} onClick={() => choose(one.position)}>
                    <SaidMark decision={one} />
                    {one.persons.map((person) => (
                      <Who key={person.id} person={person} />
                    ))}
                    <span className="quiet row">
                      {one.actor} <Instant at={one.at} />
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </aside>
          <Looked key={shown.position} decision={shown} />
        </div>
      )}
    </>
  )
}

function SaidMark({ decision }: { decision: ProposedDecision }) {
  const { t } = useTexts()
  const { tone, words } = proposedWords(t, decision)
  return (
    <span className="row">
      <Mark tone={tone}>{words}</Mark>
      {decision.own && <span className="quiet">{t('identity.second.own')}</span>}
    </span>
  )
}

/** Everything that a second person must see before he confirms. */
function Looked({ decision }: { decision: ProposedDecision }) {
  const { t } = useTexts()
  const detail = useQuery({
    queryKey: [...waitingKey, decision.position],
    queryFn: () => take(client.GET('/api/v1/identity/decisions/proposed/{position}', { params: { path: { position: decision.position } } })),
    retry: false,
  })
  return (
    <section className="stack bench-desk" aria-label={t('identity.second.decision')}>
      <section className="panel asked-head" aria-label={t('identity.decision')}>
        <div className="row">
          <SaidMark decision={decision} />
          <strong>{decision.actor}</strong>
          <Instant at={decision.at} />
        </div>
        <p>{decision.reason}</p>
        <Ends decision={decision} ready={detail.data !== undefined} />
      </section>
      {detail.isPending && <Loading rows={12} />}
      {!detail.isPending && !detail.data && <Failed error={detail.error} retry={() => void detail.refetch()} />}
      {detail.data && <Shown detail={detail.data} />}
    </section>
  )
}

function Shown({ detail }: { detail: WaitingDecision }) {
  const { t } = useTexts()
  const [person, other] = detail.persons
  return (
    <>
      {person && other ? (
        <section className="panel" aria-label={t('identity.compare')}>
          <Compare person={person} other={other} />
        </section>
      ) : (
        <Parts detail={detail} />
      )}
      {detail.evidence.length > 0 && (
        <section className="panel" aria-label={t('identity.evidence')}>
          <div className="panel-head">
            <h2>{t('identity.evidence')}</h2>
          </div>
          <EvidenceList evidence={detail.evidence} />
        </section>
      )}
    </>
  )
}

/** A person who would be parted: what stays, and what leaves. */
function Parts({ detail: { decision, persons } }: { detail: WaitingDecision }) {
  const { t } = useTexts()
  const { stay, leave } = partsOf(decision)
  const list = (records: readonly { source: string; mrn: string }[]) => records.map(called).join(t('common.comma'))
  return (
    <section className="panel" aria-label={t('identity.second.persons')}>
      <div className="panel-body stack">
        {persons.map(({ id, records }) => (
          <div className="row" key={id}>
            <PersonLink id={id}>
              <PersonNumber id={id} />
            </PersonLink>
            <span className="quiet">{t('identity.records', { count: records.length })}</span>
          </div>
        ))}
        <dl className="facts split-parts">
          {leave.length > 0 ? (
            <>
              <dt>{t('identity.stays')}</dt>
              <dd className="mono">{list(stay)}</dd>
              <dt>{t('identity.leaves')}</dt>
              <dd className="mono">{list(leave)}</dd>
            </>
          ) : (
            <>
              <dt>{t('identity.recordsTitle')}</dt>
              <dd className="mono">{list(stay)}</dd>
            </>
          )}
        </dl>
      </div>
    </section>
  )
}

function Ends({ decision, ready }: { decision: ProposedDecision; ready: boolean }) {
  const { t } = useTexts()
  const end = useEnd(decision)
  if (decision.own)
    return (
      <div className="row">
        <Button onClick={() => end('declined')}>{t('identity.second.withdraw')}</Button>
        <span className="quiet">{t('identity.second.ownText')}</span>
      </div>
    )
  return (
    <div className="row">
      <Button type="primary" disabled={!ready} onClick={() => end('confirmed')}>
        {t('identity.second.confirm')}
      </Button>
      <Button onClick={() => end('declined')}>{t('identity.second.reject')}</Button>
    </div>
  )
}

/** Asks, and ends a proposal: only a confirmation changes who is one person. */
function useEnd(decision: ProposedDecision): (how: 'confirmed' | 'declined') => void {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const params = { path: { position: decision.position } }
  return (how) => {
    const confirms = how === 'confirmed'
    const decline = decision.own ? t('identity.second.withdraw') : t('identity.second.reject')
    ask({
      title: confirms ? t('identity.second.confirmTitle') : decline,
      text: confirms ? t('identity.second.confirmText', { words: proposedWords(t, decision).words }) : t('identity.second.declineText'),
      confirm: confirms ? t('identity.second.confirm') : decline,
      reason: confirms ? 'optional' : 'required',
      run: async ({ reason }) => {
        const body = { reason }
        if (confirms) await take(client.POST('/api/v1/identity/decisions/proposed/{position}/confirmed', { params, body }))
        else await take(client.POST('/api/v1/identity/decisions/proposed/{position}/declined', { params, body }))
        await queries.invalidateQueries({ queryKey: ['identity'] })
      },
    })
  }
}
