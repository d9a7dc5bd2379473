import { expect, it } from 'vitest'

import { flat, forest, pairs, pruned } from './forest'

const node = (code: string, parent: string | null, name_zh = '') => ({
  code,
  parent,
  name_zh,
  name_en: '',
  category: '',
  emergency: false,
  places: [],
  beyond: false,
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

it('gives the branches in the order of the drawing, each with its depth', () => {
  const roots = forest([node('H1', null), node('D2', 'H1'), node('D21', 'D2'), node('D3', 'H1')])
  expect(flat(roots).map(({ branch, depth }) => `${branch.code}${depth}`)).toEqual(['H10', 'D21', 'D212', 'D31'])
})
