import { useNow } from '@/lib/clock'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { fullTime, relativeTime, shortTime } from '@/lib/time'

/** An instant on the hospital's clock, and how long ago that is. */
export function Instant({ at, relative = true }: { at: string; relative?: boolean }) {
  const { timezone } = useSession()
  const { language } = useTexts()
  const now = useNow()
  return (
    <time className="instant" dateTime={at} title={`${fullTime(at, timezone)} (${timezone})`}>
      <span className="num">{shortTime(at, timezone, now)}</span>
      {relative && <span className="instant-ago">{relativeTime(at, now, language)}</span>}
    </time>
  )
}

/** How long ago an instant is; the time itself where the pointer rests. For a crowded place. */
export function Ago({ at }: { at: string }) {
  const { timezone } = useSession()
  const { language } = useTexts()
  const now = useNow()
  return (
    <time dateTime={at} title={`${fullTime(at, timezone)} (${timezone})`}>
      {relativeTime(at, now, language)}
    </time>
  )
}
