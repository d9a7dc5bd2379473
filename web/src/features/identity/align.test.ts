import { describe, expect, it } from 'vitest'

import type { IndexRecord, Person } from '@/lib/api'

import { align, standing } from './align'

const record = (mrn: string, part: Partial<IndexRecord> = {}): IndexRecord => ({
  id: `ID${mrn}`, source: 'HIS', mrn, channels: ['adt'], first_at: '2026-03-01T00:00:00Z', last_at: '2026-03-02T00:00:00Z', kept: null,
  names: ['王小明'], sex: 'M', born: '19800315', identifiers: [], phones: [], addresses: [], mother_name: '', multiple_birth: null,
  birth_order: null, flags: [], ...part,
})

const person = (records: IndexRecord[], part: Partial<Person> = {}): Person => ({
  id: records[0]?.id ?? '', asked: '', chosen: [], conflicts: [], records, links: [], decisions: [], replacements: [], questions: 0, withheld: 0, ...part,
})

const number = (value: string) => ({
  kind: 'citizen', value, issuer: '', status: '', state: 'active', valid_from: null, valid_until: null, replaced_by: '',
})
const line = (a: Person, b: Person, field: string) => align(a, b).find((one) => one.field === field)

describe('two persons side by side', () => {
  it('have a line for each field that either has, in one order', () => {
    const lines = align(person([record('1', { identifiers: [number('110')] })]), person([record('2', { phones: ['139'] })]))
    expect(lines.map(({ field }) => field)).toEqual(['name', 'sex', 'born', 'identifier', 'phone', 'record', 'channel'])
  })

  it('are alike, differ, or only one says anything', () => {
    const a = person([record('1', { names: ['王小明'], phones: ['139'] })])
    const b = person([record('2', { names: ['王小敏'] })])
    expect(line(a, b, 'born')?.verdict).toBe('same')
    expect(line(a, b, 'name')?.verdict).toBe('differ')
    expect(line(a, b, 'phone')?.verdict).toBe('lone')
  })

  it('are alike in part where one of several values is shared', () => {
    const a = person([record('1', { phones: ['139', '138'] })])
    expect(line(a, person([record('2', { phones: ['138'] })]), 'phone')?.verdict).toBe('partly')
  })

  it('say of each value which records say so, the one held true first', () => {
    const a = person([record('1', { names: ['王晓明'] }), record('7'), record('8')], {
      chosen: [{ field: 'name', kind: '', value: '王小明', source: 'HIS', mrn: '7', said_at: '2026-03-01T00:00:00Z', rule: 'newest', why: { zh: '', en: '' } }],
    })
    expect(line(a, person([record('2')]), 'name')?.mine).toEqual([
      { text: '王小明', records: ['7^HIS', '8^HIS'], held: true },
      { text: '王晓明', records: ['1^HIS'], held: false },
    ])
  })

  it('are not called alike for what is masked', () => {
    const masked = { names: ['王*'] }
    expect(line(person([record('1', masked)]), person([record('2', masked)]), 'name')?.verdict).toBe('masked')
    const year = { born: '1980' }
    expect(line(person([record('1', year)]), person([record('2', year)]), 'born')?.verdict).toBe('masked')
  })

  it('do not differ by the numbers that each has of its own', () => {
    expect(line(person([record('1')]), person([record('2')]), 'record')?.verdict).toBe('lone')
  })

  it('are seen by the records that stand', () => {
    const gone = record('3', { names: ['李四'], kept: { id: 'ID1', source: 'HIS', mrn: '1' } })
    const a = person([record('1'), gone])
    expect(standing(a)).toHaveLength(1)
    expect(line(a, person([record('2')]), 'name')?.verdict).toBe('same')
  })

  it('keep numbers of each kind apart', () => {
    const other = { ...number('110'), kind: 'passport' }
    const lines = align(person([record('1', { identifiers: [number('110')] })]), person([record('2', { identifiers: [other] })]))
    expect(lines.filter(({ field }) => field === 'identifier').map(({ kind, verdict }) => [kind, verdict])).toEqual([
      ['citizen', 'lone'],
      ['passport', 'lone'],
    ])
  })
})
