import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type ModelProposal, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { called } from './align'
import { type Changed, isBold, lanesOf, levelsOf } from './models'
import type { Wanted } from './ModelsPage'
import { PersonLink, RecordName } from './parts'
import { LaneMark, levelName } from './Waterfall'
import { signed } from './waterfall'
import { ELEMENTS } from './words'

/** A proposal against the model in force: what would move, and by which weights. */
export function Proposal({ position, activate }: { position: string; activate: (wanted: Wanted) => void }) {
  const { t } = useTexts()
  const proposal = useQuery({
    queryKey: ['identity', 'model-proposal', position],
    queryFn: () => take(client.GET('/api/v1/identity/models/proposals/{position}', { params: { path: { position } } })),
    retry: false,
  })
  if (proposal.isPending) return <Loading rows={14} />
  if (!proposal.data) return <Failed error={proposal.error} retry={() => void proposal.refetch()} />
  const { name, at, actor, may_activate: may } = proposal.data
  return (
    <div className="stack">
      <section className="panel panel-body stack" aria-label={t('identity.models.proposal')}>
        <div className="row">
          <strong className="model-name">{name}</strong>
          <span>{actor}</span> <Instant at={at} />
          <Button type="primary" className="push" disabled={!may} onClick={() => activate({ model: position, name, back: false })}>
            {t('identity.models.activate')}
          </Button>
        </div>
        {!may && <p className="quiet">{t('identity.models.own')}</p>}
        <Lessons proposal={proposal.data} />
      </section>
      <Moves shadow={proposal.data.shadow} />
      <Weights proposal={proposal.data} />
      <Thresholds proposal={proposal.data} />
    </div>
  )
}

