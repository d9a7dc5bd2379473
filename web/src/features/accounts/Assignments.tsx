import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { useRoleNames, useRoles } from '@/components/roles'
import { LocalInstant } from '@/components/TimeRange'
import { Trouble } from '@/components/Trouble'
import { type AccountDetail, type Assignment, client, take } from '@/lib/api'
import { useMay, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { EVERYWHERE, PlaceField, Places } from './parts'
import { useRenew } from './useRenew'

/** The roles of an account: where, until when, why and by whom. */
export function Assignments({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const may = useMay()
  const { account: me } = useSession()
  const names = useRoleNames()
  const own = me?.name === account.name
  const assigns = may('roles.assign') && !own
  return (
    <section className="panel" aria-label={t('accounts.roles')}>
      <div className="panel-head">
        <h2>{t('accounts.roles')}</h2>
        {may('roles.assign') && own && <span className="quiet">{t('accounts.ownRoles')}</span>}
      </div>
      {account.roles.length === 0 ? (
        <p className="panel-body quiet">{t('accounts.noRoles')}</p>
      ) : (
        <div className="table-wrap">
          <table className="table cards">
            <thead>
              <tr>
                <th scope="col">{t('accounts.role')}</th>
                <th scope="col">{t('accounts.organisation')}</th>
                <th scope="col">{t('accounts.until')}</th>
                <th scope="col">{t('common.reason')}</th>
                <th scope="col">{t('accounts.grantedBy')}</th>
                {assigns && <th />}
              </tr>
            </thead>
            <tbody>
              {account.roles.map((one) => (
                <tr key={one.id}>
                  <td className="head">
                    <strong>{names(one.role)}</strong>
                  </td>
                  <td data-title={t('accounts.organisation')}>
                    <Places where={[one.organisation]} />
                  </td>
                  <td data-title={t('accounts.until')}>{one.valid_until ? <Instant at={one.valid_until} /> : t('accounts.unlimited')}</td>
                  <td data-title={t('common.reason')}>{one.reason}</td>
                  <td data-title={t('accounts.grantedBy')}>
                    <span className="mono">{one.granted_by}</span>
                  </td>
                  {assigns && (
                    <td>
                      <TakeAway account={account} assignment={one} title={names(one.role)} />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {assigns && <Assign account={account} />}
    </section>
  )
}

function TakeAway({ account, assignment, title }: { account: AccountDetail; assignment: Assignment; title: string }) {
  const { t } = useTexts()
  const ask = useAsk()
  const renew = useRenew(account.name)
  const takeAway = () =>
    ask({
      title: t('accounts.takeAwayConfirm', { role: title, name: account.display_name }),
      text: t('accounts.takeAwayText'),
      confirm: t('accounts.takeAway'),
      danger: true,
      run: async () => {
        await take(
          client.DELETE('/api/v1/accounts/{name}/roles/{assignment}', {
            params: { path: { name: account.name, assignment: assignment.id } },
          }),
        )
        await renew()
      },
    })
  return (
    <Button size="small" danger onClick={takeAway} aria-label={`${t('accounts.takeAway')} ${title}`}>
      {t('accounts.takeAway')}
    </Button>
  )
}

function Assign({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const roles = useRoles()
  const names = useRoleNames()
  const renew = useRenew(account.name)
  const [role, setRole] = useState('')
  const [organisation, setOrganisation] = useState('')
  const [until, setUntil] = useState<string | undefined>()
  const [reason, setReason] = useState('')
  const assign = useMutation({
    mutationFn: () =>
      take(
        client.POST('/api/v1/accounts/{name}/roles', {
          params: { path: { name: account.name } },
          body: {
            role,
            organisation: organisation === EVERYWHERE ? EVERYWHERE : organisation.trim(),
            until: until ?? null,
            reason: reason.trim(),
          },
        }),
      ),
    onSuccess: async () => {
      setRole('')
      setUntil(undefined)
      setReason('')
      await renew()
    },
  })
  return (
    <form
      className="panel-body account-fields account-more"
      aria-label={t('accounts.assign')}
      onSubmit={(event) => {
        event.preventDefault()
        assign.mutate()
      }}
    >
      <label className="field">
        {t('accounts.role')}
        <select className="native" value={role} onChange={(event) => setRole(event.target.value)}>
          <option value="">{t('accounts.chooseRole')}</option>
          {roles.data?.map(({ name }) => (
            <option key={name} value={name}>
              {names(name)}
            </option>
          ))}
        </select>
      </label>
      <PlaceField value={organisation} change={setOrganisation} />
      <label className="field">
        {t('common.reason')}
        <Input value={reason} maxLength={500} placeholder={t('accounts.assignReason')} onChange={(event) => setReason(event.target.value)} />
      </label>
      <div className="field">
        {t('accounts.untilHint')}
        <LocalInstant label={t('accounts.until')} value={until} change={setUntil} />
      </div>
      <div className="row account-send">
        <Button
          type="primary"
          htmlType="submit"
          loading={assign.isPending}
          disabled={role === '' || organisation.trim() === '' || reason.trim() === ''}
        >
          {t('accounts.assign')}
        </Button>
      </div>
      <Trouble error={assign.error} />
    </form>
  )
}
