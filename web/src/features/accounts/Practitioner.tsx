import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'

import { Loading } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { type AccountDetail, client, type PractitionerName, take } from '@/lib/api'
import { useMay, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useRenew } from './useRenew'

const NOBODY: Required<PractitionerName> = { source: 'messages', authority: '', identifier: '', organisation: '' }

/** What somebody is called in messages: whom these say he treats, he treats. */
export function Practitioner({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const params = { path: { name: account.name } }
  const names = useQuery({
    queryKey: ['account', account.name, 'practitioner'],
    queryFn: () => take(client.GET('/api/v1/accounts/{name}/practitioner', { params })),
  })
  const own = useSession().account?.name === account.name
  const manages = useMay()('accounts.manage') && !own
  const renew = useRenew(account.name)
  const set = useMutation({
    mutationFn: (wanted: PractitionerName[]) =>
      take(client.PUT('/api/v1/accounts/{name}/practitioner', { params, body: { names: wanted } })),
    onSuccess: renew,
  })
  const held = names.data?.names ?? []
  return (
    <section className="panel" aria-label={t('accounts.practitioner')}>
      <div className="panel-head">
        <h2>{t('accounts.practitioner')}</h2>
        <span className="quiet">{t('accounts.practitionerText')}</span>
      </div>
      {names.isPending && <Loading rows={1} />}
      {names.data && held.length === 0 && <p className="panel-body quiet">{t('accounts.noPractitioner')}</p>}
      <ul className="account-lines">
        {held.map((one) => (
          <li key={[one.source, one.authority, one.identifier].join(' ')}>
            <strong>{one.source === 'masterdata' ? t('accounts.byMasterData') : t('accounts.byMessages')}</strong>
            <code>{one.identifier}</code>
            {one.authority && <code>{one.authority}</code>}
            <span className="quiet">{one.organisation ? t('accounts.inMessagesOf', { code: one.organisation }) : t('accounts.whereverHeWorks')}</span>
            {manages && (
              <Button size="small" className="push" loading={set.isPending} onClick={() => set.mutate(held.filter((other) => other !== one))}>
                {t('accounts.forgetPractitioner')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {manages && names.data && <NewName add={(one) => set.mutateAsync([...held, one])} busy={set.isPending} />}
      <Trouble error={names.error ?? set.error} />
    </section>
  )
}

function NewName({ add, busy }: { add: (one: PractitionerName) => Promise<unknown>; busy: boolean }) {
  const { t } = useTexts()
  const [name, setName] = useState(NOBODY)
  const change = (part: Partial<typeof NOBODY>) => setName({ ...name, ...part })
  const byCode = name.source === 'masterdata'
  return (
    <form
      className="panel-body account-fields account-more"
      aria-label={t('accounts.addPractitioner')}
      onSubmit={(event) => {
        event.preventDefault()
        add({ ...name, identifier: name.identifier.trim() }).then(
          () => setName(NOBODY),
          () => undefined, // shown beside the list
        )
      }}
    >
      <label className="field">
        {t('accounts.practitionerSource')}
        <Select
          value={name.source}
          onChange={(source) => change({ source, authority: '' })}
          options={[
            { value: 'messages', label: t('accounts.byMessages') },
            { value: 'masterdata', label: t('accounts.byMasterData') },
          ]}
        />
      </label>
      <label className="field">
        {byCode ? t('accounts.practitionerCode') : t('accounts.practitionerNumber')}
        <Input value={name.identifier} maxLength={100} onChange={(event) => change({ identifier: event.target.value })} />
      </label>
      {!byCode && (
        <label className="field">
          {t('accounts.practitionerAuthority')}
          <Input value={name.authority} maxLength={100} placeholder={t('accounts.practitionerAuthorityHint')} onChange={(event) => change({ authority: event.target.value.trim() })} />
        </label>
      )}
      <label className="field">
        {t('accounts.practitionerOrganisation')}
        <Input value={name.organisation} maxLength={100} placeholder={t('accounts.whereverHeWorks')} onChange={(event) => change({ organisation: event.target.value.trim() })} />
      </label>
      <div className="row account-send">
        <Button type="primary" htmlType="submit" loading={busy} disabled={name.identifier.trim() === ''}>
          {t('accounts.addPractitioner')}
        </Button>
      </div>
    </form>
  )
}
