import { describe, expect, it } from 'vitest'

import { askedBy, questionIn, savedIn, searchOf } from './explored'
import { daysSince, isLate } from './requests'

describe('requests for figures', () => {
  it('wait whole days', () => {
    const now = Date.parse('2026-07-10T02:00:00Z')
    expect(daysSince('2026-07-10T01:59:59Z', now)).toBe(0)
    expect(daysSince('2026-07-08T02:00:01Z', now)).toBe(1)
    expect(daysSince('2026-07-08T02:00:00Z', now)).toBe(2)
    expect(daysSince('2026-07-11T02:00:00Z', now)).toBe(0)
  })

  it('are late from the day after, and only while somebody has to do something', () => {
    expect(isLate({ needed_on: '2026-07-09', state: 'asked' }, '2026-07-10')).toBe(true)
    expect(isLate({ needed_on: '2026-07-10', state: 'asked' }, '2026-07-10')).toBe(false)
    expect(isLate({ needed_on: '2026-07-09', state: 'answered' }, '2026-07-10')).toBe(false)
    expect(isLate({ needed_on: null, state: 'asked' }, '2026-07-10')).toBe(false)
  })
})

describe('a link to an exploration', () => {
  it('says its question, or which saved one it opens', () => {
    const link = 'https://a.test/indicators/explore?codes=EX-04,EX-02&by=department&where=payer:self'
    expect(questionIn(link)).toMatchObject({ codes: 'EX-04,EX-02', by: 'department', where: 'payer:self', period: '' })
    expect(savedIn(link)).toBeNull()
    const saved = '00000000-0000-0000-0000-000000000001'
    expect(savedIn(`https://a.test/indicators/explore?saved=${saved}`)).toBe(saved)
    expect(questionIn(`https://a.test/indicators/explore?saved=${saved}`)).toBeNull()
  })

  it('is nothing where it is none', () => {
    for (const text of ['', 'abc', 'https://a.test/?codes=<b>', '?saved=1']) {
      expect(questionIn(text)).toBeNull()
      expect(savedIn(text)).toBeNull()
    }
  })

  it('leads back to what it asks', () => {
    const search = { codes: 'EX-04', by: 'month' }
    expect(searchOf(askedBy(search))).toEqual(search)
  })
})
