import './accounts.css'

import { useNavigate, useSearch } from '@tanstack/react-router'
import { Tabs } from 'antd'

import { accountsSearch, type AccountsSearch } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { AccountList } from './AccountList'
import { Explain } from './Explain'
import { Roles } from './Roles'

/** Who may see what, and why? */
export default function AccountsPage() {
  const { t } = useTexts()
  const may = useMay()
  const navigate = useNavigate()
  const search = useSearch({ from: '/accounts' })
  const change = (part: AccountsSearch) =>
    void navigate({ to: '/accounts', search: (now) => accountsSearch({ ...now, ...part }), replace: true })
  const explain = { key: 'explain', label: t('accounts.explain'), children: <Explain search={search} change={change} /> }
  return (
    <div className="accounts">
      <h1 className="sr-only">{t('accounts.title')}</h1>
      <Tabs
        activeKey={search.tab ?? 'accounts'}
        onChange={(tab) => change({ tab: tab as AccountsSearch['tab'] })}
        destroyOnHidden
        items={[
          { key: 'accounts', label: t('accounts.accounts'), children: <AccountList /> },
          { key: 'roles', label: t('accounts.roles'), children: <Roles /> },
          ...(may('access.explain') ? [explain] : []),
        ]}
      />
    </div>
  )
}
