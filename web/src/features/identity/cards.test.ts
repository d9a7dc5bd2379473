import { describe, expect, it } from 'vitest'

import type { Person } from '@/lib/api'

import { cardsOf, changesOf, isOver, toneOf } from './cards'

const number = (kind: string, value: string, state = 'active', more: object = {}) => ({
  kind, value, issuer: 'HIS', status: '', state, valid_from: null, valid_until: null, replaced_by: '', ...more,
})
const record = (mrn: string, identifiers: object[], kept: object | null = null) => ({ id: mrn, source: 'HIS', mrn, identifiers, kept })
const person = (...records: object[]) => ({ records }) as unknown as Pick<Person, 'records'>

describe('the cards of a person', () => {
  it('are those of her records that stand, by kind, those that count first', () => {
    const found = cardsOf(
      person(
        record('1', [number('citizen', 'X'), number('hospital-card', '1', 'lost'), number('hospital-card', '2'), number('e-health-card', 'E')]),
        record('2', [number('hospital-card', '3')], { id: '1', source: 'HIS', mrn: '1' }),
      ),
    )
    expect(found.map(({ value }) => value)).toEqual(['E', '2', '1'])
  })

  it('run out by the day, unless somebody said that they are gone', () => {
    expect(isOver({ state: 'active', until: '2026-03-01' }, '2026-03-02')).toBe(true)
    expect(isOver({ state: 'active', until: '2026-03-02' }, '2026-03-02')).toBe(false)
    expect(isOver({ state: 'lost', until: '2026-03-01' }, '2026-03-02')).toBe(false)
    expect(toneOf({ state: 'active', until: '2026-03-01' }, '2026-03-02')).toBe('warn')
    expect(toneOf({ state: 'lost', until: null }, '2026-03-02')).toBe('bad')
  })

  it('are reported by those who have them, and brought back', () => {
    expect(changesOf('active')).toEqual(['lost', 'replaced', 'cancelled'])
    expect(changesOf('lost')).toEqual(['active'])
  })
})
