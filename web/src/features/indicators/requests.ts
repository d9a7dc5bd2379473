/** Requests for figures: what the pages about them share. */

import type { Tone } from '@/components/StateMark'
import type { FigureRequest } from '@/lib/api'

export const REQUESTS = ['indicators', 'requests']

export const REQUEST_TONES: Record<FigureRequest['state'], Tone> = { asked: 'warn', returned: 'warn', approved: 'info', refused: 'mute', answered: 'good', withdrawn: 'mute', revoked: 'mute' }

/** Whole days that a request has waited. */
export const daysSince = (at: string, now: number): number => Math.max(0, Math.floor((now - Date.parse(at)) / 86_400_000))

/** Whether it is later than it was needed: days are compared as the hospital's clock says them. */
export const isLate = ({ needed_on, state }: Pick<FigureRequest, 'needed_on' | 'state'>, today: string): boolean => needed_on !== null && needed_on < today && ['asked', 'returned', 'approved'].includes(state)
