import './accounts.css'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { StatePage } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { client, take } from '@/lib/api'
import { become, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

/** Who administers the accounts from now on? Asked once; then the token of the first start opens nothing. */
export default function FirstAdministratorPage() {
  const { t } = useTexts()
  const { administered } = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const differs = again !== '' && again !== password
  const begin = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const who = name.trim()
      await take(client.POST('/api/v1/session/first', { body: { name: who, display_name: displayName.trim(), password } }))
      return take(client.POST('/api/v1/session', { body: { name: who, password, code: '' } }))
    },
    onSuccess: async (session) => {
      become(queries, session)
      await navigate({ to: '/accounts', search: {} })
    },
  })
  if (administered) return <StatePage title={t('firstRun.done')} text={t('firstRun.doneText')} />
  return (
    <section className="panel first-run" aria-label={t('firstRun.title')}>
      <div className="panel-head">
        <h1>{t('firstRun.title')}</h1>
      </div>
      <form
        className="panel-body account-form"
        onSubmit={(event) => {
          event.preventDefault()
          begin.mutate()
        }}
      >
        <p>{t('firstRun.text')}</p>
        <label className="field">
          {t('accounts.name')}
          <Input
            value={name}
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={63}
            placeholder={t('accounts.nameHint')}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          {t('accounts.displayName')}
          <Input value={displayName} maxLength={100} autoComplete="name" onChange={(event) => setDisplayName(event.target.value)} />
        </label>
        <label className="field">
          {t('me.newPassword')}
          <Input.Password value={password} autoComplete="new-password" onChange={(event) => setPassword(event.target.value)} />
        </label>
        <label className="field">
          {t('me.repeatPassword')}
          <Input.Password value={again} autoComplete="new-password" status={differs ? 'error' : ''} onChange={(event) => setAgain(event.target.value)} />
        </label>
        {differs && <p className="form-error">{t('me.differs')}</p>}
        <Trouble error={begin.error} />
        <Button
          type="primary"
          htmlType="submit"
          loading={begin.isPending}
          disabled={name.trim() === '' || displayName.trim() === '' || password === '' || again !== password}
        >
          {t('firstRun.submit')}
        </Button>
      </form>
    </section>
  )
}
