import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Failed } from '@/components/StatePage'
import { type Approval, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

const KEY = ['me', 'apps']

/** Which apps do I let act for me? */
export function MyApps() {
  const { t } = useTexts()
  const apps = useQuery({ queryKey: KEY, queryFn: () => take(client.GET('/api/v1/me/apps')) })
  return (
    <section className="panel" aria-label={t('me.apps')}>
      <div className="panel-head">
        <h2>{t('me.apps')}</h2>
        <span className="quiet">{t('me.appsText')}</span>
      </div>
      {apps.isError && <Failed error={apps.error} retry={() => void apps.refetch()} />}
      {apps.data?.length === 0 && <p className="panel-body quiet">{t('me.noApps')}</p>}
      <ul className="account-lines">
        {apps.data?.map((one) => (
          <Line key={one.id} approval={one} />
        ))}
      </ul>
    </section>
  )
}

function Line({ approval }: { approval: Approval }) {
  const { t, language } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const end = () =>
    ask({
      title: t('me.endAppConfirm', { name: approval.display_name }),
      text: t('me.endAppText'),
      confirm: t('me.endApp'),
      danger: true,
      run: async () => {
        queries.setQueryData(KEY, await take(client.DELETE('/api/v1/me/apps/{approval}', { params: { path: { approval: approval.id } } })))
      },
    })
  return (
    <li>
      <strong>{approval.display_name}</strong>
      <span>{approval.scopes.map((one) => one[language]).join(t('common.comma'))}</span>
      {approval.patient !== '' && <span className="mono">{approval.patient}</span>}
      <span className="quiet">
        <Instant at={approval.approved_at} /> {t('accounts.until')} <Instant at={approval.expires_at} />
      </span>
      <Button size="small" danger className="push" onClick={end}>
        {t('me.endApp')}
      </Button>
    </li>
  )
}
