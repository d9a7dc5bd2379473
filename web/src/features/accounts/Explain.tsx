import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'

import { Instant } from '@/components/Instant'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { useRoleNames } from '@/components/roles'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type ExplanationOfAccess, take } from '@/lib/api'
import type { AccountsSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { EVERYWHERE, Places } from './parts'
import { usePermissionNames, usePermissions } from './permissions'

type Props = { search: AccountsSearch; change: (part: AccountsSearch) => void }

/** Why may this account do this with the data of that organisation, or why not? */
export function Explain({ search, change }: Props) {
  const { t, language } = useTexts()
  const permissions = usePermissions()
  const [account, setAccount] = useState(search.account ?? '')
  const [permission, setPermission] = useState(search.permission ?? '')
  const [organisation, setOrganisation] = useState(search.organisation ?? '')
  useEffect(() => setAccount(search.account ?? ''), [search.account])
  const asked = { account: search.account ?? '', permission: search.permission ?? '', organisation: search.organisation ?? '' }
  const answer = useQuery({
    enabled: asked.account !== '' && asked.permission !== '',
    queryKey: ['access', asked],
    queryFn: () => take(client.GET('/api/v1/access', { params: { query: asked } })),
    staleTime: 0,
  })
  const same = account.trim() === asked.account && permission === asked.permission && organisation.trim() === asked.organisation
  return (
    <section className="panel" aria-label={t('accounts.explain')}>
      <div className="panel-head">
        <h2>{t('accounts.explain')}</h2>
        <span className="quiet">{t('accounts.explainText')}</span>
      </div>
      <form
        className="panel-body account-fields"
        onSubmit={(event) => {
          event.preventDefault()
          if (same) void answer.refetch()
          else
            change({
              account: account.trim() || undefined,
              permission: permission || undefined,
              organisation: organisation.trim() || undefined,
            })
        }}
      >
        <label className="field">
          {t('accounts.name')}
          <Input value={account} maxLength={64} autoCapitalize="none" spellCheck={false} onChange={(event) => setAccount(event.target.value)} />
        </label>
        <label className="field">
          {t('accounts.permission')}
          <select className="native" value={permission} onChange={(event) => setPermission(event.target.value)}>
            <option value="">{t('accounts.choosePermission')}</option>
            {permissions.data?.map((one) => (
              <option key={one.name} value={one.name}>
                {one[language]}
              </option>
            ))}
          </select>
        </label>
        <OrganisationPicker label={t('accounts.organisation')} value={organisation} hint={t('accounts.explainOrganisation')} change={setOrganisation} />
        <div className="row account-send">
          <Button type="primary" htmlType="submit" loading={answer.isFetching} disabled={account.trim() === '' || permission === ''}>
            {t('accounts.explainNow')}
          </Button>
        </div>
      </form>
      {answer.isLoading && <Loading rows={2} />}
      {answer.isError && <Failed error={answer.error} />}
      {answer.data && <Answer answer={answer.data} />}
    </section>
  )
}

function Answer({ answer }: { answer: ExplanationOfAccess }) {
  const { t } = useTexts()
  const names = useRoleNames()
  const permissions = usePermissionNames()
  const where = answer.organisation || t('accounts.explainOrganisation')
  const facts = { account: answer.account, permission: permissions(answer.permission), where }
  return (
    <div className="panel-body stack account-more" role="status">
      <Mark tone={answer.allowed ? 'good' : 'bad'} plain>
        <strong>{answer.allowed ? t('accounts.allowed', facts) : t('accounts.refused', facts)}</strong>
      </Mark>
      {!answer.allowed && <p>{t('accounts.refusedText')}</p>}
      <ol className="account-lines">
        {answer.reasons.map(({ assignment, way }) => (
          <li key={assignment.id}>
            <span>
              {t('accounts.because')} <strong>{names(assignment.role)}</strong> · <Places where={[assignment.organisation]} />
            </span>
            <span className="quiet">
              {t('accounts.way')} {way.map((code) => (code === EVERYWHERE ? t('accounts.everywhere') : code)).join(' → ')}
            </span>
            <span className="quiet">
              {assignment.granted_by} <Instant at={assignment.valid_from} /> {assignment.reason}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
