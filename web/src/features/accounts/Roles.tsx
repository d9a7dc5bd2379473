import { useRoleNames, useRoles } from '@/components/roles'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { useTexts } from '@/lib/texts'

import { usePermissionNames } from './permissions'

/** What each role may do, and which no person may have together. */
export function Roles() {
  const { t } = useTexts()
  const roles = useRoles()
  const names = useRoleNames()
  const permissions = usePermissionNames()
  if (roles.isPending) return <Loading rows={6} />
  if (!roles.data) return <Failed error={roles.error} retry={() => void roles.refetch()} />
  return (
    <div className="stack">
      <p className="quiet">{t('accounts.rolesText')}</p>
      <div className="role-cards">
        {roles.data.map((role) => (
          <section key={role.name} className="panel" aria-label={names(role.name)}>
            <div className="panel-head">
              <h2>{names(role.name)}</h2>
              <code className="quiet">{role.name}</code>
              {role.second_factor && <Mark tone="info">{t('accounts.needsFactor')}</Mark>}
            </div>
            <dl className="panel-body facts">
              <dt>{t('accounts.mayDo')}</dt>
              <dd>{role.permissions.map(permissions).join(t('common.comma'))}</dd>
              {role.excludes.length > 0 && (
                <>
                  <dt>{t('accounts.excludes')}</dt>
                  <dd>{role.excludes.map(names).join(t('common.comma'))}</dd>
                </>
              )}
            </dl>
          </section>
        ))}
      </div>
    </div>
  )
}
