import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { Trouble } from '@/components/Trouble'
import { type AccountDetail, client, take } from '@/lib/api'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useRenew } from './useRenew'

/** What an administrator does with an account; with his own only its words. */
export function AccountActions({ account, given }: { account: AccountDetail; given: (password: string) => void }) {
  const { t } = useTexts()
  const ask = useAsk()
  const { account: me } = useSession()
  const renew = useRenew(account.name)
  const [changes, setChanges] = useState(false)
  const params = { params: { path: { name: account.name } } }
  const own = me?.name === account.name
  const active = account.state === 'active'
  const who = { name: account.display_name }

  const setState = () =>
    ask({
      title: active ? t('accounts.disableConfirm', who) : t('accounts.enableConfirm', who),
      text: active ? t('accounts.disableText') : t('accounts.enableText'),
      confirm: active ? t('accounts.disable') : t('accounts.enable'),
      danger: active,
      run: async () => {
        await take(client.PATCH('/api/v1/accounts/{name}', { ...params, body: { state: active ? 'disabled' : 'active' } }))
        await renew()
      },
    })
  const unlock = () =>
    ask({
      title: t('accounts.unlockConfirm', who),
      confirm: t('accounts.unlock'),
      run: async () => {
        await take(client.POST('/api/v1/accounts/{name}/unlock', params))
        await renew()
      },
    })
  const reset = () =>
    ask({
      title: t('accounts.resetConfirm', who),
      text: t('accounts.resetText'),
      confirm: t('accounts.reset'),
      danger: true,
      run: async () => {
        const { password } = await take(client.POST('/api/v1/accounts/{name}/password', params))
        if (password !== null) given(password)
        await renew()
      },
    })
  const removeFactor = () =>
    ask({
      title: t('accounts.removeFactorConfirm', who),
      text: t('accounts.removeFactorText'),
      confirm: t('accounts.removeFactor'),
      danger: true,
      run: async () => {
        await take(client.DELETE('/api/v1/accounts/{name}/second-factor', params))
        await renew()
      },
    })

  if (changes) return <Change account={account} done={() => setChanges(false)} />
  return (
    <div className="row">
      <Button size="small" onClick={() => setChanges(true)}>
        {t('accounts.change')}
      </Button>
      {own ? (
        <span className="quiet">{t('accounts.ownHint')}</span>
      ) : (
        <>
          {account.locked_until !== null && (
            <Button size="small" onClick={unlock}>
              {t('accounts.unlock')}
            </Button>
          )}
          {account.kind === 'person' && (
            <Button size="small" onClick={reset}>
              {t('accounts.reset')}
            </Button>
          )}
          {account.second_factor && (
            <Button size="small" onClick={removeFactor}>
              {t('accounts.removeFactor')}
            </Button>
          )}
          <Button size="small" danger={active} onClick={setState}>
            {active ? t('accounts.disable') : t('accounts.enable')}
          </Button>
        </>
      )}
    </div>
  )
}

function Change({ account, done }: { account: AccountDetail; done: () => void }) {
  const { t } = useTexts()
  const renew = useRenew(account.name)
  const [displayName, setDisplayName] = useState(account.display_name)
  const [organisation, setOrganisation] = useState(account.organisation)
  const change = useMutation({
    mutationFn: () =>
      take(
        client.PATCH('/api/v1/accounts/{name}', {
          params: { path: { name: account.name } },
          body: { display_name: displayName.trim(), organisation: organisation.trim() },
        }),
      ),
    onSuccess: async () => {
      await renew()
      done()
    },
  })
  return (
    <form
      className="account-fields"
      aria-label={t('accounts.change')}
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate()
      }}
    >
      <label className="field">
        {t('accounts.displayName')}
        <Input value={displayName} maxLength={100} onChange={(event) => setDisplayName(event.target.value)} />
      </label>
      <OrganisationPicker label={t('accounts.organisation')} value={organisation} hint={t('accounts.organisationHint')} change={setOrganisation} />
      <div className="row account-send">
        <Button type="primary" htmlType="submit" loading={change.isPending} disabled={displayName.trim() === ''}>
          {t('common.save')}
        </Button>
        <Button onClick={done}>{t('common.cancel')}</Button>
      </div>
      <Trouble error={change.error} />
    </form>
  )
}
