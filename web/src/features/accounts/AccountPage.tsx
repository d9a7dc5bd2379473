import '@/components/resource.css'
import './accounts.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { Once } from '@/components/Once'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { type AccountDetail, client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { AccountActions } from './AccountActions'
import { Assignments } from './Assignments'
import { Keys } from './Keys'
import { AccountMark } from './parts'
import { Practitioner } from './Practitioner'
import { Sessions } from './Sessions'

/** What is this account, what may it do, and where is it signed in? */
export default function AccountPage() {
  const { name } = useParams({ from: '/accounts/$name' })
  const account = useQuery({
    queryKey: ['account', name],
    queryFn: () => take(client.GET('/api/v1/accounts/{name}', { params: { path: { name } } })),
  })
  if (account.isPending) return <Loading rows={10} />
  if (!account.data) return <Failed error={account.error} retry={() => void account.refetch()} />
  return <Account key={name} account={account.data} />
}

function Account({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const may = useMay()
  const [given, setGiven] = useState<string | null>(null)
  const service = account.kind === 'service'
  return (
    <div className="stack">
      <header className="panel panel-body account-head">
        <div className="row">
          <h1>{account.display_name}</h1>
          <code>{account.name}</code>
          <AccountMark account={account} />
          {account.must_change && <Mark tone="warn">{t('accounts.mustChange')}</Mark>}
          {may('access.explain') && (
            <Link className="push" to="/accounts" search={{ tab: 'explain', account: account.name }}>
              {t('accounts.explain')}
            </Link>
          )}
        </div>
        <dl className="facts">
          <dt>{t('common.kind')}</dt>
          <dd>{service ? t('accounts.kind.service') : t('accounts.kind.person')}</dd>
          <dt>{t('accounts.organisation')}</dt>
          <dd>{account.organisation === '' ? t('accounts.noOrganisation') : <span className="mono">{account.organisation}</span>}</dd>
          {!service && (
            <>
              <dt>{t('me.factor')}</dt>
              <dd>{account.second_factor ? t('accounts.factorOn') : t('accounts.factorOff')}</dd>
            </>
          )}
          <dt>{t('accounts.createdAt')}</dt>
          <dd>
            <Instant at={account.created_at} />
          </dd>
          {account.locked_until !== null && (
            <>
              <dt>{t('accounts.lockedUntil')}</dt>
              <dd>
                <Instant at={account.locked_until} />
              </dd>
            </>
          )}
        </dl>
        {may('accounts.manage') && <AccountActions account={account} given={setGiven} />}
      </header>
      {given !== null && (
        <Once
          title={t('accounts.given')}
          text={t('accounts.givenText', { name: account.display_name })}
          secret={given}
          print
          done={() => setGiven(null)}
        />
      )}
      <Assignments account={account} />
      {service ? <Keys account={account} /> : <Practitioner account={account} />}
      <Sessions account={account} />
    </div>
  )
}
