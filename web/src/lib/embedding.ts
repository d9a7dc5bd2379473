/** Whether this page stands in another system's frame, and the token that a link gave it. */

export const EMBEDDED = '/embed'

/** The page that opens a link; what it shows lies below. */
export const isEmbedded = (): boolean => window.location.pathname.startsWith(`${EMBEDDED}/`)

let token: string | null = null

/** What this page shows instead of a cookie; it is kept nowhere but here. */
export const bearer = (): string | null => token

export function bear(given: string): void {
  token = given
}

/** What stands behind `#link=`; it is taken out of the address at once. */
export function linkFromAddress(): string {
  const found = new URLSearchParams(window.location.hash.slice(1)).get('link') ?? ''
  window.history.replaceState(null, '', window.location.pathname)
  return found
}

const LAUNCH = `${EMBEDDED}/launch`
const LAUNCHED = `${EMBEDDED}/launched`
const KEPT = 'lianyi.launch'

/** What another system's launch says, where this page was opened by one (SMART App Launch). */
export function launchFromAddress(): { iss: string; launch: string } | null {
  if (window.location.pathname !== LAUNCH) return null
  const said = new URLSearchParams(window.location.search)
  return { iss: said.get('iss') ?? '', launch: said.get('launch') ?? '' }
}

/** Goes to the other system; what binds its answer to this page stays in this tab. */
export function leaveFor(begun: { system: string; address: string; binding: string }): void {
  window.sessionStorage.setItem(KEPT, JSON.stringify({ system: begun.system, binding: begun.binding }))
  window.location.replace(begun.address)
}

/** What the other system sent this page back with; it is taken out of the address at once, and used once. */
export function launchedFromAddress(): { system: string; binding: string; state: string; code: string; iss: string | null; error: string } | null {
  if (window.location.pathname !== LAUNCHED) return null
  const said = new URLSearchParams(window.location.search)
  const kept = JSON.parse(window.sessionStorage.getItem(KEPT) ?? '{}') as { system?: string; binding?: string }
  window.sessionStorage.removeItem(KEPT)
  window.history.replaceState(null, '', LAUNCHED)
  const text = (name: string) => said.get(name) ?? ''
  return {
    system: kept.system ?? 'unknown',
    binding: kept.binding ?? '',
    state: text('state'),
    code: text('code'),
    iss: said.get('iss'),
    error: text('error'),
  }
}
