import { LogoutOutlined, UserOutlined } from '@ant-design/icons'
import { useNavigate } from '@tanstack/react-router'
import { Button, Dropdown } from 'antd'

import { useRoleNames } from '@/components/roles'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSignOut } from './useSignOut'

/** Who is signed in, in which roles; his own account, and the way out. */
export function UserMenu() {
  const { t } = useTexts()
  const { account } = useSession()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const names = useRoleNames()
  if (!account) return null
  const roles = account.roles.map(names).join(t('common.comma'))
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
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
          { key: 'me', icon: <UserOutlined />, label: t('me.title'), onClick: () => void navigate({ to: '/me' }) },
          { key: 'out', icon: <LogoutOutlined />, label: t('app.signOut'), onClick: () => void signOut() },
        ],
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('me.menu', { name: account.display_name })}>
        <span className="tools-user">{account.display_name}</span>
      </Button>
    </Dropdown>
  )
}
