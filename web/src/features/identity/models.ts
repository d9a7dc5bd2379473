/** What a proposed model would change, as rows that people compare. Pure. */

import type { ModelProposal } from '@/lib/api'

export type Changed = { key: string; element: string; zh: string; level: string; shipped: number; inForce: number; proposed: number; seen: number }

/** The levels that a proposal changes, those first that it changes most; or all of them in their order. */
export function levelsOf(proposal: Pick<ModelProposal, 'elements'>, onlyChanged: boolean): Changed[] {
  const every = proposal.elements.flatMap(({ element, zh, levels }) =>
    levels.map(({ level, shipped, in_force: inForce, proposed, seen }) => ({
      key: `${element} ${level}`, element, zh, level, shipped, inForce, proposed, seen,
    })),
  )
  if (!onlyChanged) return every
  const by = ({ inForce, proposed }: Changed) => Math.abs(proposed - inForce)
  return every.filter((one) => by(one) >= 0.05).sort((a, b) => by(b) - by(a))
}

/** `REVIEW>AUTO` as its two lanes. */
export function lanesOf(change: string): { before: string; after: string } {
  const [before = '', after = ''] = change.split('>')
  return { before, after }
}

/** Whether a change of lanes links by itself what somebody would have been asked about, or kept apart. */
export const isBold = (change: string): boolean => lanesOf(change).after === 'AUTO'
