import { Button } from 'antd'

import { useNow } from '@/lib/clock'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { fullTime } from '@/lib/time'

/** Today in the hospital. */
export function useToday(): string {
  const { timezone } = useSession()
  return fullTime(new Date(useNow()).toISOString(), timezone).slice(0, 10)
}

/** Travels through time: everything on the page is as of this day. */
export function DayPicker({ day, change }: { day: string | undefined; change: (day: string | undefined) => void }) {
  const { t } = useTexts()
  const today = useToday()
  return (
    <span className="row">
      <label className="row" title={t('masterdata.asOfHint')}>
        <span className="quiet">{t('masterdata.asOf')}</span>
        <input
          type="date"
          className="native"
          value={day ?? today}
          onChange={({ target }) => change(target.value === today ? undefined : target.value || undefined)}
        />
      </label>
      {day !== undefined && day !== today && (
        <Button size="small" onClick={() => change(undefined)}>
          {t('masterdata.today')}
        </Button>
      )}
    </span>
  )
}

/** Says so when the day is not today. */
export function DayNotice({ day }: { day: string | undefined }) {
  const { t } = useTexts()
  const today = useToday()
  if (day === undefined || day === today) return null
  return (
    <p className="day-notice" role="status">
      {t('masterdata.past', { day })}
    </p>
  )
}
