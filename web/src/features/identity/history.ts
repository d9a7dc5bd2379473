/** What was decided about a person and what its systems replaced, as one story. Pure. */

import type { Person, RecordKey } from '@/lib/api'

type Decision = Person['decisions'][number]
type Replacement = Person['replacements'][number]

/** How something can be taken back; null: it counts no more, or cannot be. */
export type Back = { how: 'decision'; record: RecordKey; other: RecordKey } | { how: 'replacement'; gone: RecordKey } | null

export type Chapter = { key: string; at: string; back: Back } & ({ told: 'decision'; decision: Decision } | { told: 'replacement'; replacement: Replacement })

/** Whether whoever looks may see which record it is. */
const seen = ({ source, mrn }: RecordKey): boolean => source !== '' && mrn !== ''

/** Everything that happened, the newest first, each with the way back where there is one. */
export function chapters({ decisions, replacements, records }: Person): Chapter[] {
  const decided = decisions.map((decision, place): Chapter => {
    const { record, other, said, in_force: holds } = decision
    const back = holds && said !== 'undecided' && seen(record) && seen(other)
    return { told: 'decision', decision, key: `d${place}`, at: decision.at, back: back ? { how: 'decision', record, other } : null }
  })
  const latest = new Map<string, Replacement>()
  for (const one of replacements) {
    const known = latest.get(one.gone.id)
    if (!known || known.at <= one.at) latest.set(one.gone.id, one)
  }
  const replaced = replacements.map((replacement, place): Chapter => {
    const { gone, kept } = replacement
    const counts = kept !== null && latest.get(gone.id) === replacement && records.some(({ id, kept: now }) => id === gone.id && now !== null)
    return {
      told: 'replacement',
      replacement,
      key: `r${place}`,
      at: replacement.at,
      back: counts && seen(gone) ? { how: 'replacement', gone } : null,
    }
  })
  return [...decided, ...replaced].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

/** Who stays and who leaves when some records of a person are somebody else's; null: nobody would stay or leave. */
export function parted<R extends { id: string; kept: unknown }>(records: readonly R[], away: ReadonlySet<string>): { stay: R[]; leave: R[] } | null {
  const whole = records.filter(({ kept }) => kept === null)
  const leave = whole.filter(({ id }) => away.has(id))
  const stay = whole.filter(({ id }) => !away.has(id))
  return leave.length === 0 || stay.length === 0 ? null : { stay, leave }
}
