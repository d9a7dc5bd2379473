import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { type AccountDetail, ApiFailure, type AppRegistration as Registration, client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

const KINDS = ['public', 'symmetric', 'asymmetric'] as const
const NOT_AN_APP = 'LY-1865'
const NEW: Registration = { kind: 'public', redirect_uris: [], launch_uri: '', scopes: 'openid fhirUser launch/patient patient/*.rs' }

/** What a system is registered with as a SMART app: it may then ask people to act for them. */
export function AppRegistration({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const manages = useMay()('accounts.manage')
  const [editing, setEditing] = useState(false)
  const app = useQuery({
    queryKey: ['account', account.name, 'app'],
    queryFn: async () => {
      try {
        return await take(client.GET('/api/v1/accounts/{name}/app', { params: { path: { name: account.name } } }))
      } catch (error) {
        if (error instanceof ApiFailure && error.problem?.code === NOT_AN_APP) return null
        throw error
      }
    },
  })
  return (
    <section className="panel" aria-label={t('accounts.app')}>
      <div className="panel-head">
        <h2>{t('accounts.app')}</h2>
        <span className="quiet">{t('accounts.appText')}</span>
        {manages && app.isSuccess && !editing && (
          <Button size="small" className="push" onClick={() => setEditing(true)}>
            {app.data ? t('accounts.appChange') : t('accounts.appRegister')}
          </Button>
        )}
      </div>
      {app.isPending && <Loading rows={2} />}
      {app.isError && <Failed error={app.error} retry={() => void app.refetch()} />}
      {app.isSuccess && editing && <Form name={account.name} app={app.data ?? NEW} done={() => setEditing(false)} />}
      {app.isSuccess && !editing && (app.data ? <Facts app={app.data} /> : <p className="panel-body quiet">{t('accounts.noApp')}</p>)}
    </section>
  )
}

function Facts({ app }: { app: Registration }) {
  const { t } = useTexts()
  return (
    <dl className="facts panel-body">
      <dt>{t('accounts.appKind')}</dt>
      <dd>{t(`accounts.appKinds.${app.kind}`)}</dd>
      <dt>{t('accounts.appRedirects')}</dt>
      <dd className="mono">{app.redirect_uris.join(' ')}</dd>
      {app.launch_uri && (
        <>
          <dt>{t('accounts.appLaunch')}</dt>
          <dd className="mono">{app.launch_uri}</dd>
        </>
      )}
      <dt>{t('accounts.appScopes')}</dt>
      <dd className="mono">{app.scopes}</dd>
    </dl>
  )
}

function Form({ name, app, done }: { name: string; app: Registration; done: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [kind, setKind] = useState(app.kind)
  const [redirects, setRedirects] = useState(app.redirect_uris.join('\n'))
  const [launch, setLaunch] = useState(app.launch_uri ?? '')
  const [scopes, setScopes] = useState(app.scopes)
  const save = useMutation({
    mutationFn: () =>
      take(
        client.PUT('/api/v1/accounts/{name}/app', {
          params: { path: { name } },
          body: { kind, redirect_uris: redirects.split(/\s+/).filter(Boolean), launch_uri: launch.trim(), scopes: scopes.trim() },
        }),
      ),
    onSuccess: (saved) => {
      queries.setQueryData(['account', name, 'app'], saved)
      done()
    },
  })
  return (
    <form
      className="panel-body account-form"
      aria-label={t('accounts.app')}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <label className="field">
        {t('accounts.appKind')}
        <select className="native" value={kind} onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? kind)}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`accounts.appKinds.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        {t('accounts.appRedirectsHint')}
        <Input.TextArea value={redirects} rows={2} spellCheck={false} onChange={(event) => setRedirects(event.target.value)} />
      </label>
      <label className="field">
        {t('accounts.appLaunchHint')}
        <Input value={launch} spellCheck={false} onChange={(event) => setLaunch(event.target.value)} />
      </label>
      <label className="field">
        {t('accounts.appScopesHint')}
        <Input.TextArea value={scopes} rows={3} spellCheck={false} onChange={(event) => setScopes(event.target.value)} />
      </label>
      <p className="quiet">{t('accounts.appEnds')}</p>
      <Trouble error={save.error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={redirects.trim() === '' || scopes.trim() === ''}>
          {t('common.save')}
        </Button>
        <Button onClick={done}>{t('common.cancel')}</Button>
      </div>
    </form>
  )
}
