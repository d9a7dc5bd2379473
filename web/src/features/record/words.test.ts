import { describe, expect, it } from 'vitest'

import { isCritical, isNoneKnown, isNot, isOpen, isOver, isVoid, statusNamed, strayed } from './words'

describe('what FHIR calls by code', () => {
  it('has a name or keeps its code', () => {
    expect(statusNamed('final')).toBe('final')
    expect(statusNamed('something-new')).toBeUndefined()
  })

  it('is void, open, or neither', () => {
    expect([isVoid('entered-in-error'), isVoid('final')]).toEqual([true, false])
    expect([isOpen('preliminary'), isOpen('final')]).toEqual([true, false])
    expect([isVoid('refuted'), isOpen('differential'), isNot('do-not-perform'), isOver('resolved')]).toEqual([true, true, true, true])
    expect([isNot('active'), isOver('active')]).toEqual([false, false])
  })

  it('says that no allergy is known by a code of SNOMED CT alone', () => {
    const system = 'http://snomed.info/sct'
    expect([{ system, code: '716186003' }, { system: '', code: '716186003' }, { system, code: '91936005' }].map((one) => isNoneKnown([one]))).toEqual([true, false, false])
  })

  it('strays to one side', () => {
    expect(['H', 'LL', 'A', 'N', ''].map(strayed)).toEqual(['high', 'low', 'odd', null, null])
    expect(['H', 'HH'].map(isCritical)).toEqual([false, true])
  })
})
