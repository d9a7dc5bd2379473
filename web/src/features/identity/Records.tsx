import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import type { IndexRecord } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { CARD_STATES } from './cards'
import { day, flagName, kindName, RecordName, sexName } from './parts'

/** What each system says of this person, word for word. */
export function Records({ records }: { records: readonly IndexRecord[] }) {
  const { t } = useTexts()
  return (
    <section className="stack" aria-label={t('identity.recordsTitle')}>
      <h2>{t('identity.recordsOf', { count: records.length })}</h2>
      {records.map((record) => (
        <Card key={record.id} record={record} />
      ))}
    </section>
  )
}

function Card({ record }: { record: IndexRecord }) {
  const { t } = useTexts()
  return (
    <article className={`panel record-card${record.kept ? ' record-gone' : ''}`} aria-label={`${record.mrn}^${record.source}`}>
      <div className="panel-head">
        <RecordName {...record} linked />
        {record.flags.map((flag) => (
          <Mark key={flag} tone="warn">
            {flagName(t, flag)}
          </Mark>
        ))}
        <span className="quiet push">{record.channels.join(t('common.comma'))}</span>
      </div>
      {record.kept && (
        <p className="record-kept">
          <Mark tone="mute">{t('identity.replaced')}</Mark> {t('identity.replacedBy')} <RecordName {...record.kept} />
        </p>
      )}
      <dl className="facts panel-body">
        <Fact name={t('identity.field.name')} values={record.names} />
        <Fact name={t('identity.field.sex')} values={[sexName(t, record.sex)]} />
        <Fact name={t('identity.field.born')} values={[day(record.born)]} />
        {record.identifiers.map((one) => (
          <Fact
            key={`${one.kind} ${one.value}`}
            name={kindName(t, one.kind)}
            values={[one.value, one.issuer, one.state === 'active' ? '' : cardState(t, one.state), one.valid_until ? t('identity.validUntil', { day: one.valid_until }) : '']}
          />
        ))}
        <Fact name={t('identity.field.phone')} values={record.phones} />
        <Fact name={t('identity.field.address')} values={record.addresses} />
        <Fact name={t('identity.field.mother_name')} values={[record.mother_name]} />
        <Fact name={t('identity.field.multiple_birth')} values={[record.multiple_birth === null ? '' : record.multiple_birth ? t('identity.yes') : t('identity.no')]} />
        <Fact name={t('identity.field.birth_order')} values={[record.birth_order === null ? '' : String(record.birth_order)]} />
        <dt>{t('identity.heard')}</dt>
        <dd className="row">
          <Instant at={record.first_at} relative={false} /> – <Instant at={record.last_at} />
        </dd>
      </dl>
    </article>
  )
}

function cardState(t: Translate, state: string): string {
  const known = CARD_STATES.find((one) => one === state)
  return known ? t(`identity.card.state.${known}`) : state
}

function Fact({ name, values }: { name: string; values: readonly string[] }) {
  const said = values.filter((value) => value !== '')
  if (said.length === 0) return null
  return (
    <>
      <dt>{name}</dt>
      <dd>{said.join(' · ')}</dd>
    </>
  )
}
