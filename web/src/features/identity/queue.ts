/** The order in which questions are shown, and which part of a long list is drawn. Pure. */

import type { IdentityQuestion } from '@/lib/api'

/** Two persons, whichever is named first. */
export const pairOf = ({ person, other }: { person: { id: string }; other: { id: string } }): string => [person.id, other.id].sort().join(' ')

/** What somebody sees of the queue: without what he answered, what he skipped at the end. */
export function queueOf(
  questions: readonly IdentityQuestion[],
  answered: ReadonlySet<string>,
  skipped: readonly string[],
): IdentityQuestion[] {
  const open = questions.filter((one) => !answered.has(pairOf(one)))
  const late = (one: IdentityQuestion) => skipped.indexOf(pairOf(one))
  return [...open.filter((one) => late(one) < 0), ...open.filter((one) => late(one) >= 0).sort((a, b) => late(a) - late(b))]
}

/** Where the question that was shown stands now; where it is gone, what took its place. */
export function placeOf(queue: readonly IdentityQuestion[], shown: string | null, before: number): number {
  const found = queue.findIndex((one) => pairOf(one) === shown)
  return found >= 0 ? found : Math.max(0, Math.min(before, queue.length - 1))
}

/** Which rows of a list of equal heights are drawn: the first, and the one after the last. */
export function drawn(count: number, height: number, top: number, room: number, spare = 4): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / height) - spare)
  return { from: Math.min(from, count), to: Math.min(count, Math.ceil((top + room) / height) + spare) }
}

/** How far a list must be scrolled so that a row is seen whole. */
export function scrolledTo(place: number, height: number, top: number, room: number): number {
  if (place * height < top) return place * height
  if ((place + 1) * height > top + room) return (place + 1) * height - room
  return top
}
