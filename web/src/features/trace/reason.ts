import type { Neighbours } from '@/lib/api'

export type Reason = 'noPatient' | 'noPrevious' | 'noNext' | 'noPreviousHere' | 'noNextHere' | 'archivedBetween'

/** Why there is no neighbour on one side, or what should be known about the one there is. */
export function reasonOf(found: Neighbours | undefined, side: 'previous' | 'next'): Reason | null {
  if (!found) return null
  if (!found.patient) return 'noPatient'
  const archived = side === 'previous' ? found.archived_before : found.archived_after
  if (found[side]) return archived ? 'archivedBetween' : null
  if (side === 'previous') return archived ? 'noPreviousHere' : 'noPrevious'
  return archived ? 'noNextHere' : 'noNext'
}
