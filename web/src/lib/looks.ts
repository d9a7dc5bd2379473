/** How somebody sees patients can change while he looks: what the screen knows of them changes, too. */

import type { Query, QueryClient } from '@tanstack/react-query'

import { ApiFailure, type Glass, type MessageTrace } from './api'

const ABOUT_PATIENTS = new Set(['trace', 'neighbours', 'messages', 'messages-newest', 'deliveries', 'identity', 'record'])
const aboutPatients = { predicate: ({ queryKey }: Query) => ABOUT_PATIENTS.has(String(queryKey[0])) }

/** More may be seen from now on: ask again, and show what there is until the answer comes. */
export const seeMore = (queries: QueryClient): Promise<void> => queries.invalidateQueries(aboutPatients)

/** Less may be seen from now on: what was shown is forgotten at once. */
export const seeLess = (queries: QueryClient): Promise<void> => queries.resetQueries(aboutPatients)

/** How many looks in an emergency nobody has reviewed. */
export const unreviewedKey = ['glass', 'unreviewed'] as const

/** Whether something was refused because it needs data as they are, and they are masked. */
export function isMasked(error: unknown): boolean {
  return error instanceof ApiFailure && error.problem?.code === 'LY-1877'
}

/** Whether a look in an emergency is why a message is seen. */
export function opens(glass: Glass, { position, keys }: Pick<MessageTrace, 'position' | 'keys'>): boolean {
  if (glass.position !== '' && glass.position === position) return true
  return keys.some(({ kind, value, authority }) => kind === 'patient' && glass.patients.includes(authority ? `${value}^${authority}` : value))
}
