import { Button } from 'antd'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { type Column, ResourcePage } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import { client, type Glass, take } from '@/lib/api'
import type { PrivacySearch } from '@/lib/filters'
import { usePages } from '@/lib/paging'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useReasonNames, Whose } from './parts'
import { ReviewDialog } from './ReviewDialog'

type Props = { search: PrivacySearch; change: (part: PrivacySearch) => void }

/** Looks in an emergency, the newest first, for whoever reviews them. */
export function Reviews({ search, change }: Props) {
  const { t } = useTexts()
  const [reviewed, setReviewed] = useState<Glass | null>(null)
  const columns = useColumns(setReviewed)
  const { unreviewed } = search
  const pages = usePages<Glass>(['glass', 'list', unreviewed], (cursor) =>
    take(client.GET('/api/v1/privacy/glass', { params: { query: { unreviewed: unreviewed === 'yes', cursor: cursor ?? null } } })),
  )
  return (
    <>
      <ResourcePage
        pages={pages}
        filter={{ values: { unreviewed }, change: (name, value) => change({ [name]: value }) }}
        screen={{
          label: t('privacy.reviews'),
          rowKey: ({ id }) => id,
          columns,
          filters: [{ kind: 'choice', name: 'unreviewed', label: t('privacy.state'), options: [{ value: 'yes', label: t('privacy.waiting') }] }],
          empty: { title: t('privacy.reviewsNone'), text: t('privacy.reviewsNoneText') },
        }}
      />
      <ReviewDialog glass={reviewed} close={() => setReviewed(null)} />
    </>
  )
}

function useColumns(review: (glass: Glass) => void): Column<Glass>[] {
  const { t } = useTexts()
  const reasons = useReasonNames()
  return [
    { key: 'at', title: t('privacy.at'), head: true, cell: (row) => <Instant at={row.began_at} /> },
    { key: 'who', title: t('privacy.who'), head: true, cell: (row) => <strong>{row.name}</strong> },
    { key: 'state', title: t('privacy.state'), head: true, cell: (row) => <Verdict glass={row} /> },
    { key: 'whose', title: t('privacy.whose'), cell: (row) => <Whose glass={row} /> },
    { key: 'reason', title: t('privacy.reason'), cell: (row) => reasons(row.reason) },
    { key: 'words', title: t('privacy.words'), cell: (row) => <span className="review-words">{row.words}</span> },
    {
      key: 'span',
      title: t('privacy.span'),
      cell: (row) => (
        <span className="nowrap">
          <Instant at={row.began_at} relative={false} /> – <Instant at={row.until} relative={false} />
        </span>
      ),
    },
    { key: 'organisation', title: t('privacy.organisation'), wide: true, cell: (row) => row.organisation && <span className="mono">{row.organisation}</span> },
    { key: 'review', title: t('privacy.reviewedBy'), cell: (row) => <Reviewed glass={row} review={review} /> },
  ]
}

function Verdict({ glass: { justified } }: { glass: Glass }) {
  const { t } = useTexts()
  if (justified === null) return <Mark tone="warn">{t('privacy.waiting')}</Mark>
  return justified ? <Mark tone="good">{t('privacy.justified')}</Mark> : <Mark tone="bad">{t('privacy.unjustified')}</Mark>
}

function Reviewed({ glass, review }: { glass: Glass; review: (glass: Glass) => void }) {
  const { t } = useTexts()
  const { account } = useSession()
  if (glass.reviewed_by !== null)
    return (
      <span>
        {glass.reviewed_by} {glass.remark && <span className="quiet review-words">{glass.remark}</span>}
      </span>
    )
  const own = glass.name === account?.name
  return (
    <Button size="small" type="primary" disabled={own} title={own ? t('privacy.reviewOwn') : undefined} onClick={() => review(glass)}>
      {t('privacy.review')}
    </Button>
  )
}
