import { describe, expect, it } from 'vitest'

import type { DefinitionLine } from '@/lib/api'

import { CONTEXT, fold } from './fold'

/** `=` in both, `-` only in the old one, `+` only in the one in force. */
const lines = (signs: string): DefinitionLine[] =>
  [...signs].map((sign, place) => ({
    where: sign === '=' ? 'both' : sign === '-' ? 'this' : 'in_force',
    number: place,
    number_in_force: place,
    text: `${place}`,
  }))
const shape = (signs: string) => fold(lines(signs)).map(({ folded, lines: of }) => (folded ? of.length : of.map(({ text }) => text).join(' ')))

describe('what is the same', () => {
  it('is folded away beyond three lines around what differs', () => {
    expect(CONTEXT).toBe(3)
    expect(shape('=======-+=======')).toEqual([4, '4 5 6 7 8 9 10 11', 4])
  })

  it('stays where two differences are near each other', () => {
    expect(shape('-======+')).toEqual(['0 1 2 3 4 5 6 7'])
    expect(shape('-=========+')).toEqual(['0 1 2 3', 3, '7 8 9 10'])
  })

  it('is not hidden where a button would take as much room', () => {
    expect(fold(lines('-=======+')).map(({ folded }) => folded)).toEqual([false, false, false])
  })

  it('is folded whole where nothing differs', () => {
    expect(shape('=====')).toEqual([5])
    expect(shape('')).toEqual([])
  })

  it('loses no line', () => {
    for (const signs of ['=-=+=====-======+', '+++', '=====-=====', '='])
      expect(fold(lines(signs)).flatMap(({ lines: of }) => of)).toEqual(lines(signs))
  })
})
