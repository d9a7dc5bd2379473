import type { DestinationCard } from '@/lib/api'
import { compact } from '@/lib/format'
import { useTexts } from '@/lib/texts'

/** How many messages a destination has still to get; "at most" where its filter looks into them and not all were. */
export function QueueDepth({ lane }: { lane: DestinationCard }) {
  const { t } = useTexts()
  const size = compact(lane.queue_depth)
  if (lane.queue_exact) return size
  return <span title={t('common.atMostHint')}>{t('common.atMost', { size })}</span>
}
