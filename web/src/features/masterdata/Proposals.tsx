import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { client, type Proposal, take } from '@/lib/api'
import { wholeList } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Said, treeName, useName } from './parts'

const LIMIT = 500
const DOINGS = ['describe', 'attach', 'detach', 'close'] as const
const WHYS = ['source', 'kind', 'organisation', 'management'] as const

/** What sources say and a person must decide. */
export function Proposals() {
  const { t } = useTexts()
  const edits = useMay()('masterdata.edit')
  const decide = useDecide()
  const found = useQuery({
    queryKey: ['masterdata', 'proposals'],
    queryFn: () => take(client.GET('/api/v1/masterdata/proposals', { params: { query: { limit: LIMIT } } })),
  })
  const mine = (found.data?.items ?? []).filter((one) => one.mine)
  return (
    <>
      {edits && mine.length > 1 && (
        <div className="row">
          <Button size="small" onClick={() => decide(true, mine)}>
            {t('masterdata.acceptAll', { count: mine.length })}
          </Button>
        </div>
      )}
      <ResourcePage<Proposal>
        pages={wholeList(found)}
        screen={{
          label: t('masterdata.proposals'),
          rowKey: ({ position, part }) => `${position} ${part}`,
          empty: { title: t('masterdata.proposalsNone'), text: t('masterdata.proposalsNoneText') },
          columns: [
            { key: 'what', title: t('masterdata.proposed'), head: true, cell: (row) => <Proposed row={row} /> },
            { key: 'source', title: t('masterdata.source'), cell: ({ source }) => source },
            { key: 'why', title: t('masterdata.why'), wide: true, cell: ({ why }) => WHYS.map((one) => (one === why ? t(`masterdata.whyProposed.${one}`) : '')).join('') },
            { key: 'at', title: t('masterdata.at'), wide: true, cell: ({ received_at: at }) => <Instant at={at} /> },
            { key: 'position', title: t('common.position'), cell: ({ position }) => <Said position={position} /> },
            {
              key: 'do',
              title: '',
              right: true,
              cell: (row) =>
                edits && row.mine ? (
                  <span className="row">
                    <Button size="small" type="primary" onClick={() => decide(true, [row])}>
                      {t('masterdata.accept')}
                    </Button>
                    <Button size="small" onClick={() => decide(false, [row])}>
                      {t('masterdata.refuse')}
                    </Button>
                  </span>
                ) : null,
            },
          ],
        }}
      />
    </>
  )
}

/** Ask, then decide. */
function useDecide() {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  return (accept: boolean, rows: Proposal[]) =>
    ask({
      title: t(accept ? 'masterdata.acceptTitle' : 'masterdata.refuseTitle', { count: rows.length }),
      text: t(accept ? 'masterdata.acceptText' : 'masterdata.refuseText'),
      confirm: t(accept ? 'masterdata.accept' : 'masterdata.refuse'),
      danger: !accept,
      reason: 'optional',
      run: async ({ reason }) => {
        const proposals = rows.map(({ position, part }) => ({ position, part }))
        await take(client.POST('/api/v1/masterdata/proposals/decisions', { body: { accept, proposals, reason } }))
        await queries.invalidateQueries({ queryKey: ['masterdata'] })
      },
    })
}

/** What is proposed, in words: what is done, to whom, under what. */
function Proposed({ row }: { row: Proposal }) {
  const { t } = useTexts()
  const name = useName()
  const { change } = row
  const said = (key: string) => (typeof change[key] === 'string' ? change[key] : '')
  const called = (code: string) => {
    const known = row.names.find((one) => one.code === code)
    return code === '' ? null : (
      <>
        <strong>{known ? name(known) : code}</strong> <code>{code}</code>
      </>
    )
  }
  const relation = said('relation')
  const object = said('object')
  return (
    <span className="row">
      <span className="quiet">{DOINGS.filter((one) => one === change['do']).map((one) => t(`masterdata.do.${one}`))}</span>
      <span>{called(said('code') || said('subject'))}</span>
      {object !== '' && <span aria-hidden="true">→</span>}
      {object !== '' && <span>{called(object)}</span>}
      {relation.startsWith('tree:') && <span className="quiet">{treeName(t, relation.slice(5))}</span>}
      {said('on') !== '' && <span className="num">{said('on')}</span>}
    </span>
  )
}
