import { useTexts } from '@/lib/texts'

import type { Decision } from './keys'

/** The usual reasons for a decision; the first is key 1. They are written down as they are read. */
export function useReasons(): (said: Decision) => string[] {
  const { t } = useTexts()
  return (said) =>
    said === 'link'
      ? [t('identity.oneBecause.number'), t('identity.oneBecause.facts'), t('identity.oneBecause.asked'), t('identity.oneBecause.typing'), t('identity.oneBecause.changed')]
      : [t('identity.twoBecause.siblings'), t('identity.twoBecause.namesake'), t('identity.twoBecause.borrowed'), t('identity.twoBecause.asked'), t('identity.twoBecause.number')]
}
