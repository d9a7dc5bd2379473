import './identity.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Failed, Loading } from '@/components/StatePage'
import { client, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Compare } from './Compare'
import type { Decision } from './keys'
import { useGoWaiting } from './waiting'
import { EvidenceList } from './Waterfall'

/** Are these two one person? Of any two, whether the index asks about them or not. */
export default function ComparePage() {
  const { t } = useTexts()
  const { person, other } = useParams({ from: '/identity/compare/$person/$other' })
  const decides = useMay()('identity.decide')
  const decide = useDecide(person, other)
  const both = useQuery({
    queryKey: ['identity', 'question', person, other],
    queryFn: () => take(client.GET('/api/v1/identity/questions/{person}/{other}', { params: { path: { person, other } } })),
    retry: false,
  })
  if (both.isPending) return <Loading rows={12} />
  if (!both.data) return <Failed error={both.error} retry={() => void both.refetch()} />
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.isOne')}</h1>
        {decides && (
          <span className="row">
            <Button type="primary" onClick={() => decide('link')}>
              {t('identity.link')}
            </Button>
            <Button onClick={() => decide('never-link')}>{t('identity.never')}</Button>
          </span>
        )}
        <span className="push">
          <Link to="/identity/search">{t('identity.search')}</Link>
        </span>
      </div>
      <div className="stack">
        <section className="panel" aria-label={t('identity.compare')}>
          <Compare person={both.data.person} other={both.data.other} />
        </section>
        <section className="panel" aria-label={t('identity.evidence')}>
          <div className="panel-head">
            <h2>{t('identity.evidence')}</h2>
          </div>
          <EvidenceList evidence={both.data.evidence} />
        </section>
      </div>
    </>
  )
}

/** Asks why, decides, and goes on to the person that the first of the two is now. */
function useDecide(person: string, other: string): (said: Decision) => void {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const goWaiting = useGoWaiting()
  return (said) =>
    ask({
      title: said === 'link' ? t('identity.whyOne') : t('identity.whyTwo'),
      confirm: said === 'link' ? t('identity.link') : t('identity.never'),
      reason: 'required',
      run: async ({ reason }) => {
        const answer = await take(client.POST('/api/v1/identity/decisions', { body: { said, person, other, reason } }))
        queries.removeQueries({ queryKey: ['identity', 'question', person, other] })
        if (!goWaiting(answer)) void navigate({ to: '/identity/persons/$person', params: { person } })
        await queries.invalidateQueries({ queryKey: ['identity'] })
      },
    })
}
