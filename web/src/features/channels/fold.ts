import type { DefinitionLine } from '@/lib/api'

/** Lines that are the same and stand as near as this to one that differs are shown. */
export const CONTEXT = 3

export type Run = { folded: boolean; lines: DefinitionLine[] }

/** Cut lines into runs to show and runs to fold away. A fold hides at least two lines. */
export function fold(lines: DefinitionLine[]): Run[] {
  const near = new Set<number>()
  lines.forEach(({ where }, place) => {
    if (where !== 'both') for (let n = place - CONTEXT; n <= place + CONTEXT; n++) near.add(n)
  })
  const runs: Run[] = []
  lines.forEach((line, place) => {
    const folded = !near.has(place)
    const last = runs.at(-1)
    if (last?.folded === folded) last.lines.push(line)
    else runs.push({ folded, lines: [line] })
  })
  return runs.map((run) => (run.folded && run.lines.length < 2 ? { ...run, folded: false } : run))
}
