import { WarningOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'

import { CopyButton } from '@/components/CopyButton'
import type { RecordItem, RecordOverview } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { useMay, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { bornOn, sexName, StatusMark, Unregistered } from './parts'
import { ageOn, shown } from './times'
import { isNoneKnown, isOver, isVoid } from './words'

/** Who this is and what must not be overlooked: on the screen however far one reads. */
export function RecordHeader({ record, open }: { record: RecordOverview; open: (item: RecordItem) => void }) {
  const { t } = useTexts()
  const now = useNow()
  const indexed = useMay()('identity.read')
  const { person } = record
  const age = ageOn(person.born, now)
  return (
    <header className="record-head">
      <div className="record-who">
        <h1>{person.name || t('record.nameless')}</h1>
        <span>{sexName(t, person.sex)}</span>
        {age && <span className="num">{age.years < 2 ? t('record.months', { count: age.months }) : t('record.years', { count: age.years })}</span>}
        <span className="num">{bornOn(person.born)}</span>
        <span className="record-number">
          {indexed ? (
            <Link to="/identity/persons/$person" params={{ person: person.id }} className="mono" title={t('record.toIndex')}>
              {person.id}
            </Link>
          ) : (
            <code>{person.id}</code>
          )}
          <CopyButton text={person.id} />
        </span>
        {!person.registered && (
          <>
            <Unregistered />
            <span className="mono quiet">{person.records.map(({ source, mrn }) => `${mrn}^${source}`).join(' ')}</span>
          </>
        )}
      </div>
      <Alerts record={record} open={open} />
      <Staying record={record} />
      <Notices record={record} />
    </header>
  )
}

const RANKS = ['bad', 'warn', 'mute']

/** How loudly an allergy is shown: one that is over, or that none is known, warns of nothing. */
function urgencyOf({ codes, severity, status }: RecordItem): string {
  if (isOver(status) || isNoneKnown(codes)) return 'mute'
  return severity === 'low' ? 'warn' : 'bad'
}

/** Allergies; that none is known is not the same as that there is none. */
function Alerts({ record, open }: { record: RecordOverview; open: (item: RecordItem) => void }) {
  const { t } = useTexts()
  const stated = record.sections.find(({ section }) => section === 'allergy')?.items.filter(({ status }) => !isVoid(status)) ?? []
  const found = stated.toSorted((one, other) => RANKS.indexOf(urgencyOf(one)) - RANKS.indexOf(urgencyOf(other)))
  if (found.length === 0) return <p className="record-alerts quiet">{t('record.noAllergy')}</p>
  return (
    <ul className="record-alerts" aria-label={t('record.section.allergy')}>
      {found.map((item) => (
        <li key={`${item.type}/${item.id}`}>
          <button type="button" className={`mark mark-${urgencyOf(item)}`} onClick={() => open(item)}>
            {urgencyOf(item) !== 'mute' && <WarningOutlined aria-hidden />} {item.title}
            {item.detail !== '' && <span className="mark-of">{item.detail}</span>}
          </button>
          {item.status !== 'active' && <StatusMark status={item.status} />}
        </li>
      ))}
    </ul>
  )
}

/** Where the patient lies now. */
function Staying({ record }: { record: RecordOverview }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const now = record.sections.find(({ section }) => section === 'encounter')?.items.find(({ status }) => status === 'in-progress')
  if (!now) return null
  return (
    <p className="record-staying">
      <span className="mark mark-info">{t('record.status.in-progress')}</span> {now.title} <span className="num">{shown(now.at, timezone)}</span> <span className="quiet">{now.channel}</span>
    </p>
  )
}

function Notices({ record }: { record: RecordOverview }) {
  const { t } = useTexts()
  return (
    <>
      {record.withheld > 0 && (
        <p className="record-notice" role="note">
          {t('record.withheld', { count: record.withheld })}
        </p>
      )}
      {!record.complete && (
        <p className="record-notice" role="note">
          {t('record.incomplete')}
        </p>
      )}
    </>
  )
}
