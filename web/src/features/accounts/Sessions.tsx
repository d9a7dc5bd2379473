import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { type AccountDetail, client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useRenew } from './useRenew'

/** Where an account is signed in now. */
export function Sessions({ account }: { account: AccountDetail }) {
  const { t } = useTexts()
  const ask = useAsk()
  const manages = useMay()('accounts.manage')
  const renew = useRenew(account.name)
  const end = (session: string | undefined) =>
    ask({
      title: session === undefined ? t('accounts.endAllConfirm', { name: account.display_name }) : t('accounts.endConfirm'),
      text: t('accounts.endText'),
      confirm: session === undefined ? t('accounts.endAll') : t('accounts.end'),
      danger: true,
      run: async () => {
        await take(client.DELETE('/api/v1/accounts/{name}/sessions', { params: { path: { name: account.name }, query: { session } } }))
        await renew()
      },
    })
  return (
    <section className="panel" aria-label={t('accounts.sessions')}>
      <div className="panel-head">
        <h2>{t('accounts.sessions')}</h2>
        {manages && account.sessions.length > 1 && (
          <Button size="small" danger className="push" onClick={() => end(undefined)}>
            {t('accounts.endAll')}
          </Button>
        )}
      </div>
      {account.sessions.length === 0 && <p className="panel-body quiet">{t('accounts.noSessions')}</p>}
      <ul className="account-lines">
        {account.sessions.map((one) => (
          <li key={one.id}>
            <span className="mono">{one.address}</span>
            <span className="session-agent quiet" title={one.agent}>
              {one.agent}
            </span>
            <span>
              {t('accounts.beganAt')} <Instant at={one.began_at} />
            </span>
            <span className="quiet">
              {t('accounts.seenAt')} <Instant at={one.seen_at} />
            </span>
            {manages && (
              <Button size="small" className="push" onClick={() => end(one.id)}>
                {t('accounts.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
