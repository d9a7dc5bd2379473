import { describe, expect, it } from 'vitest'

import { amount, changeOf, moneyOf, plain, tell } from './numbers'

describe('a figure', () => {
  it.each([
    [1234.5, 'days', '1,234.5', null],
    [8.125, 'days', '8.13', '8.125'],
    [45.678, 'percent', '45.7', '45.678'],
    [0.1234, 'percent', '0.12', '0.1234'],
    [0, 'percent', '0.00', null],
    [132, 'count', '132', null],
    [999_999, 'count', '999,999', null],
    [1234.56, 'yuan', '1,235', '1,234.56'],
    [99.5, 'yuan', '99.50', null],
  ] as const)('%d in %s is told as %s', (value, unit, text, exact) => expect(tell(value, unit, 'zh')).toEqual({ text, exact }))

  it('is told in 万 and 亿 only where the exact one stays beside', () => {
    expect(tell(1_234_567, 'yuan', 'zh')).toEqual({ text: '123.5万', exact: '1,234,567' })
    expect(tell(-1_234_567_890.12, 'yuan', 'zh')).toEqual({ text: '-12.35亿', exact: '-1,234,567,890.12' })
    expect(tell(1_234_567, 'count', 'en')).toEqual({ text: '1.235M', exact: '1,234,567' })
  })

  it('is plain with its thousands', () => expect(plain(1234567.891, 'zh')).toBe('1,234,567.89'))
})

describe('a change', () => {
  it('is good the way that is better, and bad the other way', () => {
    expect(changeOf(3.24, 'up', 'zh')).toEqual({ way: 'up', good: true, text: '3.2' })
    expect(changeOf(3.24, 'down', 'zh')).toEqual({ way: 'up', good: false, text: '3.2' })
    expect(changeOf(-12.5, 'down', 'zh')).toEqual({ way: 'down', good: true, text: '12.5' })
    expect(changeOf(-12.5, 'neither', 'zh')?.good).toBeNull()
  })

  it('that rounds to nothing is none', () => expect(changeOf(-0.04, 'up', 'zh')).toEqual({ way: 'same', good: null, text: '0.0' }))

  it('is not told where there is nothing to compare with', () => {
    expect(changeOf(null, 'up', 'zh')).toBeNull()
    expect(changeOf(Infinity, 'up', 'zh')).toBeNull()
    expect(changeOf(Number.NaN, 'up', 'zh')).toBeNull()
  })
})

describe('a numerator', () => {
  it('of money is kept in fen and told in yuan', () => {
    expect(amount(1_234_567, true, 'zh')).toBe('12,345.67')
    expect(amount(1_234_567, false, 'zh')).toBe('1,234,567')
    expect(moneyOf({ numerator: { money: true }, denominator: null })).toEqual({ numerator: true, denominator: false })
  })
})
