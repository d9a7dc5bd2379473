/** Decisions that wait for a second person: who asks for them, and what they would do. */

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'

import { client, type ProposedDecision, take } from '@/lib/api'
import { useMay } from '@/lib/session'

export const waitingKey = ['identity', 'proposed'] as const
const FRESH_MS = 60_000

/** The decisions that wait, asked again now and then: others propose and confirm, too. */
export function useWaiting() {
  const decides = useMay()('identity.decide')
  return useQuery({
    queryKey: waitingKey,
    queryFn: () => take(client.GET('/api/v1/identity/decisions/proposed')),
    refetchInterval: FRESH_MS,
    enabled: decides,
  })
}

/** Goes where a decision waits, if it was only proposed; tells whether it was. */
export function useGoWaiting(): (answer: { proposed: boolean }) => boolean {
  const navigate = useNavigate()
  return ({ proposed }) => {
    if (proposed) void navigate({ to: '/identity/waiting' })
    return proposed
  }
}

/** The one that was chosen, where it still waits; else the first. */
export const chosenOf = <T extends { position: string }>(items: readonly T[], chosen: string): T | undefined =>
  items.find(({ position }) => position === chosen) ?? items[0]

/** Which records a decision leaves together, and which it takes away. */
export function partsOf({ records, away }: Pick<ProposedDecision, 'records' | 'away'>) {
  const leaves = new Set(away.map(({ id }) => id))
  return { stay: records.filter(({ id }) => !leaves.has(id)), leave: away }
}
