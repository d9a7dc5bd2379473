import { expect, it } from 'vitest'

import { forest, pairs, pruned } from './forest'

const node = (code: string, parent: string | null, name_zh = '') => ({
  code,
  parent,
  name_zh,
  name_en: '',
  category: '',
  emergency: false,
  places: [],
})
const NODES = [node('A', 'H', '内科'), node('B', 'A'), node('H', null), node('X', 'gone')]

it('everybody hangs under a parent, and whose parent is not there is a root', () => {
  const roots = forest(NODES)
  expect(roots.map(({ code }) => code)).toEqual(['H', 'X'])
  expect(roots[0]?.children.map(({ code }) => code)).toEqual(['A'])
  expect(roots[0]?.children[0]?.children.map(({ code }) => code)).toEqual(['B'])
})

it('a search keeps what leads to what it finds', () => {
  const [root] = pruned(forest(NODES), '内')
  expect(root?.code).toBe('H')
  expect(root?.children.map(({ code, children }) => [code, children.length])).toEqual([['A', 0]])
})

it('lines are pairs', () => {
  expect(pairs(' D11  消化 内科\n\nD12 ')).toEqual([
    ['D11', '消化 内科'],
    ['D12', ''],
  ])
})
