/** In which characters two values differ. Pure. */

/** A stretch of a value, and whether the other value has it, too. */
export type Piece = { text: string; same: boolean }

const LENGTH_MAX = 200

/** How many characters two values have in common, in order. */
export function common(one: string, other: string): number {
  return table([...one].slice(0, LENGTH_MAX), [...other].slice(0, LENGTH_MAX))[0]?.[0] ?? 0
}

/** Cut a value into what another has as well and what it has not; the longest common order decides. */
export function pieces(value: string, other: string): Piece[] {
  const mine = [...value]
  const others = [...other]
  if (mine.length > LENGTH_MAX || others.length > LENGTH_MAX) return [{ text: value, same: value === other }]
  const longest = table(mine, others)
  const cut: Piece[] = []
  const add = (character: string, same: boolean) => {
    const last = cut.at(-1)
    if (last?.same === same) last.text += character
    else cut.push({ text: character, same })
  }
  let at = 0
  let there = 0
  while (at < mine.length) {
    const character = mine[at] as string
    if (character === others[there]) {
      add(character, true)
      at += 1
      there += 1
    } else if (there < others.length && length(longest, at, there + 1) >= length(longest, at + 1, there)) there += 1
    else {
      add(character, false)
      at += 1
    }
  }
  return cut
}

/** Of some values the one that has most in common with this one. */
export function nearest(value: string, others: readonly string[]): string | undefined {
  let best: string | undefined
  let most = -1
  for (const other of others) {
    const shared = common(value, other)
    if (shared > most) [best, most] = [other, shared]
  }
  return best
}

const length = (longest: number[][], at: number, there: number): number => longest[at]?.[there] ?? 0

/** The length of the longest common order of what follows, for each pair of places. */
function table(mine: readonly string[], others: readonly string[]): number[][] {
  const found = Array.from({ length: mine.length + 1 }, () => new Array<number>(others.length + 1).fill(0))
  for (let at = mine.length - 1; at >= 0; at -= 1)
    for (let there = others.length - 1; there >= 0; there -= 1) {
      const row = found[at] as number[]
      row[there] =
        mine[at] === others[there]
          ? length(found, at + 1, there + 1) + 1
          : Math.max(length(found, at + 1, there), length(found, at, there + 1))
    }
  return found
}
