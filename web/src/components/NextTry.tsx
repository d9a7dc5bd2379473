import type { DestinationCard } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { useTexts } from '@/lib/texts'
import { duration } from '@/lib/time'

/** When a destination that is interrupted is tried again, counting down. */
export function NextTry({ lane }: { lane: DestinationCard }) {
  const { t, language } = useTexts()
  const now = useNow()
  if (lane.breaker === 'closed' || lane.next_try_at === null || lane.wanted === 'stopped') return null
  const seconds = Math.ceil((Date.parse(lane.next_try_at) - now) / 1000)
  return (
    <span className="num next-try">
      {seconds > 0 && lane.breaker === 'open'
        ? t('overview.nextTry', { in: duration(seconds, language) })
        : t('overview.tryingNow')}
    </span>
  )
}
