import { expect, it } from 'vitest'

import type { Neighbours } from '@/lib/api'

import { reasonOf } from './reason'

const patient = { kind: 'patient', value: '0004711', authority: 'HIS' } as const
const one = { position: '1-7', received_at: '2026-03-01T08:00:00Z', channel: 'adt', kind: 'hl7v2 ADT^A01' }
const found = (part: Partial<Neighbours>): Neighbours => ({
  patient,
  previous: null,
  next: null,
  archived_before: false,
  archived_after: false,
  ...part,
})

it('a side without a neighbour says why', () => {
  expect(reasonOf(found({}), 'previous')).toBe('noPrevious')
  expect(reasonOf(found({}), 'next')).toBe('noNext')
})

it('what was not searched is never called absent', () => {
  expect(reasonOf(found({ archived_before: true }), 'previous')).toBe('noPreviousHere')
  expect(reasonOf(found({ archived_after: true }), 'next')).toBe('noNextHere')
  expect(reasonOf(found({ previous: one, archived_before: true }), 'previous')).toBe('archivedBetween')
})

it('a neighbour needs no reason', () => {
  expect(reasonOf(found({ previous: one, next: one, archived_after: false }), 'previous')).toBeNull()
  expect(reasonOf(undefined, 'next')).toBeNull()
})

it('without a patient both sides have the same reason', () => {
  expect(reasonOf(found({ patient: null }), 'previous')).toBe('noPatient')
  expect(reasonOf(found({ patient: null }), 'next')).toBe('noPatient')
})
