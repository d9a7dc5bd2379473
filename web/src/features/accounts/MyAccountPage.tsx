import './accounts.css'

import { useQueryClient } from '@tanstack/react-query'

import { useRoleNames } from '@/components/roles'
import { Mark } from '@/components/StateMark'
import { sessionKey, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { ChangePassword } from './ChangePassword'
import { MyApps } from './MyApps'
import { Places } from './parts'
import { SecondFactor } from './SecondFactor'
import { usePermissionNames } from './permissions'

/** Who am I here, what may I do, and how do I prove who I am? */
export default function MyAccountPage() {
  const { t } = useTexts()
  const { account } = useSession()
  const queries = useQueryClient()
  const roles = useRoleNames()
  const permissions = usePermissionNames()
  if (!account) return null
  const renew = () => void queries.invalidateQueries({ queryKey: sessionKey })
  // Whoever came with the token of the first start, or a key, has neither password nor second factor here.
  const own = account.factors.includes('password')
  return (
    <div className="stack">
      <header className="panel panel-body account-head">
        <div className="row">
          <h1>{t('me.title')}</h1>
          <strong>{account.display_name}</strong>
          <code>{account.name}</code>
        </div>
        <dl className="facts">
          <dt>{t('accounts.roles')}</dt>
          <dd>{account.roles.map(roles).join(t('common.comma')) || t('me.noRoles')}</dd>
          {account.organisation !== '' && (
            <>
              <dt>{t('accounts.organisation')}</dt>
              <dd className="mono">{account.organisation}</dd>
            </>
          )}
        </dl>
      </header>
      {own && (
        <div className="account-columns">
          <section className="panel" aria-label={t('me.password')}>
            <div className="panel-head">
              <h2>{t('me.password')}</h2>
            </div>
            <div className="panel-body">
              <ChangePassword done={renew} />
            </div>
          </section>
          <section className="panel" aria-label={t('me.factor')}>
            <div className="panel-head">
              <h2>{t('me.factor')}</h2>
              {account.factors.includes('one-time code') && <Mark tone="good">{t('accounts.factorOn')}</Mark>}
            </div>
            <div className="panel-body">
              {account.factors.includes('one-time code') ? <p>{t('me.factorLost')}</p> : <SecondFactor done={renew} />}
            </div>
          </section>
        </div>
      )}
      {own && <MyApps />}
      <section className="panel" aria-label={t('me.permissions')}>
        <div className="panel-head">
          <h2>{t('me.permissions')}</h2>
        </div>
        <dl className="panel-body facts">
          {Object.entries(account.permissions).map(([permission, where]) => (
            <Fact key={permission} name={permissions(permission)} where={where} />
          ))}
        </dl>
      </section>
    </div>
  )
}

function Fact({ name, where }: { name: string; where: string[] }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Places where={where} />
      </dd>
    </>
  )
}
