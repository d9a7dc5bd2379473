import type { TreeNode } from '@/lib/api'

/** The nodes whose path, name or value holds the query, with what leads to them and lies below. */
export function matching(nodes: TreeNode[], query: string): TreeNode[] {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return nodes
  return nodes.flatMap((node) => {
    const own = [node.path, node.name_zh, node.name_en, node.value ?? ''].some((text) => text.toLowerCase().includes(wanted))
    if (own) return [node]
    const children = matching(node.children, wanted)
    return children.length === 0 ? [] : [{ ...node, children }]
  })
}

const SUMMARY_MAX = 120

/** What a folded node hides: the values below it, in one line. */
export function summary(node: TreeNode): string | null {
  const values = leaves(node)
  if (values.length === 0) return null
  const text = values.join(' · ')
  return text.length > SUMMARY_MAX ? `${text.slice(0, SUMMARY_MAX)}…` : text
}

function leaves({ value, children }: TreeNode): string[] {
  if (children.length === 0) return value ? [value] : []
  return children.flatMap(leaves)
}
