import type { ShownBy } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Says in words that something is not shown by the definition that was in force then. */
export function InsteadOf({ by }: { by: ShownBy | null }) {
  const { t } = useTexts()
  if (by?.instead_of == null) return null
  return (
    <p className="quiet" role="note">
      {t('trace.insteadOf', { then: by.instead_of, version: by.version })}
    </p>
  )
}
