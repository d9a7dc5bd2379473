import { describe, expect, it } from 'vitest'

import { asChange, asPrinted } from './printed'

describe('a printed figure', () => {
  it('keeps every digit and parts thousands', () => {
    expect(['0', '999', '1000', '1234567.80', '-1234.5', '0.1234'].map(asPrinted)).toEqual(['0', '999', '1,000', '1,234,567.80', '-1,234.5', '0.1234'])
  })

  it('says how it changed, with a sign', () => {
    expect([null, '0', '0.00', '7.27', '-1200'].map(asChange)).toEqual(['', '', '', '+7.27', '−1,200'])
  })
})
