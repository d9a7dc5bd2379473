import { expect, it } from 'vitest'

import type { TreeNode } from '@/lib/api'

import { matching, summary } from './search'

const node = (path: string, name_zh: string, value: string | null, children: TreeNode[] = []): TreeNode => ({
  path,
  name_zh,
  name_en: '',
  value,
  children,
})
const TREE = [
  node('MSH', '消息头', null, [node('MSH-3', '发送应用', 'HIS')]),
  node('PID', '患者', null, [node('PID-3', '患者标识', null, [node('PID-3.4', '发放机构', 'HIS')]), node('PID-8', '性别', 'M')]),
]
const paths = (nodes: TreeNode[]): string[] => nodes.flatMap(({ path, children }) => [path, ...paths(children)])

it('finds by path, name and value, and keeps what leads there', () => {
  expect(paths(matching(TREE, 'pid-8'))).toEqual(['PID', 'PID-8'])
  expect(paths(matching(TREE, '发放'))).toEqual(['PID', 'PID-3', 'PID-3.4'])
  expect(paths(matching(TREE, ' his '))).toEqual(['MSH', 'MSH-3', 'PID', 'PID-3', 'PID-3.4'])
})

it('keeps what lies below a match', () => {
  expect(paths(matching(TREE, '患者标识'))).toEqual(['PID', 'PID-3', 'PID-3.4'])
})

it('shows everything without a question and nothing without a match', () => {
  expect(matching(TREE, '  ')).toBe(TREE)
  expect(matching(TREE, 'nowhere')).toEqual([])
})

it('sums up what a folded node hides', () => {
  expect(TREE.map(summary)).toEqual(['HIS', 'HIS · M'])
  expect(summary(node('PID', '', null))).toBeNull()
  expect(summary(node('PID', '', null, [node('PID-1', '', 'x'.repeat(200))]))).toHaveLength(121)
})
