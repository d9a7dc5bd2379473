/** For which purpose somebody works now, once he has said so: in this tab, until he leaves. */

import { useSyncExternalStore } from 'react'

import type { Me } from './api'

const PLACE = 'lianyi.purpose'

type Choice = { account: string; purpose: string }
type Person = Pick<Me, 'name' | 'purposes'>

let chosen: Choice | null = read()
const listeners = new Set<() => void>()

function read(): Choice | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(PLACE) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('account' in kept) || !('purpose' in kept)) return null
    return typeof kept.account === 'string' && typeof kept.purpose === 'string' ? { account: kept.account, purpose: kept.purpose } : null
  } catch {
    return null // no storage, or not written by us
  }
}

function keep(choice: Choice | null): void {
  chosen = choice
  try {
    if (choice) sessionStorage.setItem(PLACE, JSON.stringify(choice))
    else sessionStorage.removeItem(PLACE)
  } catch {
    // Then the choice lasts until the page is closed.
  }
  for (const listener of listeners) listener()
}

/** What is said with every request; null: nothing, the server takes the purpose of the first role. */
export function chosenPurpose(): string | null {
  return chosen?.purpose ?? null
}

/** Work for a purpose from now on. His first one is what the server takes anyway: nothing is said. */
export function choosePurpose({ name, purposes }: Person, purpose: string): void {
  keep(purpose === purposes[0] ? null : { account: name, purpose })
}

/** Somebody is signed in, or nobody: forget a choice of somebody else, and one he may not make. */
export function keepPurposeOf(person: Person | null): void {
  if (chosen && (chosen.account !== person?.name || !person.purposes.includes(chosen.purpose))) keep(null)
}

export function usePurpose(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    chosenPurpose,
  )
}
