import type { OrganisationNode } from './api'

/** An organisation with those under it. */
export type Branch = OrganisationNode & { children: Branch[] }

/** Hang every organisation under its parent, by code; whose parent is not there is a root. */
export function forest(nodes: OrganisationNode[]): Branch[] {
  const branches = new Map<string, Branch>(nodes.map((node) => [node.code, { ...node, children: [] }]))
  const roots: Branch[] = []
  for (const branch of branches.values()) {
    const parent = branch.parent === null ? undefined : branches.get(branch.parent)
    if (parent) parent.children.push(branch)
    else roots.push(branch)
  }
  return roots
}

/** What matches, with all that leads to it. */
export function pruned(branches: Branch[], query: string): Branch[] {
  const wanted = query.trim().toLowerCase()
  if (wanted === '') return branches
  return branches.flatMap((branch) => {
    const children = pruned(branch.children, wanted)
    const said = [branch.code, branch.name_zh, branch.name_en].join(' ').toLowerCase()
    return children.length > 0 || said.includes(wanted) ? [{ ...branch, children }] : []
  })
}

/** Every branch in the order in which a tree is drawn, with how deep it is. */
export function flat(branches: Branch[], depth = 0): { branch: Branch; depth: number }[] {
  return branches.flatMap((branch) => [{ branch, depth }, ...flat(branch.children, depth + 1)])
}

/** Lines of two words, such as `D11 消化内科`; lines that are empty are left out. */
export function pairs(text: string): [string, string][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [first = '', ...rest] = line.split(/\s+/)
      return [first, rest.join(' ')]
    })
}
