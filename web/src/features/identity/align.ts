/** What the records of two persons say, field beside field. Pure. */

import type { IndexRecord, Person } from '@/lib/api'

export const FIELDS = [
  'name', 'sex', 'born', 'identifier', 'phone', 'address', 'mother_name', 'multiple_birth', 'birth_order', 'flag', 'record', 'channel',
] as const
export type Field = (typeof FIELDS)[number]

/** One value of a field, which records say so, and whether it is held true. */
export type Value = { text: string; records: string[]; held: boolean }

/** same: all alike; partly: some are; differ: none is; lone: only one side says anything; masked: alike as far as is shown. */
export type Verdict = 'same' | 'partly' | 'differ' | 'lone' | 'masked'

export type Line = { field: Field; kind: string; mine: Value[]; others: Value[]; verdict: Verdict }

/** A record as people call it: number and authority. */
export const called = ({ source, mrn }: { source: string; mrn: string }): string => (source === '' ? '' : `${mrn}^${source}`)

const MASK = '*'
const HELD: Partial<Record<Field, string>> = { name: 'name', sex: 'sex', born: 'born', identifier: 'identifiers', phone: 'phones', address: 'addresses', mother_name: 'mother_name' }

/** Fields that belong to one record alone: to differ in them says nothing. */
const OWN: ReadonlySet<Field> = new Set(['record', 'channel'])

type Said = { field: Field; kind: string; text: string }

function* saidBy(record: IndexRecord): Iterable<Said> {
  const plain = (field: Field, text: string): Said => ({ field, kind: '', text })
  yield* record.names.map((text) => plain('name', text))
  yield plain('sex', record.sex)
  yield plain('born', record.born)
  yield* record.identifiers.map(({ kind, value }): Said => ({ field: 'identifier', kind, text: value }))
  yield* record.phones.map((text) => plain('phone', text))
  yield* record.addresses.map((text) => plain('address', text))
  yield plain('mother_name', record.mother_name)
  yield plain('multiple_birth', record.multiple_birth === null ? '' : String(record.multiple_birth))
  yield plain('birth_order', record.birth_order === null ? '' : String(record.birth_order))
  yield* record.flags.map((text) => plain('flag', text))
  yield plain('record', called(record))
  yield* record.channels.map((text) => plain('channel', text))
}

/** What stands: a record whose place another took no longer speaks for the person. */
export const standing = (person: Person): IndexRecord[] => person.records.filter(({ kept }) => kept === null)

function valuesOf(person: Person): Map<string, Map<string, Value>> {
  const lines = new Map<string, Map<string, Value>>()
  for (const record of standing(person))
    for (const { field, kind, text } of saidBy(record)) {
      if (text === '') continue
      const line = `${field} ${kind}`
      const values = lines.get(line) ?? new Map<string, Value>()
      lines.set(line, values)
      const value = values.get(text) ?? { text, records: [], held: isHeld(person, field, kind, text) }
      if (!value.records.includes(called(record))) value.records.push(called(record))
      values.set(text, value)
    }
  return lines
}

function isHeld(person: Person, field: Field, kind: string, text: string): boolean {
  const name = HELD[field]
  const first = person.chosen.find((one) => one.field === name && (field !== 'identifier' || (one.kind || 'unsaid') === (kind || 'unsaid')))
  return first?.value === text
}

/** Whether more may stand behind a value than is shown: of a masked date of birth the year is left. */
function isCut(field: Field, text: string): boolean {
  return text.includes(MASK) || (field === 'born' && text.length === 4)
}

function verdictOf(field: Field, mine: readonly Value[], others: readonly Value[]): Verdict {
  if (mine.length === 0 || others.length === 0 || OWN.has(field)) return 'lone'
  const theirs = new Set(others.map(({ text }) => text))
  const shared = mine.filter(({ text }) => theirs.has(text))
  if (shared.length === 0) return 'differ'
  if (shared.every(({ text }) => isCut(field, text))) return 'masked'
  return shared.length === mine.length && shared.length === others.length ? 'same' : 'partly'
}

/** Lay two persons side by side: a line for each field, and for each kind of number, that either has. */
export function align(one: Person, other: Person): Line[] {
  const mine = valuesOf(one)
  const others = valuesOf(other)
  const heldFirst = (values: Map<string, Value> | undefined) => [...(values?.values() ?? [])].sort((a, b) => Number(b.held) - Number(a.held))
  return [...new Set([...mine.keys(), ...others.keys()])]
    .map((line): Line => {
      const [field, kind] = line.split(' ') as [Field, string]
      const [a, b] = [heldFirst(mine.get(line)), heldFirst(others.get(line))]
      return { field, kind, mine: a, others: b, verdict: verdictOf(field, a, b) }
    })
    .sort((a, b) => FIELDS.indexOf(a.field) - FIELDS.indexOf(b.field) || a.kind.localeCompare(b.kind))
}