function Lessons({ proposal: { lessons } }: { proposal: ModelProposal }) {
  const { t } = useTexts()
  const facts = (['records', 'pairs', 'ones', 'known', 'rounds'] as const).map((name) => ({ name, count: Math.round(lessons[name]) }))
  return (
    <dl className="figures">
      {facts.map(({ name, count }) => (
        <div key={name}>
          <dt>{t(`identity.models.lesson.${name}`)}</dt>
          <dd className="num">{count.toLocaleString('en-US')}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The shadow: what would be linked, parted or asked, before anybody decides. */
function Moves({ shadow }: { shadow: ModelProposal['shadow'] }) {
  const { t } = useTexts()
  const lanes = Object.entries(shadow.lanes)
  return (
    <section className="panel" aria-label={t('identity.models.shadow')}>
      <div className="panel-head">
        <h2>{t('identity.models.shadow')}</h2>
        <span className="quiet">{shadow.whole ? t('identity.models.shadowWhole') : t('identity.models.shadowDrawn', { count: shadow.records })}</span>
      </div>
      <div className="panel-body stack">
        <dl className="figures">
          <Figure name={t('identity.models.personsBefore')} before={shadow.persons_before} after={shadow.persons_after} />
          <Figure name={t('identity.models.questionsBefore')} before={shadow.questions_before} after={shadow.questions_after} />
          <div>
            <dt>{t('identity.models.joined')}</dt>
            <dd className="num">{shadow.joined}</dd>
          </div>
          <div>
            <dt>{t('identity.models.split')}</dt>
            <dd className="num">{shadow.split}</dd>
          </div>
        </dl>
        {lanes.length === 0 ? (
          <p>
            <Mark tone="good">{t('identity.models.nothingMoves')}</Mark>
          </p>
        ) : (
          <ul className="row lane-moves">
            {lanes.map(([change, count]) => (
              <li key={change} className={isBold(change) ? 'lane-bold' : ''}>
                <LaneMark lane={lanesOf(change).before} /> <span aria-hidden="true">→</span> <LaneMark lane={lanesOf(change).after} />
                <strong className="num">{count}</strong>
              </li>
            ))}
          </ul>
        )}
      </div>
      {shadow.pairs.length > 0 && (
        <ul className="moved" aria-label={t('identity.models.pairs')}>
          {shadow.pairs.map(({ record, other, before, after }) => (
            <li key={`${record.id} ${other.id}`} className="row">
              <RecordName {...record} /> <span aria-hidden="true">↔</span> <RecordName {...other} />
              <LaneMark lane={before} /> <span aria-hidden="true">→</span> <LaneMark lane={after} />
              {called(record) !== '' && called(other) !== '' && (
                <Link className="push" to="/identity/compare/$person/$other" params={{ person: record.id, other: other.id }}>
                  {t('identity.compare')}
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {shadow.persons.length > 0 && (
        <ul className="moved" aria-label={t('identity.models.persons')}>
          {shadow.persons.map(({ records, before, after }) => (
            <li key={records.map(({ id }) => id).join(' ')} className="row">
              {records.map((record) => (
                <PersonLink key={record.id} id={record.id}>
                  <RecordName {...record} />
                </PersonLink>
              ))}
              <span className="push num">{t('identity.models.becomes', { before, after })}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Figure({ name, before, after }: { name: string; before: number; after: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">
        {before.toLocaleString('en-US')} → {after.toLocaleString('en-US')}
      </dd>
    </div>
  )
}

/** The weights, in bits: as shipped, in force, proposed. */
function Weights({ proposal }: { proposal: ModelProposal }) {
  const { t } = useTexts()
  const [every, setEvery] = useState(false)
  const levels = levelsOf(proposal, !every)
  return (
    <section className="panel" aria-label={t('identity.models.weights')}>
      <div className="panel-head">
        <h2>{t('identity.models.weights')}</h2>
        <label className="row quiet push">
          <input type="checkbox" checked={every} onChange={({ target }) => setEvery(target.checked)} /> {t('identity.models.every')}
        </label>
      </div>
      {levels.length === 0 ? (
        <p className="panel-body quiet">{t('identity.models.noWeights')}</p>
      ) : (
        <div className="table-wrap">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('identity.elementTitle')}</th>
                <th scope="col">{t('identity.levelTitle')}</th>
                <Heads />
                <th scope="col" className="right phone-off">
                  {t('identity.models.seen')}
                </th>
              </tr>
            </thead>
            <tbody>
              {levels.map((one) => (
                <Weight key={one.key} level={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Heads() {
  const { t } = useTexts()
  return (
    <>
      {(['shippedBits', 'inForceBits', 'proposedBits'] as const).map((name) => (
        <th key={name} scope="col" className={name === 'shippedBits' ? 'right phone-off' : 'right'}>
          {t(`identity.models.${name}`)}
        </th>
      ))}
    </>
  )
}

function Weight({ level: { element, zh, level, shipped, inForce, proposed, seen } }: { level: Changed }) {
  const { t, language } = useTexts()
  const known = ELEMENTS.find((one) => one === element)
  return (
    <tr>
      <td>{language === 'zh' || !known ? zh : t(`identity.element.${known}`)}</td>
      <td>{levelName(t, level)}</td>
      <Bits shipped={shipped} inForce={inForce} proposed={proposed} />
      <td className="right num phone-off">
        {seen.toLocaleString('en-US')}
      </td>
    </tr>
  )
}

function Bits({ shipped, inForce, proposed }: { shipped: number; inForce: number; proposed: number }) {
  const moved = Math.abs(proposed - inForce) >= 0.05
  return (
    <>
      <td className="right num quiet phone-off">{signed(shipped)}</td>
      <td className="right num">{signed(inForce)}</td>
      <td className="right num">
        {moved ? <strong className={proposed > inForce ? 'bits-up' : 'bits-down'}>{signed(proposed)}</strong> : signed(proposed)}
      </td>
    </>
  )
}

function Thresholds({ proposal: { thresholds } }: { proposal: ModelProposal }) {
  const { t, language } = useTexts()
  return (
    <section className="panel" aria-label={t('identity.models.thresholds')}>
      <div className="panel-head">
        <h2>{t('identity.models.thresholds')}</h2>
        <span className="quiet">{t('identity.models.thresholdsText')}</span>
      </div>
      <div className="table-wrap">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('identity.fieldTitle')}</th>
              <Heads />
            </tr>
          </thead>
          <tbody>
            {thresholds.map((one) => (
              <tr key={one.name}>
                <td>{one.words[language]}</td>
                <Bits shipped={one.shipped} inForce={one.in_force} proposed={one.proposed} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
