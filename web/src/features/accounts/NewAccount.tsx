import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { Once } from '@/components/Once'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { Trouble } from '@/components/Trouble'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Make an account; a person's first password is shown once. */
export function NewAccount({ done }: { done: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [kind, setKind] = useState<'person' | 'service'>('person')
  const [name, setName] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [organisation, setOrganisation] = useState('')
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      take(
        client.POST('/api/v1/accounts', {
          body: { name: name.trim(), display_name: displayName.trim(), kind, organisation: organisation.trim() },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['accounts'] }),
  })
  const made = create.data
  if (made?.password)
    return (
      <Once title={t('accounts.given')} text={t('accounts.givenText', { name: made.account.display_name })} secret={made.password} print done={done}>
        <NextStep name={made.account.name} />
      </Once>
    )
  if (made)
    return (
      <section className="once" aria-label={t('accounts.made')}>
        <h2>{t('accounts.made')}</h2>
        <NextStep name={made.account.name} />
        <div className="row">
          <Button size="small" onClick={done}>
            {t('common.close')}
          </Button>
        </div>
      </section>
    )
  return (
    <section className="panel" aria-label={t('accounts.create')}>
      <div className="panel-head">
        <h2>{t('accounts.create')}</h2>
      </div>
      <form
        className="panel-body account-fields"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <label className="field">
          {t('common.kind')}
          <select className="native" value={kind} onChange={(event) => setKind(event.target.value === 'service' ? 'service' : 'person')}>
            <option value="person">{t('accounts.kind.person')}</option>
            <option value="service">{t('accounts.kind.service')}</option>
          </select>
        </label>
        <label className="field">
          {t('accounts.name')}
          <Input
            value={name}
            autoFocus
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={63}
            placeholder={t('accounts.nameHint')}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          {t('accounts.displayName')}
          <Input value={displayName} autoComplete="off" maxLength={100} onChange={(event) => setDisplayName(event.target.value)} />
        </label>
        <OrganisationPicker label={t('accounts.organisation')} value={organisation} hint={t('accounts.organisationHint')} change={setOrganisation} />
        <div className="row account-send">
          <Button type="primary" htmlType="submit" loading={create.isPending} disabled={name.trim() === '' || displayName.trim() === ''}>
            {t('accounts.createNow')}
          </Button>
          <Button onClick={done}>{t('common.cancel')}</Button>
        </div>
      </form>
      {create.isError && (
        <div className="panel-body">
          <Trouble error={create.error} />
        </div>
      )}
    </section>
  )
}

function NextStep({ name }: { name: string }) {
  const { t } = useTexts()
  return (
    <p className="no-print">
      {t('accounts.thenRoles')}{' '}
      <Link className="mono" to="/accounts/$name" params={{ name }}>
        {name}
      </Link>
    </p>
  )
}
