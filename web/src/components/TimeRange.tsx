import { useState } from 'react'

import { RANGE_MINUTES, RANGES, type Range } from '@/lib/filters'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { instantFromLocal, localFromInstant } from '@/lib/time'

export type Span = { last?: Range | undefined; from?: string | undefined; to?: string | undefined }

/** A span of time: one of the usual ones, or from–to on the hospital's clock. */
export function TimeRange({ span, change }: { span: Span; change: (span: Span) => void }) {
  const { t } = useTexts()
  const custom = span.from !== undefined || span.to !== undefined
  const [open, setOpen] = useState(custom)
  const words = (range: Range) => {
    const minutes = RANGE_MINUTES[range]
    if (minutes < 60) return t('messages.lastMinutes', { count: minutes })
    return minutes <= 1440 ? t('messages.lastHours', { count: minutes / 60 }) : t('messages.lastDays', { count: minutes / 1440 })
  }
  const value = span.last ?? (open || custom ? 'custom' : '')
  return (
    <>
      <span className={`chip${value === '' ? '' : ' chip-set'}`}>
        <label>
          <span className="chip-label">{t('messages.range')}</span>
          <select
            value={value}
            onChange={(event) => {
              const chosen = RANGES.find((range) => range === event.target.value)
              setOpen(event.target.value === 'custom')
              change({ last: chosen, from: undefined, to: undefined })
            }}
          >
            <option value="">{t('common.any')}</option>
            {RANGES.map((range) => (
              <option key={range} value={range}>
                {words(range)}
              </option>
            ))}
            <option value="custom">{t('messages.custom')}</option>
          </select>
        </label>
      </span>
      {value === 'custom' && (
        <>
          <LocalInstant label={t('messages.from')} value={span.from} change={(from) => change({ from, to: span.to })} />
          <LocalInstant label={t('messages.to')} value={span.to} change={(to) => change({ from: span.from, to })} />
        </>
      )}
    </>
  )
}

/** An instant, typed and shown on the hospital's clock. */
export function LocalInstant({ label, value, change }: { label: string; value: string | undefined; change: (instant: string | undefined) => void }) {
  const { timezone } = useSession()
  const { t } = useTexts()
  return (
    <span className={`chip${value === undefined ? '' : ' chip-set'}`}>
      <label title={t('messages.zone', { zone: timezone })}>
        <span className="chip-label">{label}</span>
        <input
          type="datetime-local"
          step="1"
          value={value === undefined ? '' : localFromInstant(value, timezone)}
          onChange={(event) => change(instantFromLocal(event.target.value, timezone) ?? undefined)}
        />
      </label>
    </span>
  )
}
