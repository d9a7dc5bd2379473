type Edge = { begin: string; end: string }

/** What feeds a node, and what it feeds, over any number of steps, with itself. */
export function connected(edges: readonly Edge[], node: string): Set<string> {
  return new Set([...reached(edges, node, 'begin', 'end'), ...reached(edges, node, 'end', 'begin')])
}

function reached(edges: readonly Edge[], node: string, from: keyof Edge, to: keyof Edge): Set<string> {
  const found = new Set([node])
  const waiting = [node]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop())
    for (const edge of edges)
      if (edge[from] === one && !found.has(edge[to])) {
        found.add(edge[to])
        waiting.push(edge[to])
      }
  return found
}
