/** What the console calls what FHIR calls by code. */

import { RECORD_SECTIONS as SECTIONS } from '@/lib/filters'

export { SECTIONS }
export type SectionName = (typeof SECTIONS)[number]

export const STATUSES = [
  'active',
  'recurrence',
  'relapse',
  'inactive',
  'remission',
  'resolved',
  'planned',
  'arrived',
  'triaged',
  'in-progress',
  'onleave',
  'finished',
  'cancelled',
  'entered-in-error',
  'registered',
  'preliminary',
  'partial',
  'final',
  'amended',
  'corrected',
  'appended',
  'unknown',
  'draft',
  'on-hold',
  'stopped',
  'completed',
  'revoked',
  'not-done',
  'current',
  'superseded',
  'booked',
  'fulfilled',
  'noshow',
  'pending',
  'proposed',
  'available',
  'billable',
  'billed',
  'refuted',
  'unconfirmed',
  'provisional',
  'differential',
  'do-not-perform',
  'not-taken',
  'intended',
] as const
export type StatusName = (typeof STATUSES)[number]

export const statusNamed = (status: string): StatusName | undefined => STATUSES.find((one) => one === status)

/** What counts no more: struck out, never hidden. */
export const isVoid = (status: string): boolean => ['entered-in-error', 'cancelled', 'revoked', 'refuted', 'superseded'].includes(status)

/** What was not done, or must not be: whoever overlooks it takes it for the opposite. */
export const isNot = (status: string): boolean => ['do-not-perform', 'not-done', 'not-taken'].includes(status)

/** What was once so, and is no longer. */
export const isOver = (status: string): boolean => ['inactive', 'resolved', 'remission'].includes(status)

const NONE_KNOWN = ['716186003', '409137002', '429625007', '428607008', '160244002']

/** Whether an allergy is a statement that none is known (SNOMED CT). */
export const isNoneKnown = (codes: readonly { system: string; code: string }[]): boolean => codes.some(({ system, code }) => system === 'http://snomed.info/sct' && NONE_KNOWN.includes(code))

/** What is not yet sure. */
export const isOpen = (status: string): boolean => ['preliminary', 'registered', 'partial', 'draft', 'planned', 'proposed', 'pending', 'unconfirmed', 'provisional', 'differential'].includes(status)

export type Strayed = 'high' | 'low' | 'odd' | null

/** To which side a value strays from what is usual, as its sender says. */
export function strayed(interpretation: string): Strayed {
  if (['H', 'HH', 'HU', '>'].includes(interpretation)) return 'high'
  if (['L', 'LL', 'LU', '<'].includes(interpretation)) return 'low'
  return ['A', 'AA', 'POS', 'R'].includes(interpretation) ? 'odd' : null
}

/** Whether a value is one that somebody has to be called about. */
export const isCritical = (interpretation: string): boolean => ['HH', 'LL', 'AA'].includes(interpretation)
