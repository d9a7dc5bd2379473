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
