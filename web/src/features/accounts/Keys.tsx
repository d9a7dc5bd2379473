import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Once } from '@/components/Once'
import { LocalInstant } from '@/components/TimeRange'
import { Trouble } from '@/components/Trouble'
import { type AccountDetail, type ApiKey, client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useRenew } from './useRenew'

/** The keys with which a system calls the API. */
export function Keys({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const manages = useMay()('accounts.manage')
  return (
    <section className="panel" aria-label={t('accounts.keys')}>
      <div className="panel-head">
        <h2>{t('accounts.keys')}</h2>
        <span className="quiet">{t('accounts.keysText')}</span>
      </div>
      {account.keys.length === 0 && <p className="panel-body quiet">{t('accounts.noKeys')}</p>}
      <ul className="account-lines">
        {account.keys.map((key) => (
          <li key={key.id}>
            <strong>{key.title}</strong>
            <code>{key.id}</code>
            <Instant at={key.created_at} />
            <span className="quiet">
              {t('accounts.until')} {key.expires_at ? <Instant at={key.expires_at} /> : t('accounts.unlimited')}
            </span>
            {manages && <EndKey account={account} apiKey={key} />}
          </li>
        ))}
      </ul>
      {manages && <NewKey account={account} />}
    </section>
  )
}

function EndKey({ account, apiKey }: { account: AccountDetail; apiKey: ApiKey }) {
  const { t } = useTexts()
  const ask = useAsk()
  const renew = useRenew(account.name)
  const end = () =>
    ask({
      title: t('accounts.endKeyConfirm', { title: apiKey.title }),
      text: t('accounts.endKeyText'),
      confirm: t('accounts.endKey'),
      danger: true,
      run: async () => {
        await take(client.DELETE('/api/v1/accounts/{name}/keys/{key}', { params: { path: { name: account.name, key: apiKey.id } } }))
        await renew()
      },
    })
  return (
    <Button size="small" danger className="push" onClick={end}>
      {t('accounts.endKey')}
    </Button>
  )
}

function NewKey({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const renew = useRenew(account.name)
  const [title, setTitle] = useState('')
  const [until, setUntil] = useState<string | undefined>()
  const add = useMutation({
    gcTime: 0,
    mutationFn: () =>
      take(
        client.POST('/api/v1/accounts/{name}/keys', {
          params: { path: { name: account.name } },
          body: { title: title.trim(), expires_at: until ?? null },
        }),
      ),
    onSuccess: async () => {
      setTitle('')
      await renew()
    },
  })
  if (add.data)
    return (
      <div className="panel-body">
        <Once title={t('accounts.keyGiven')} text={t('accounts.keyGivenText')} secret={add.data.secret} done={add.reset} />
      </div>
    )
  return (
    <form
      className="panel-body account-fields account-more"
      aria-label={t('accounts.addKey')}
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate()
      }}
    >
      <label className="field">
        {t('accounts.keyTitle')}
        <Input value={title} maxLength={100} placeholder={t('accounts.keyTitleHint')} onChange={(event) => setTitle(event.target.value)} />
      </label>
      <div className="field">
        {t('accounts.untilHint')}
        <LocalInstant label={t('accounts.until')} value={until} change={setUntil} />
      </div>
      <div className="row account-send">
        <Button type="primary" htmlType="submit" loading={add.isPending} disabled={title.trim() === ''}>
          {t('accounts.addKey')}
        </Button>
      </div>
      <Trouble error={add.error} />
    </form>
  )
}
