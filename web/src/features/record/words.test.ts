import { describe, expect, it } from 'vitest'

import { isCritical, isOpen, isVoid, statusNamed, strayed } from './words'

describe('what FHIR calls by code', () => {
  it('has a name or keeps its code', () => {
    expect(statusNamed('final')).toBe('final')
    expect(statusNamed('something-new')).toBeUndefined()
  })

  it('is void, open, or neither', () => {
    expect([isVoid('entered-in-error'), isVoid('final')]).toEqual([true, false])
    expect([isOpen('preliminary'), isOpen('final')]).toEqual([true, false])
  })

  it('strays to one side', () => {
    expect(['H', 'LL', 'A', 'N', ''].map(strayed)).toEqual(['high', 'low', 'odd', null, null])
    expect(['H', 'HH'].map(isCritical)).toEqual([false, true])
  })
})
