import { describe, expect, it } from 'vitest'

import type { Person } from '@/lib/api'

import { chapters, parted } from './history'

const key = (mrn: string, source = 'HIS') => ({ id: `ID${mrn}`, source, mrn })
const record = (mrn: string, kept: ReturnType<typeof key> | null = null) => ({ ...key(mrn), kept }) as Person['records'][number]
const decision = (at: string, said: string, holds: boolean, other = key('2')): Person['decisions'][number] => ({
  position: '1-1', record: key('1'), other, said, at, actor: 'steward', reason: 'x', in_force: holds,
})
const replacement = (at: string, kept: ReturnType<typeof key> | null): Person['replacements'][number] => ({
  position: '1-2', gone: key('2'), kept, at, event: kept ? 'ADT^A40' : '', actor: '', reason: '',
})
const person = (part: Partial<Person>): Person => ({
  id: 'ID1', asked: '', chosen: [], conflicts: [], records: [record('1')], links: [], decisions: [], replacements: [], questions: 0, withheld: 0, ...part,
})

describe('the history of a person', () => {
  it('is told newest first, decisions and replacements together', () => {
    const told = chapters(person({ decisions: [decision('2026-03-02T00:00:00Z', 'link', true)], replacements: [replacement('2026-03-03T00:00:00Z', key('1'))] }))
    expect(told.map((one) => one.told)).toEqual(['replacement', 'decision'])
  })

  it('lets be taken back what still counts and is seen', () => {
    const backs = (one: ReturnType<typeof decision>) => chapters(person({ decisions: [one] }))[0]?.back?.how
    expect(backs(decision('2026-03-02T00:00:00Z', 'link', true))).toBe('decision')
    expect(backs(decision('2026-03-02T00:00:00Z', 'link', false))).toBeUndefined()
    expect(backs(decision('2026-03-02T00:00:00Z', 'undecided', true))).toBeUndefined()
    expect(backs(decision('2026-03-02T00:00:00Z', 'link', true, key('', '')))).toBeUndefined()
  })

  it('lets a replacement be undone while the record is gone', () => {
    const replacements = [replacement('2026-03-02T00:00:00Z', key('1'))]
    const gone = person({ records: [record('1'), record('2', key('1'))], replacements })
    expect(chapters(gone)[0]?.back?.how).toBe('replacement')
    const undone = person({ records: [record('1'), record('2')], replacements: [...replacements, replacement('2026-03-03T00:00:00Z', null)] })
    expect(chapters(undone).map(({ back }) => back)).toEqual([null, null])
  })
})

describe('a split', () => {
  const records = [record('1'), record('2'), record('3', key('1'))]

  it('says who stays and who leaves, of the records that stand', () => {
    const parts = parted(records, new Set(['ID2']))
    expect(parts?.stay.map(({ mrn }) => mrn)).toEqual(['1'])
    expect(parts?.leave.map(({ mrn }) => mrn)).toEqual(['2'])
  })

  it('leaves nobody with nothing', () => {
    expect(parted(records, new Set())).toBeNull()
    expect(parted(records, new Set(['ID1', 'ID2']))).toBeNull()
  })
})
