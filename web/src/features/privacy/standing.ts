import type { Tone } from '@/components/StateMark'
import type { Consent } from '@/lib/api'

export type Standing = 'inForce' | 'notYet' | 'over' | 'withdrawn'

export const standingTone: Record<Standing, Tone> = { inForce: 'good', notYet: 'info', over: 'mute', withdrawn: 'mute' }

/** Whether a consent holds at an instant (milliseconds since the epoch), and if not, why. */
export function standing({ valid_from: from, valid_until: until, withdrawn_at: withdrawn }: Consent, now: number): Standing {
  if (withdrawn !== null) return 'withdrawn'
  if (until !== null && now >= Date.parse(until)) return 'over'
  return now < Date.parse(from) ? 'notYet' : 'inForce'
}

/** Codes of organisations as a person types them, each once: by commas, spaces or lines. */
export function codesIn(typed: string): string[] {
  return [...new Set(typed.split(/[\s,;\uff0c\u3001\uff1b]+/).filter((code) => code !== ''))]
}
