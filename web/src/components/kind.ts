import { shortKind } from '@/lib/format'
import { useTexts } from '@/lib/texts'

const REPAIRED = 'act message.repaired'

/** What people call the kind of a message; what a person repaired is listed among messages. */
export function useKind(): (kind: string) => string {
  const { t } = useTexts()
  return (kind) => (kind === REPAIRED ? t('messages.repaired') : shortKind(kind))
}
