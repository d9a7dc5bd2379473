import { Link } from '@tanstack/react-router'

import type { RecordItem, RecordValue } from '@/lib/api'
import { useMay, useSession } from '@/lib/session'
import { type Translate, useTexts } from '@/lib/texts'

import { shown } from './times'
import { isCritical, isNot, isOpen, isVoid, SECTIONS, statusNamed, strayed } from './words'

export function sectionName(t: Translate, section: string): string {
  const known = SECTIONS.find((one) => one === section)
  return known ? t(`record.section.${known}`) : section
}

/** A value that is longer is a sentence, and may be broken. */
const WORDS_FROM = 16

const UNITS = new Map([
  ['Cel', '°C'],
  ['mm[Hg]', 'mmHg'],
  ['mm(Hg)', 'mmHg'],
  ['[iU]', 'IU'],
])

/** A unit as people write it, where UCUM writes another. */
export const unitName = (unit: string): string => UNITS.get(unit) ?? unit

/** A value with its unit; what strays is marked by shape, word and colour. */
export function Measure({ value }: { value: RecordValue }) {
  const { t } = useTexts()
  const side = strayed(value.interpretation)
  if (value.text === '') return value.absent === '' ? null : <span className="quiet">{value.absent}</span>
  return (
    <span className={`measure${value.text.length > WORDS_FROM ? ' measure-words' : ''}${side ? ` measure-${side}` : ''}${isCritical(value.interpretation) ? ' measure-critical' : ''}`}>
      <span className="num">{value.text}</span>
      {value.unit !== '' && <span className="measure-unit">{unitName(value.unit)}</span>}
      {side && (
        <abbr title={t(`record.strayed.${side}`)} aria-label={t(`record.strayed.${side}`)}>
          {side === 'high' ? '↑' : side === 'low' ? '↓' : '!'}
        </abbr>
      )}
    </span>
  )
}

/** The range within which a value is usual, as its sender says. */
export function Usual({ value }: { value: RecordValue }) {
  const { low, high, range } = value
  if (range !== '') return <span className="quiet">{range}</span>
  if (low === '' && high === '') return null
  return <span className="quiet num nowrap">{low === '' ? `≤ ${high}` : high === '' ? `≥ ${low}` : `${low}–${high}`}</span>
}

export function StatusMark({ status }: { status: string }) {
  const { t } = useTexts()
  if (status === '') return null
  const known = statusNamed(status)
  const kind = isVoid(status) || isNot(status) ? 'bad' : isOpen(status) ? 'warn' : 'mute'
  return <span className={`mark mark-${kind}`}>{known ? t(`record.status.${known}`) : status}</span>
}

export function When({ at, until = '' }: { at: string; until?: string }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  if (at === '') return <span className="quiet">{t('record.undated')}</span>
  return (
    <time className="num nowrap" dateTime={at}>
      {shown(at, timezone)}
      {until !== '' && until !== at && ` – ${shown(until, timezone)}`}
    </time>
  )
}

/** Who says so: the channel, and the message itself for whoever may see messages. */
export function Source({ item }: { item: RecordItem }) {
  const { t } = useTexts()
  const reads = useMay()('messages.read')
  return (
    <span className="record-source">
      {item.channel}
      {reads && (
        <Link to="/messages/$position" params={{ position: item.position }} title={t('record.toMessage')} className="mono">
          {item.position}
        </Link>
      )}
    </span>
  )
}

/** What an item is about: its words, else its code. */
export function Title({ item }: { item: RecordItem }) {
  const { t } = useTexts()
  const name = item.title || item.codes[0]?.code || t('record.untitled')
  return isVoid(item.status) ? <del>{name}</del> : <span>{name}</span>
}

export function sexName(t: Translate, sex: string): string {
  if (sex === 'M') return t('identity.male')
  return sex === 'F' ? t('identity.female') : sex
}

/** A birthday as people write it; one that is masked or known in part as it is. */
export const bornOn = (born: string): string => (/^\d{8}$/.test(born) ? `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}` : born)

/** Whom only results and the like tell of. */
export function Unregistered() {
  const { t } = useTexts()
  return (
    <span className="mark mark-warn" title={t('record.unregisteredText')}>
      {t('record.unregistered')}
    </span>
  )
}
