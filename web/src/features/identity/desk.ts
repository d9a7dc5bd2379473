/** What is typed at the registration desk, as the index is asked about it. Pure. */

import type { Demographics, ResolvedCard } from '@/lib/api'

export const DESK_FIELDS = ['name', 'sex', 'born', 'number', 'phone', 'address', 'mother_name'] as const
type DeskField = (typeof DESK_FIELDS)[number]

export type Typed = Record<DeskField, string>

export const NOTHING: Typed = { name: '', sex: '', born: '', number: '', phone: '', address: '', mother_name: '' }

/** What is known of somebody; empty fields say nothing. null where nobody could be found by it. */
export function demographics(typed: Typed): Demographics | null {
  const said = Object.fromEntries(Object.entries(typed).map(([field, text]) => [field, text.trim()])) as Typed
  if (said.name === '' && said.number === '' && said.phone === '') return null
  return {
    name: said.name,
    born: said.born,
    sex: said.sex,
    identifiers: said.number === '' ? [] : [{ kind: '', value: said.number, issuer: '', status: '', replaced_by: '', capture: 'typed' }],
    phones: said.phone === '' ? [] : [said.phone],
    addresses: said.address === '' ? [] : [said.address],
    mother_name: said.mother_name,
  }
}

/** What the code of a phone stands for, in the form; what was typed already stays. */
export function scanned(typed: Typed, { value, name, born }: Pick<ResolvedCard, 'value' | 'name' | 'born'>): Typed {
  return { ...typed, number: value, name: typed.name || name, born: typed.born || (born ?? '') }
}
