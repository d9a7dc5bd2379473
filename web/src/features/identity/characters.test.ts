import { describe, expect, it } from 'vitest'

import { common, nearest, pieces } from './characters'

const marked = (value: string, other: string) => pieces(value, other).map(({ text, same }) => (same ? text : `[${text}]`)).join('')

describe('the characters in which two values differ', () => {
  it('are marked one by one', () => {
    expect(marked('王小敏', '王小明')).toBe('王小[敏]')
    expect(marked('110101198003151234', '110101198003151243')).toMatch(/^1101011980031512/)
    expect(marked('1980-03-15', '1980-03-15')).toBe('1980-03-15')
  })

  it('may be missing on one side', () => {
    expect(marked('阿依古丽·买买提', '阿依古丽买买提')).toBe('阿依古丽[·]买买提')
    expect(marked('阿依古丽买买提', '阿依古丽·买买提')).toBe('阿依古丽买买提')
  })

  it('are whole characters, rare ones too', () => {
    expect(pieces('𠮷野', '吉野')).toEqual([
      { text: '𠮷', same: false },
      { text: '野', same: true },
    ])
  })

  it('put together again are the value, and the same ones are in the other in order', () => {
    for (const [value, other] of [['13912340000', '13921430000'], ['', '张三'], ['张三', ''], ['北京市海淀区中关村1号', '海淀区中关村一号院']] as const) {
      const cut = pieces(value, other)
      expect(cut.map(({ text }) => text).join('')).toBe(value)
      const shared = cut.filter(({ same }) => same).map(({ text }) => text).join('')
      expect([...shared]).toHaveLength(common(value, other))
    }
  })

  it('of a very long value are not looked for', () => {
    expect(pieces('x'.repeat(500), 'y')).toEqual([{ text: 'x'.repeat(500), same: false }])
  })
})

it('a value stands beside the one that it has most in common with', () => {
  expect(nearest('13912340000', ['010-8888', '13912340001'])).toBe('13912340001')
  expect(nearest('x', [])).toBeUndefined()
})
