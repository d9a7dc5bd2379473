/** Who serves us, in which zone the hospital lives, who is signed in and what he may do. */

import type { QueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'

import type { Session } from './api'
import { keepPurposeOf } from './purpose'

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

/** What the console asks about; the server knows more and has the last word. */
export type Permission =
  | 'overview.read'
  | 'channels.read'
  | 'channels.run'
  | 'messages.read'
  | 'messages.export'
  | 'deliveries.read'
  | 'deliveries.decide'
  | 'replays.run'
  | 'accounts.read'
  | 'accounts.manage'
  | 'roles.assign'
  | 'access.explain'
  | 'masterdata.read'
  | 'masterdata.edit'
  | 'audit.read'
  | 'audit.export'
  | 'glass.break'
  | 'glass.review'
  | 'consents.read'
  | 'consents.record'
  | 'clinical.read'
  | 'identity.read'
  | 'identity.match'
  | 'identity.register'
  | 'identity.decide'
  | 'identity.model'
  | 'indicators.read'
  | 'indicators.own'
  | 'indicators.rows'
  | 'indicators.export'
  | 'indicators.approve'
  | 'indicators.publish'
  | 'requests.decide'
  | 'requests.answer'
  | 'services.offer'
  | 'services.decide'
  | 'services.call'
  | 'indicators.enter'
  | 'quality.read'
  | 'quality.write'

/** Whether somebody may do a thing in at least one organisation. */
export function may({ account }: Session, permission: Permission): boolean {
  return (account?.permissions[permission]?.length ?? 0) > 0
}

export function useMay(): (permission: Permission) => boolean {
  const session = useSession()
  return (permission) => may(session, permission)
}

/** Go on as somebody else: what was shown to the one before is forgotten. */
export function become(queries: QueryClient, session: Session): void {
  keepPurposeOf(session.account)
  queries.setQueryData(sessionKey, session)
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] })
}
