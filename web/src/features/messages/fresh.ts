/** How many messages came since a list was read. */

type Placed = { position: string; received_at: string }

export type FreshCount = { count: number; /** The newest page does not reach what is shown. */ atLeast: boolean }

/** Compare the newest page with the rows that are shown, both newest first. */
export function countFresh(newest: Placed[], shown: Placed[]): FreshCount {
  const first = shown[0]
  if (!first) return { count: 0, atLeast: false }
  const known = new Set(shown.map((row) => row.position))
  const count = newest.filter((row) => !known.has(row.position) && row.received_at >= first.received_at).length
  return { count, atLeast: count > 0 && count === newest.length }
}
