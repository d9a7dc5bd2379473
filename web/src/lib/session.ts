/** Who serves us and in which zone the hospital lives. */

import { createContext, useContext } from 'react'

import type { Session } from './api'

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('used outside of a session')
  return session
}

export const sessionKey = ['session'] as const

/** The name of the hospital; empty while nobody has given one and it is still that of the product. */
export function siteName({ site_name: name }: Session): string {
  return name.endsWith('Lianyi') ? '' : name
}
