import { expect, it } from 'vitest'

import type { Consent } from '@/lib/api'

import { codesIn, standing } from './standing'

const consent: Consent = {
  id: 'c',
  patient: '4711^HIS',
  decision: 'refuse',
  purposes: [],
  against: [],
  valid_from: '2026-03-01T00:00:00Z',
  valid_until: '2026-03-02T00:00:00Z',
  given_by: '',
  document: '',
  organisation: '',
  recorded_by: '',
  recorded_at: '2026-03-01T00:00:00Z',
  withdrawn_at: null,
  withdrawn_by: null,
}
const at = (instant: string) => Date.parse(instant)

it('a consent holds from its beginning until just before its end', () => {
  expect(standing(consent, at('2026-02-28T23:59:59Z'))).toBe('notYet')
  expect(standing(consent, at('2026-03-01T00:00:00Z'))).toBe('inForce')
  expect(standing(consent, at('2026-03-01T23:59:59Z'))).toBe('inForce')
  expect(standing(consent, at('2026-03-02T00:00:00Z'))).toBe('over')
  expect(standing({ ...consent, valid_until: null }, at('2036-01-01T00:00:00Z'))).toBe('inForce')
})

it('what was withdrawn is withdrawn, whenever it would have held', () => {
  const withdrawn = { ...consent, withdrawn_at: '2026-03-01T08:00:00Z' }
  expect(standing(withdrawn, at('2026-03-01T09:00:00Z'))).toBe('withdrawn')
  expect(standing(withdrawn, at('2026-03-09T00:00:00Z'))).toBe('withdrawn')
})

it('codes may be written with the commas of either language', () => {
  expect(codesIn(' LAB，CLINIC, LAB、W03\nICU；')).toEqual(['LAB', 'CLINIC', 'W03', 'ICU'])
  expect(codesIn('  ')).toEqual([])
})
