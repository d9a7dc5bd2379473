import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { ApiFailure, client, type Session, take } from '@/lib/api'
import { listen } from '@/lib/live'
import { keepPurposeOf } from '@/lib/purpose'
import { may, SessionContext, sessionKey } from '@/lib/session'

import { FirstThings } from './FirstThings'
import { SignIn } from './SignIn'

/**
 * The token that the first start put into the address; it is taken out of it at once. Behind `#` it
 * reaches no server and no log of one. Addresses of earlier releases carry it in the query.
 */
function tokenFromAddress(): string | null {
  const address = new URL(window.location.href)
  const behind = new URLSearchParams(address.hash.slice(1)).get('token')
  const token = behind ?? address.searchParams.get('token')
  if (token !== null) {
    if (behind !== null) address.hash = ''
    address.searchParams.delete('token')
    window.history.replaceState(null, '', address)
  }
  return token
}

// Whoever pastes the address into a page that is open already comes in, too.
window.addEventListener('hashchange', () => {
  if (window.location.hash.startsWith('#token=')) window.location.reload()
})

const landed = tokenFromAddress()
let landing: Promise<unknown> | null = null

async function openSession(): Promise<Session> {
  if (landed !== null) {
    // A token that no longer holds shows the sign-in page, like no token.
    landing ??= take(client.POST('/api/v1/session', { body: { token: landed } })).catch(() => undefined)
    await landing
  }
  const session = await take(client.GET('/api/v1/session'))
  keepPurposeOf(session.account)
  return session
}

/** Refusals that mean that somebody may other things than when he came. */
const CHANGED = ['LY-1800', 'LY-1804', 'LY-1805', 'LY-1878']

/** Shows its children to who is signed in, and the sign-in page to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const session = useQuery({ queryKey: sessionKey, queryFn: openSession, staleTime: Infinity })
  const account = session.data?.account ?? null
  const ready = account !== null && !account.must_change && !account.needs_factor
  const follows = ready && session.data !== undefined && may(session.data, 'overview.read')

  useEffect(() => (follows ? listen(queries) : undefined), [follows, account?.name, queries])
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated' || event.action.type !== 'error' || event.query.queryKey[0] === sessionKey[0]) return
        const error: unknown = event.action.error
        if (!(error instanceof ApiFailure)) return
        if (error.status === 401 || CHANGED.includes(error.problem?.code ?? ''))
          void queries.invalidateQueries({ queryKey: sessionKey })
      }),
    [queries],
  )

  if (session.isPending) return <Loading rows={3} />
  if (session.isError) return <Failed error={session.error} retry={() => void session.refetch()} />
  if (!account) return <SignIn session={session.data} />
  return <SessionContext value={session.data}>{ready ? children : <FirstThings account={account} />}</SessionContext>
}
