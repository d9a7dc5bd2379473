import { describe, expect, it } from 'vitest'

import { LOOKING, press, type Stage } from './keys'

const REASONS = ['numbers agree', 'facts agree']

/** What came of pressing keys one after the other, and the effects on the way. */
function pressed(...keys: string[]) {
  let stage: Stage = LOOKING
  const effects = keys.flatMap((key) => {
    const found = press(stage, key, REASONS)
    stage = found.stage
    return found.effect === null ? [] : [found.effect]
  })
  return { stage, effects }
}

describe('the keys of the workbench', () => {
  it('go through the queue', () => {
    expect(pressed('j', 'k', 's', 'u').effects).toEqual(['next', 'previous', 'skip', 'undo'])
    expect(pressed('J').effects).toEqual(['next'])
  })

  it('decide with a quick reason', () => {
    expect(pressed('l', '1', 'Enter')).toEqual({ stage: LOOKING, effects: [{ said: 'link', reason: 'numbers agree' }] })
    expect(pressed('N', '1', '2', 'Enter').effects).toEqual([{ said: 'never-link', reason: 'facts agree' }])
  })

  it('decide nothing without a reason', () => {
    expect(pressed('l', 'Enter')).toEqual({ stage: { doing: 'reasoning', said: 'link', reason: '' }, effects: [] })
  })

  it('give up on a decision', () => {
    expect(pressed('n', '1', 'Escape')).toEqual({ stage: LOOKING, effects: [] })
  })

  it('leave figures and letters to whoever writes a reason', () => {
    const writing: Stage = { doing: 'reasoning', said: 'link', reason: 'room ' }
    for (const key of ['1', 'j', 'u', '?']) expect(press(writing, key, REASONS)).toEqual({ stage: writing, effect: null, handled: false })
    expect(press(writing, 'Enter', REASONS).effect).toEqual({ said: 'link', reason: 'room' })
    expect(press({ ...writing, reason: '' }, '9', REASONS).handled).toBe(false)
  })

  it('explain themselves, and do nothing else meanwhile', () => {
    expect(pressed('?', 'l', 'j')).toEqual({ stage: { doing: 'helping' }, effects: [] })
    expect(pressed('?', '?').stage).toEqual(LOOKING)
  })

  it('that mean nothing are left alone', () => {
    for (const key of ['Enter', 'x', '1', 'Tab']) expect(press(LOOKING, key, REASONS).handled).toBe(false)
  })
})
