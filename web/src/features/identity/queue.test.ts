import { describe, expect, it } from 'vitest'

import type { IdentityQuestion } from '@/lib/api'

import { drawn, pairOf, placeOf, queueOf, scrolledTo } from './queue'

const somebody = (id: string) => ({ id, name: '', sex: '', born: '', identifiers: [], phones: [], addresses: [], records: [] })
const question = (a: string, b: string): IdentityQuestion => ({ person: somebody(a), other: somebody(b), bits: 5, why: 'score', pairs: 1 })
const THREE = [question('A', 'B'), question('C', 'D'), question('E', 'F')]
const names = (queue: readonly IdentityQuestion[]) => queue.map(pairOf)

describe('the queue', () => {
  it('is without what was answered, and what was skipped comes last in the order of skipping', () => {
    expect(names(queueOf(THREE, new Set(['C D']), []))).toEqual(['A B', 'E F'])
    expect(names(queueOf(THREE, new Set(), ['E F', 'A B']))).toEqual(['C D', 'E F', 'A B'])
  })

  it('knows a pair whichever is named first', () => {
    expect(pairOf(question('B', 'A'))).toBe(pairOf(question('A', 'B')))
  })

  it('stays at the question that is shown wherever it moves, and goes on where that is gone', () => {
    expect(placeOf(THREE, 'E F', 0)).toBe(2)
    expect(placeOf(THREE, 'X Y', 1)).toBe(1)
    expect(placeOf(THREE, 'X Y', 9)).toBe(2)
    expect(placeOf([], null, 3)).toBe(0)
  })
})

describe('a long list', () => {
  it('is drawn only where it is seen', () => {
    expect(drawn(10_000, 50, 5_000, 500)).toEqual({ from: 96, to: 114 })
    expect(drawn(3, 50, 0, 500)).toEqual({ from: 0, to: 3 })
    expect(drawn(0, 50, 400, 500)).toEqual({ from: 0, to: 0 })
  })

  it('scrolls no further than a row needs to be seen whole', () => {
    expect(scrolledTo(2, 50, 0, 500)).toBe(0)
    expect(scrolledTo(10, 50, 0, 500)).toBe(50)
    expect(scrolledTo(2, 50, 300, 500)).toBe(100)
  })
})
