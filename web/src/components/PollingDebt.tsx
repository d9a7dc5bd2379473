import { Mark } from '@/components/StateMark'
import { useTexts } from '@/lib/texts'

/** A source that asks instead of being told is a debt, and its channel says so. */
export function PollingDebt({ connector }: { connector: string }) {
  const { t } = useTexts()
  if (connector !== 'sql') return null
  return (
    <span title={t('overview.pollingHint')}>
      <Mark tone="warn" plain>
        {t('overview.polling')}
      </Mark>
    </span>
  )
}
