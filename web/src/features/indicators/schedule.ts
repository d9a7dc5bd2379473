/** When a report is due, in words; and a report as a form has it. */

import type { ReportSchedule } from '@/lib/api'
import { useTexts } from '@/lib/texts'

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
type Weekday = (typeof WEEKDAYS)[number]

/** The day of the week as the catalogue names it. */
export const weekdayOf = (number: number | undefined): Weekday => WEEKDAYS[(number ?? 1) - 1] ?? 'monday'

/** Tells when a report is due. */
export function useScheduleWords(): (schedule: ReportSchedule | null | undefined) => string {
  const { t } = useTexts()
  return (schedule) => {
    if (!schedule) return t('indicators.reports.byHand')
    const { every, at = '07:30', weekday, day = 2, workdays } = schedule
    const word = every === 'daily' ? t('indicators.reports.daily', { at }) : every === 'weekly' ? t('indicators.reports.weekly', { at, weekday: t(`indicators.reports.weekday.${weekdayOf(weekday)}`) }) : t('indicators.reports.monthly', { at, day })
    return workdays ? `${word} · ${t('indicators.reports.workdays')}` : word
  }
}

/** The parts of a text that are divided by commas or blanks, each once. */
export const listed = (text: string): string[] => [...new Set(text.split(/[\s,，;；、]+/).filter(Boolean))]
