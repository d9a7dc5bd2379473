/** What a key does in the workbench. Pure. */

export const DECISIONS = ['link', 'never-link'] as const
export type Decision = (typeof DECISIONS)[number]

/** What the workbench is doing: showing a question, asking why, or explaining the keys. */
export type Stage = { doing: 'looking' } | { doing: 'reasoning'; said: Decision; reason: string } | { doing: 'helping' }

/** What is to be done besides; null: nothing. */
export type Effect = 'next' | 'previous' | 'skip' | 'undo' | { said: Decision; reason: string } | null

export type Pressed = { stage: Stage; effect: Effect; handled: boolean }

export const LOOKING: Stage = { doing: 'looking' }

const SAID: Readonly<Record<string, Decision>> = { l: 'link', n: 'never-link' }
const EFFECTS: Readonly<Record<string, Effect>> = { j: 'next', k: 'previous', s: 'skip', u: 'undo' }

/**
 * Say what a key does.
 *
 * @param stage what the workbench is doing.
 * @param key as the browser names it.
 * @param reasons the quick ones for the decision that is being made; the first is key 1.
 */
export function press(stage: Stage, key: string, reasons: readonly string[]): Pressed {
  const nothing = { stage, effect: null, handled: false }
  const done = (next: Stage, effect: Effect = null): Pressed => ({ stage: next, effect, handled: true })
  if (stage.doing === 'helping') return key === 'Escape' || key === '?' ? done(LOOKING) : nothing
  if (stage.doing === 'reasoning') {
    if (key === 'Escape') return done(LOOKING)
    if (key === 'Enter') return confirm(stage) ?? done(stage)
    const quick = isQuick(stage.reason, reasons) ? reasons[Number(key) - 1] : undefined
    return quick === undefined ? nothing : done({ ...stage, reason: quick })
  }
  if (key === '?') return done({ doing: 'helping' })
  const letter = key.toLowerCase()
  const said = SAID[letter]
  if (said) return done({ doing: 'reasoning', said, reason: '' })
  const effect = EFFECTS[letter]
  return effect ? done(stage, effect) : nothing
}

/** What confirming a reason does; null where there is none yet. */
export function confirm(stage: Stage): Pressed | null {
  if (stage.doing !== 'reasoning' || stage.reason.trim() === '') return null
  return { stage: LOOKING, effect: { said: stage.said, reason: stage.reason.trim() }, handled: true }
}

/** A figure picks a reason only until somebody writes his own. */
const isQuick = (reason: string, reasons: readonly string[]): boolean => reason === '' || reasons.includes(reason)
