import { CheckOutlined, LogoutOutlined, UserOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button, Dropdown, type MenuProps } from 'antd'

import { usePurposeNames } from '@/components/purposes'
import { useRoleNames } from '@/components/roles'
import type { Me } from '@/lib/api'
import { seeLess } from '@/lib/looks'
import { choosePurpose, usePurpose } from '@/lib/purpose'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSignOut } from './useSignOut'

/** Who is signed in, in which roles and for what; his own account, and the way out. */
export function UserMenu() {
  const { account } = useSession()
  return account && <Menu account={account} />
}

function Menu({ account }: { account: Me }) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const names = useRoleNames()
  const purposes = usePurposeItems(account)
  const roles = account.roles.map(names).join(t('common.comma'))
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
      // It stands still from the first moment: a press at the wrong instant would miss.
      transitionName=""
      menu={{
        items: [
          {
            key: 'who',
            disabled: true,
            label: (
              <span className="who">
                <strong>{account.display_name}</strong>
                <span className="mono">{account.name}</span>
                <span>{roles || t('me.noRoles')}</span>
              </span>
            ),
          },
          { type: 'divider' },
          ...purposes.items,
          { key: 'me', icon: <UserOutlined />, label: t('me.title'), onClick: () => void navigate({ to: '/me' }) },
          { key: 'out', icon: <LogoutOutlined />, label: t('app.signOut'), onClick: () => void signOut() },
        ],
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('me.menu', { name: account.display_name })} aria-description={purposes.said}>
        <span className="tools-user">{account.display_name}</span>
        {purposes.name && <span className="tools-purpose">{purposes.name}</span>}
      </Button>
    </Dropdown>
  )
}

/** For whoever works for several purposes: which one it is now, and the others to choose. */
function usePurposeItems(account: Me) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const names = usePurposeNames()
  const now = usePurpose() ?? account.purpose
  if (account.purposes.length < 2) return { items: [], name: undefined, said: undefined }
  const choose = (purpose: string) => {
    choosePurpose(account, purpose)
    // Another purpose shows other things, perhaps fewer.
    void seeLess(queries)
  }
  const items: NonNullable<MenuProps['items']> = [
    {
      key: 'purposes',
      type: 'group',
      label: t('me.purpose'),
      children: account.purposes.map((purpose) => ({
        key: purpose,
        icon: purpose === now ? <CheckOutlined /> : <span className="no-icon" />,
        label: (
          <>
            {names(purpose)}
            {purpose === now && <span className="sr-only"> {t('me.purposeNow')}</span>}
          </>
        ),
        onClick: () => choose(purpose),
      })),
    },
    { type: 'divider' },
  ]
  return { items, name: names(now), said: `${t('me.purpose')}: ${names(now)}` }
}
