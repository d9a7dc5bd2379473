import { useQuery } from '@tanstack/react-query'

import { Mark, type Tone } from '@/components/StateMark'
import { type CaliberStanding, client, take } from '@/lib/api'
import { CALIBER_STATES } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

export type StandingState = (typeof CALIBER_STATES)[number]

/** How a caliber stands, in one word of ours. */
export function stateOf({ state }: Pick<CaliberStanding, 'state'>): StandingState {
  return CALIBER_STATES.find((one) => state === one || state.startsWith(`${one} `)) ?? 'draft'
}

const TONES: Record<StandingState, Tone> = { draft: 'mute', proposed: 'info', approved: 'good', changed: 'warn', superseded: 'mute' }

export function StandingMark({ state }: { state: StandingState }) {
  const { t } = useTexts()
  return <Mark tone={TONES[state]}>{t(`indicators.state.${state}`)}</Mark>
}

/** How all calibers stand, by the code of their indicator. */
export function useStandings(): ReadonlyMap<string, CaliberStanding[]> {
  const reads = useMay()('indicators.read')
  const standings = useQuery({
    queryKey: ['indicators', 'standings'],
    queryFn: () => take(client.GET('/api/v1/indicators/approvals')),
    enabled: reads,
    staleTime: 30_000,
    retry: false,
  })
  return byCode(standings.data?.items ?? [])
}

function byCode(items: readonly CaliberStanding[]): ReadonlyMap<string, CaliberStanding[]> {
  const found = new Map<string, CaliberStanding[]>()
  for (const one of items) found.set(one.code, [...(found.get(one.code) ?? []), one])
  return found
}
