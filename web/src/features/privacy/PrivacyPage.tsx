import './privacy.css'

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Tabs } from 'antd'

import { Counted } from '@/components/Counted'
import { client, take } from '@/lib/api'
import { privacySearch, type PrivacySearch } from '@/lib/filters'
import { unreviewedKey } from '@/lib/looks'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Classified } from './Classified'
import { Consents } from './Consents'
import { Reviews } from './Reviews'

/** Who looked in an emergency, what patients permit and refuse, and how sensitive which data are? */
export default function PrivacyPage() {
  const { t } = useTexts()
  const may = useMay()
  const navigate = useNavigate()
  const search = useSearch({ from: '/privacy' })
  const change = (part: PrivacySearch) => void navigate({ to: '/privacy', search: (now) => privacySearch({ ...now, ...part }), replace: true })
  const tabs = [
    ...(may('glass.review') ? [{ key: 'reviews', label: <WaitingReviews />, children: <Reviews search={search} change={change} /> }] : []),
    ...(may('consents.read') ? [{ key: 'consents', label: t('privacy.consents'), children: <Consents search={search} change={change} /> }] : []),
    { key: 'classification', label: t('privacy.classification'), children: <Classified /> },
  ]
  const open = tabs.find(({ key }) => key === search.tab) ?? tabs[0]
  return (
    <div className="privacy">
      <h1 className="sr-only">{t('privacy.title')}</h1>
      <Tabs activeKey={open?.key ?? ''} onChange={(tab) => change({ tab: tab as PrivacySearch['tab'] })} destroyOnHidden items={tabs} />
    </div>
  )
}

function WaitingReviews() {
  const { t } = useTexts()
  const waiting = useQuery({
    queryKey: unreviewedKey,
    queryFn: () => take(client.GET('/api/v1/privacy/glass', { params: { query: { limit: 0 } } })),
  })
  return <Counted text={t('privacy.reviews')} count={waiting.data?.unreviewed} />
}
