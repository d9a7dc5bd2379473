import { Mark, type Tone } from '@/components/StateMark'
import type { Person } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { align, type Field, type Line, type Value, type Verdict } from './align'
import { nearest, pieces } from './characters'
import { day, flagName, kindName, PersonLink, PersonNumber, RecordName, sexName } from './parts'

const TONES: Record<Verdict, Tone> = { same: 'good', partly: 'info', differ: 'bad', lone: 'mute', masked: 'mute' }

/** Fields of which the value is a word and no text: it differs whole. */
const CODED: ReadonlySet<Field> = new Set(['sex', 'multiple_birth', 'birth_order', 'flag'])

/** Two persons side by side: every field that either has, alike or not, and in which characters. */
export function Compare({ person, other }: { person: Person; other: Person }) {
  const { t } = useTexts()
  return (
    <div className="compare-wrap">
      <table className="compare">
        <caption className="sr-only">{t('identity.compare')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('identity.fieldTitle')}</th>
            <Head person={person} />
            <Head person={other} />
            <th scope="col" className="compare-verdict">
              {t('identity.verdictTitle')}
            </th>
          </tr>
        </thead>
        <tbody>
          {align(person, other).map((line) => (
            <Row key={`${line.field} ${line.kind}`} line={line} several={[person.records.length > 1, other.records.length > 1]} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Head({ person }: { person: Person }) {
  const { t } = useTexts()
  return (
    <th scope="col">
      <PersonLink id={person.id}>
        <PersonNumber id={person.id} />
      </PersonLink>
      <span className="quiet">{t('identity.records', { count: person.records.length })}</span>
      {person.withheld > 0 && <span className="quiet">{t('identity.withheld', { count: person.withheld })}</span>}
    </th>
  )
}

function Row({ line, several }: { line: Line; several: [boolean, boolean] }) {
  const { t } = useTexts()
  const own = line.field === 'record' || line.field === 'channel'
  return (
    <tr className={`compare-${own ? 'own' : line.verdict}`}>
      <th scope="row">{fieldName(t, line)}</th>
      <Side line={line} values={line.mine} others={line.others} several={several[0]} />
      <Side line={line} values={line.others} others={line.mine} several={several[1]} />
      <td className="compare-verdict">{!own && <Mark tone={TONES[line.verdict]}>{t(`identity.verdict.${line.verdict}`)}</Mark>}</td>
    </tr>
  )
}

function fieldName(t: Translate, { field, kind }: Line): string {
  return field === 'identifier' ? kindName(t, kind) : t(`identity.field.${field}`)
}

type SideProps = { line: Line; values: Value[]; others: Value[]; several: boolean }

function Side({ line, values, others, several }: SideProps) {
  const { t } = useTexts()
  if (values.length === 0) return <td className="quiet">{t('identity.nothingSaid')}</td>
  const theirs = others.map(({ text }) => text)
  return (
    <td>
      <ul className="compare-values">
        {values.map((value) => (
          <li key={value.text}>
            <Shown line={line} text={value.text} others={theirs} />
            {several && line.field !== 'record' && (
              <span className="compare-said quiet">
                {value.held && <span>{t('identity.held')}</span>}
                {value.records.join(t('common.comma'))}
              </span>
            )}
          </li>
        ))}
      </ul>
    </td>
  )
}

function Shown({ line, text, others }: { line: Line; text: string; others: string[] }) {
  const { t } = useTexts()
  if (line.field === 'record') {
    const cut = text.lastIndexOf('^')
    return <RecordName mrn={text.slice(0, cut)} source={text.slice(cut + 1)} linked />
  }
  const spoken = inWords(t, line, text)
  if (CODED.has(line.field)) return <span className="compare-value">{spoken}</span>
  const differs = line.verdict === 'differ' || line.verdict === 'partly'
  const beside = differs && !others.includes(text) ? nearest(text, others) : undefined
  if (beside === undefined) return <span className="compare-value">{spoken}</span>
  return <Differing value={spoken} other={inWords(t, line, beside)} />
}

function inWords(t: Translate, { field }: Line, text: string): string {
  if (field === 'sex') return sexName(t, text)
  if (field === 'born') return day(text)
  if (field === 'flag') return flagName(t, text)
  if (field === 'multiple_birth') return text === 'true' ? t('identity.yes') : t('identity.no')
  return text
}

/** A value in which what the other has not is underlined, heavier, and read out as such. */
export function Differing({ value, other }: { value: string; other: string }) {
  const cut = pieces(value, other)
  const alike = cut.some(({ same }) => same)
  return (
    <span className="compare-value">
      {cut.map(({ text, same }, place) => (same || !alike ? <span key={place}>{text}</span> : <em key={place}>{text}</em>))}
    </span>
  )
}
