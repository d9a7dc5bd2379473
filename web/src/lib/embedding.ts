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
