import { describe, expect, it } from 'vitest'

import { connected } from './lines'

const EDGES = [
  { begin: 'his', end: 'adt' },
  { begin: 'lis', end: 'oru' },
  { begin: 'adt', end: 'encounter' },
  { begin: 'oru', end: 'result' },
  { begin: 'encounter', end: 'number' },
  { begin: 'result', end: 'number' },
]

describe('what is connected', () => {
  it('goes both ways, and not back again on another path', () => {
    expect([...connected(EDGES, 'adt')].sort()).toEqual(['adt', 'encounter', 'his', 'number'])
    expect(connected(EDGES, 'number').size).toBe(7)
  })

  it('ends in a circle', () => {
    const circle = [{ begin: 'a', end: 'b' }, { begin: 'b', end: 'a' }]
    expect(connected(circle, 'a')).toEqual(new Set(['a', 'b']))
  })
})
