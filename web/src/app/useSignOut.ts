import { useQueryClient } from '@tanstack/react-query'

import { client, take } from '@/lib/api'
import { become } from '@/lib/session'

/** Ends the session of this browser; whoever signs in next begins at the start. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    const session = await take(client.DELETE('/api/v1/session'))
    window.history.replaceState(null, '', '/')
    become(queries, session)
    // The session at the hospital's own sign-in service ends, too.
    if (session.logout_url) window.location.assign(session.logout_url)
  }
}
