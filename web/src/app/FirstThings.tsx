import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { ChangePassword } from '@/features/accounts/ChangePassword'
import { SecondFactor } from '@/features/accounts/SecondFactor'
import type { Me } from '@/lib/api'
import { sessionKey, useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Entrance } from './SignIn'
import { useSignOut } from './useSignOut'

/** What comes before anything else: a password of one's own, then the second factor that a role asks for. */
export function FirstThings({ account }: { account: Me }) {
  const { t } = useTexts()
  const session = useSession()
  const queries = useQueryClient()
  const signOut = useSignOut()
  const go = () => void queries.invalidateQueries({ queryKey: sessionKey })
  return (
    <Entrance session={session} title={account.must_change ? t('me.mustChange') : t('me.needsFactor')}>
      <p>{account.must_change ? t('me.mustChangeText') : t('me.needsFactorText')}</p>
      {account.must_change ? <ChangePassword done={go} /> : <SecondFactor done={go} />}
      <p className="row quiet">
        <span>{account.display_name}</span>
        <Button type="link" size="small" className="push" onClick={() => void signOut()}>
          {t('app.signOut')}
        </Button>
      </p>
    </Entrance>
  )
}
