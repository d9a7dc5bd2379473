import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, type InputRef, Select } from 'antd'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'

import { Trouble } from '@/components/Trouble'
import { ApiFailure, client, type Session, take } from '@/lib/api'
import { become, siteName } from '@/lib/session'
import { useTexts } from '@/lib/texts'

/** The server has taken the password and asks for the code, too. */
const CODE_NEEDED = 'LY-1803'

type Proof = { token: string } | { name: string; password: string; code: string; provider?: string }

/** Sends what somebody offers to show who he is. */
function useSignIn() {
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const submit = async (proof: Proof) => {
    setBusy(true)
    setFailure(null)
    try {
      become(queries, await take(client.POST('/api/v1/session', { body: proof })))
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return { busy, failure, submit }
}

export function SignIn({ session }: { session: Session }) {
  const { t } = useTexts()
  return (
    <Entrance session={session} title={t('signIn.title')}>
      <ByPassword providers={session.providers.filter((one) => one.kind === 'password')} />
      <Elsewhere providers={session.providers.filter((one) => one.kind === 'redirect')} />
      {session.first_token && <ByToken open={!session.administered} />}
    </Entrance>
  )
}

/** A page of its own in the middle of the screen, before the console opens. */
export function Entrance({ session, title, children }: { session: Session; title: string; children: ReactNode }) {
  const { t } = useTexts()
  return (
    <main className="sign-in">
      <div className="sign-in-panel">
        <p className="sign-in-site">{[`${t('app.name')} Lianyi`, siteName(session)].filter(Boolean).join(' · ')}</p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}

type Provider = Session['providers'][number]

/** Buttons that lead to the sign-in pages of the hospital's own directories. */
function Elsewhere({ providers }: { providers: Provider[] }) {
  const { t, language } = useTexts()
  if (providers.length === 0) return null
  const here = encodeURIComponent(window.location.pathname + window.location.search)
  return (
    <div className="sign-in-elsewhere">
      {providers.map((one) => (
        <Button key={one.name} block href={`/api/v1/session/${encodeURIComponent(one.name)}/begin?return_to=${here}`}>
          {t('signIn.elsewhere', { title: language === 'zh' ? one.title_zh : one.title_en })}
        </Button>
      ))}
    </div>
  )
}

function ByPassword({ providers }: { providers: Provider[] }) {
  const { t, language } = useTexts()
  const [provider, setProvider] = useState('')
  const { busy, failure, submit } = useSignIn()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [asked, setAsked] = useState(false)
  const box = useRef<InputRef>(null)
  const needed = failure instanceof ApiFailure && failure.problem?.code === CODE_NEEDED
  useEffect(() => {
    if (needed) setAsked(true)
  }, [needed])
  useEffect(() => {
    if (asked) box.current?.focus()
  }, [asked])
  const send = (event: FormEvent) => {
    event.preventDefault()
    void submit({ name: name.trim(), password, code: asked ? code.trim() : '', ...(provider && { provider }) })
  }
  return (
    <form onSubmit={send} aria-label={t('signIn.title')}>
      {providers.length > 0 && (
        <label className="field">
          {t('signIn.directory')}
          <Select
            value={provider}
            onChange={setProvider}
            options={[
              { value: '', label: t('signIn.ownDirectory') },
              ...providers.map((one) => ({ value: one.name, label: language === 'zh' ? one.title_zh : one.title_en })),
            ]}
          />
        </label>
      )}
      <label className="field">
        {t('signIn.name')}
        <Input value={name} autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="field">
        {t('signIn.password')}
        <Input.Password value={password} autoComplete="current-password" onChange={(event) => setPassword(event.target.value)} />
      </label>
      {asked && (
        <label className="field">
          {t('signIn.code')}
          <Input ref={box} value={code} inputMode="text" autoComplete="one-time-code" onChange={(event) => setCode(event.target.value)} />
          <span>{t('signIn.codeHint')}</span>
        </label>
      )}
      {!needed && <Trouble error={failure} />}
      <Button
        type="primary"
        htmlType="submit"
        loading={busy}
        disabled={name.trim() === '' || password === '' || (asked && code.trim() === '')}
        block
      >
        {t('signIn.submit')}
      </Button>
    </form>
  )
}

function ByToken({ open }: { open: boolean }) {
  const { t } = useTexts()
  const { busy, failure, submit } = useSignIn()
  const [token, setToken] = useState('')
  return (
    <details className="by-token" open={open}>
      <summary>{t('signIn.byToken')}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit({ token: token.trim() })
        }}
      >
        <p>{t('signIn.tokenText')}</p>
        <label className="field">
          {t('signIn.token')}
          <Input.Password value={token} autoComplete="off" onChange={(event) => setToken(event.target.value)} />
        </label>
        <Trouble error={failure} />
        <Button htmlType="submit" loading={busy} disabled={token.trim() === ''} block>
          {t('signIn.submitToken')}
        </Button>
      </form>
    </details>
  )
}
