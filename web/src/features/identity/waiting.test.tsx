// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'

import type { ProposedDecision } from '@/lib/api'
import { startTexts, type Translate } from '@/lib/texts'

import { proposedWords } from './said'
import { chosenOf, partsOf } from './waiting'

const key = (id: string) => ({ id, source: 'HIS', mrn: id })

describe('a decision that waits', () => {
  it('is the chosen one while it waits, else the first', () => {
    const items = [{ position: '0-1' }, { position: '0-2' }]
    expect(chosenOf(items, '0-2')?.position).toBe('0-2')
    expect(chosenOf(items, '0-9')?.position).toBe('0-1')
    expect(chosenOf([], '0-1')).toBeUndefined()
  })

  it('says which records stay and which leave', () => {
    const { stay, leave } = partsOf({ records: [key('1'), key('2'), key('3')], away: [key('2')] })
    expect(stay.map(({ id }) => id)).toEqual(['1', '3'])
    expect(leave.map(({ id }) => id)).toEqual(['2'])
  })

  it('is a split where it parts one person, and keeps two apart where they are two', async () => {
    await startTexts('zh')
    const t = ((name: string) => name) as unknown as Translate
    const person = { id: '1', name: '', sex: '', born: '', identifiers: [], phones: [], addresses: [], records: [] }
    const decision: ProposedDecision = {
      position: '0-1', said: 'never-link', at: '', actor: '', reason: '', own: false, persons: [person], records: [key('1'), key('2')], away: [key('2')],
    }
    expect(proposedWords(t, decision).words).toBe('identity.second.split')
    expect(proposedWords(t, { ...decision, persons: [person, person] }).words).toBe('identity.never')
    expect(proposedWords(t, { ...decision, said: 'replacement-undone', away: [] }).words).toBe('identity.second.undone')
  })
})
