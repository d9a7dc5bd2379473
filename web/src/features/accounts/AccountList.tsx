import { PlusOutlined } from '@ant-design/icons'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { useRoleNames } from '@/components/roles'
import { type AccountRow, client, take } from '@/lib/api'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { NewAccount } from './NewAccount'
import { AccountMark, EVERYWHERE } from './parts'

/** Accounts of people and systems by name. */
export function AccountList() {
  const { t } = useTexts()
  const may = useMay()
  const navigate = useNavigate()
  const roles = useRoleNames()
  const [creates, setCreates] = useState(false)
  const pages = usePages<AccountRow>(['accounts'], (cursor) => take(client.GET('/api/v1/accounts', { params: { query: { cursor } } })))
  return (
    <div className="stack">
      {may('accounts.manage') &&
        (creates ? (
          <NewAccount done={() => setCreates(false)} />
        ) : (
          <div className="row">
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreates(true)}>
              {t('accounts.create')}
            </Button>
          </div>
        ))}
      <ResourcePage<AccountRow>
        pages={pages}
        screen={{
          label: t('accounts.accounts'),
          rowKey: ({ name }) => name,
          open: ({ name }) => void navigate({ to: '/accounts/$name', params: { name } }),
          empty: { title: t('accounts.none'), text: t('accounts.noneText') },
          columns: [
            {
              key: 'name',
              title: t('accounts.name'),
              head: true,
              cell: ({ name }) => (
                <Link className="mono" to="/accounts/$name" params={{ name }}>
                  {name}
                </Link>
              ),
            },
            { key: 'display', title: t('accounts.displayName'), head: true, cell: (row) => <strong>{row.display_name}</strong> },
            { key: 'state', title: t('common.state'), head: true, cell: (row) => <AccountMark account={row} /> },
            { key: 'kind', title: t('common.kind'), cell: ({ kind }) => (kind === 'service' ? t('accounts.kind.service') : t('accounts.kind.person')) },
            { key: 'organisation', title: t('accounts.organisation'), cell: ({ organisation }) => organisation && <span className="mono">{organisation}</span> },
            {
              key: 'roles',
              title: t('accounts.roles'),
              cell: (row) => (
                <span className="marks">
                  {row.roles.map((one) => (
                    <span key={one.id} className="role-chip">
                      {roles(one.role)} <span className="quiet">{one.organisation === EVERYWHERE ? t('accounts.everywhere') : one.organisation}</span>
                    </span>
                  ))}
                </span>
              ),
            },
            { key: 'created', title: t('accounts.createdAt'), wide: true, cell: (row) => <Instant at={row.created_at} relative={false} /> },
          ],
        }}
      />
    </div>
  )
}
