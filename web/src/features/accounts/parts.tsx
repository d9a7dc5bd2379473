import { Checkbox } from 'antd'

import { OrganisationPicker } from '@/components/OrganisationPicker'
import { Mark } from '@/components/StateMark'
import type { AccountRow } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** How the API says "all organisations". */
export const EVERYWHERE = '*'

/** Codes of organisations, or that it holds in all of them. */
export function Places({ where }: { where: string[] }) {
  const { t } = useTexts()
  if (where.includes(EVERYWHERE)) return <span>{t('accounts.everywhere')}</span>
  return <span className="mono">{where.join(', ')}</span>
}

/** Active, locked after wrong passwords, or disabled. */
export function AccountMark({ account }: { account: Pick<AccountRow, 'state' | 'locked_until'> }) {
  const { t } = useTexts()
  if (account.state !== 'active') return <Mark tone="mute">{t('accounts.state.disabled')}</Mark>
  if (account.locked_until !== null) return <Mark tone="bad">{t('accounts.state.locked')}</Mark>
  return <Mark tone="good">{t('accounts.state.active')}</Mark>
}

type PlaceProps = { value: string; change: (code: string) => void }

/** The code of an organisation, or all of them. */
export function PlaceField({ value, change }: PlaceProps) {
  const { t } = useTexts()
  const all = value === EVERYWHERE
  return (
    <div className="field">
      <OrganisationPicker
        label={t('accounts.organisation')}
        value={all ? '' : value}
        disabled={all}
        hint={all ? t('accounts.everywhere') : t('accounts.assignHint')}
        change={change}
      />
      <Checkbox checked={all} onChange={(event) => change(event.target.checked ? EVERYWHERE : '')}>
        {t('accounts.everywhere')}
      </Checkbox>
    </div>
  )
}
