import { Mark } from '@/components/StateMark'
import { useTexts } from '@/lib/texts'

type Props = { of: { held: number; dismissed: number; filtered: number }; atLeast?: boolean }

/** What a replay leaves out, by reason; nothing where it leaves out nothing. */
export function LeftOut({ of, atLeast = false }: Props) {
  const { t } = useTexts()
  return (
    <>
      {of.held > 0 && <Mark tone="mute">{t('replay.held', { count: of.held })}</Mark>}
      {of.dismissed > 0 && <Mark tone="mute">{t('replay.dismissed', { count: of.dismissed })}</Mark>}
      {of.filtered > 0 && (
        <Mark tone="mute">{t(atLeast ? 'replay.filteredAtLeast' : 'replay.filtered', { count: of.filtered })}</Mark>
      )}
    </>
  )
}
