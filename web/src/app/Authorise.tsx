import { Button } from 'antd'

import { AppQuestion } from '@/features/apps/AppQuestion'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Entrance } from './SignIn'
import { useSignOut } from './useSignOut'

/** Where the server sends a browser that an app has sent. */
export const AUTHORISE = '/authorize'

/** The page on which somebody lets an app act for him: nothing else of the console is around it. */
export function Authorise() {
  const { t } = useTexts()
  const session = useSession()
  const signOut = useSignOut()
  return (
    <Entrance session={session} title={t('appQuestion.title')}>
      <AppQuestion search={window.location.search} />
      <p className="row quiet">
        <span>{session.account?.display_name}</span>
        <Button type="link" size="small" className="push" onClick={() => void signOut()}>
          {t('app.signOut')}
        </Button>
      </p>
    </Entrance>
  )
}
