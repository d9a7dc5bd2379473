import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { ApiFailure, client, type Session, take } from '@/lib/api'
import { listen } from '@/lib/live'
import { SessionContext, sessionKey, siteName } from '@/lib/session'
import { useTexts } from '@/lib/texts'

const signIn = (token: string) => take(client.POST('/api/v1/session', { body: { token } }))

/** The token that the first start put into the address; it is taken out of it at once. */
function tokenFromAddress(): string | null {
  const address = new URL(window.location.href)
  const token = address.searchParams.get('token')
  if (token !== null) {
    address.searchParams.delete('token')
    window.history.replaceState(null, '', address)
  }
  return token
}

const landed = tokenFromAddress()
let landing: Promise<unknown> | null = null

async function openSession(): Promise<Session> {
  if (landed !== null) {
    // A token that no longer holds shows the sign-in page, like no token.
    landing ??= signIn(landed).catch(() => undefined)
    await landing
  }
  return take(client.GET('/api/v1/session'))
}

/** Shows its children to who is signed in, and the sign-in page to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const session = useQuery({ queryKey: sessionKey, queryFn: openSession, staleTime: Infinity })
  const signedIn = session.data?.signed_in === true

  useEffect(() => (signedIn ? listen(queries) : undefined), [signedIn, queries])
  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ query }) => {
        const error: unknown = query.state.error
        if (error instanceof ApiFailure && error.status === 401 && query.queryKey[0] !== sessionKey[0])
          void queries.invalidateQueries({ queryKey: sessionKey })
      }),
    [queries],
  )

  if (session.isPending) return <Loading rows={3} />
  if (session.isError) return <Failed error={session.error} retry={() => void session.refetch()} />
  if (!signedIn) return <SignIn session={session.data} />
  return <SessionContext value={session.data}>{children}</SessionContext>
}

function SignIn({ session }: { session: Session }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)

  const submit = async () => {
    setBusy(true)
    setFailure(null)
    try {
      await signIn(token.trim())
      await queries.invalidateQueries({ queryKey: sessionKey })
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  const wrong = failure instanceof ApiFailure && failure.status === 401
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <p className="sign-in-site">
          {[`${t('app.name')} Lianyi`, siteName(session)].filter(Boolean).join(' · ')}
        </p>
        <h1>{t('signIn.title')}</h1>
        <p>{t('signIn.text')}</p>
        <label htmlFor="token">{t('signIn.token')}</label>
        <Input.Password
          id="token"
          value={token}
          autoFocus
          autoComplete="current-password"
          onChange={(event) => setToken(event.target.value)}
        />
        {wrong && (
          <p role="alert" className="form-error">
            {t('signIn.wrong')}
          </p>
        )}
        {failure !== null && !wrong && <Failed error={failure} />}
        <Button type="primary" htmlType="submit" loading={busy} disabled={token.trim() === ''} block>
          {t('signIn.submit')}
        </Button>
      </form>
    </main>
  )
}
