import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type RecordKind, type Saying, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Said } from './parts'

const DOINGS = ['describe', 'attach', 'detach', 'close', 'inherit', 'repoint', 'succeed', 'retract'] as const

/** Who said what about a record, and what of it counts. */
export function Changes({ kind, code }: { kind: RecordKind; code: string }) {
  const { t } = useTexts()
  const changes = useQuery({
    queryKey: ['masterdata', 'changes', kind, code],
    queryFn: () => take(client.GET('/api/v1/masterdata/{kind}/{code}/changes', { params: { path: { kind, code } } })),
  })
  return (
    <section className="panel" aria-label={t('masterdata.changes')}>
      <div className="panel-head">
        <h2>{t('masterdata.changes')}</h2>
      </div>
      {changes.isPending ? (
        <Loading rows={3} />
      ) : !changes.data ? (
        <Failed error={changes.error} retry={() => void changes.refetch()} />
      ) : (
        <ul className="change-list">
          {changes.data.map((saying) => (
            <Change key={`${saying.position} ${saying.part}`} saying={saying} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Change({ saying }: { saying: Saying }) {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const takeBack = () =>
    ask({
      title: t('masterdata.takeBackTitle', { position: saying.position }),
      text: t('masterdata.takeBackText'),
      confirm: t('masterdata.takeBack'),
      danger: true,
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/masterdata/retractions', { body: { position: saying.position, part: saying.part, reason } }))
        await queries.invalidateQueries({ queryKey: ['masterdata'] })
      },
    })
  const done = saying.changes.flatMap((change) => DOINGS.filter((one) => one === change['do']))
  return (
    <li>
      <span className="row">
        <Said position={saying.position} />
        <span>{saying.by}</span>
        <Instant at={saying.received_at} />
      </span>
      <span className="row">
        <span className="quiet">{[...new Set(done)].map((one) => t(`masterdata.do.${one}`)).join(' · ')}</span>
        {saying.refused ? (
          <Mark tone="bad">{t('masterdata.refused', { code: saying.error_code ?? '' })}</Mark>
        ) : saying.taken_back_by !== null ? (
          <Mark tone="mute">{t('masterdata.takenBack', { position: saying.taken_back_by })}</Mark>
        ) : (
          <>
            <Mark tone="good">{t('masterdata.counts')}</Mark>
            <span className="push">
              <Button size="small" onClick={takeBack}>
                {t('masterdata.takeBack')}
              </Button>
            </span>
          </>
        )}
      </span>
    </li>
  )
}
