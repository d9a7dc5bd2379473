import type { ReactNode } from 'react'

import { type Permission, useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { StatePage } from './StatePage'

/** Shows a page to those who may see it, and says so to the others without asking the server. One permission of several will do. */
export function Guarded({ needs, children }: { needs: Permission | readonly Permission[]; children: ReactNode }) {
  return [needs].flat().some(useMay()) ? children : <Forbidden />
}

export function Forbidden() {
  const { t } = useTexts()
  return <StatePage title={t('states.forbiddenTitle')} text={t('states.forbiddenText')} />
}
