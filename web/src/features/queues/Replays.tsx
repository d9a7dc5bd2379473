import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { Mark, type Tone } from '@/components/StateMark'
import { client, type Replay, take } from '@/lib/api'
import { shortKind } from '@/lib/format'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { LeftOut } from './LeftOut'
import { NewReplay } from './NewReplay'
import type { TabProps } from './parts'

const RENEW_MS = 2_000
const tones: Record<Replay['state'], Tone> = { running: 'info', stopping: 'warn', stopped: 'mute', finished: 'good' }

/** Deliver messages of the log again: a new replay, and those there have been. */
export function Replays(props: TabProps) {
  const { t } = useTexts()
  const runs = useMay()('replays.run')
  const pages = usePages<Replay>(
    ['replays'],
    (cursor) => take(client.GET('/api/v1/replays', { params: { query: { cursor } } })),
    RENEW_MS,
  )
  return (
    <div className="stack">
      {runs && <NewReplay {...props} />}
      <h2>{t('replay.list')}</h2>
      <ResourcePage
        pages={pages}
        screen={{
          label: t('replay.list'),
          rowKey: (replay) => replay.id,
          empty: { title: t('replay.none') },
          columns: [
            { key: 'at', title: t('replay.requestedAt'), head: true, cell: (replay) => <Instant at={replay.requested_at} /> },
            { key: 'state', title: t('common.state'), head: true, cell: (replay) => <Mark tone={tones[replay.state]}>{t(`replay.state.${replay.state}`)}</Mark> },
            { key: 'lane', title: t('common.destination'), cell: (replay) => <span className="nowrap">{`${replay.channel} → ${replay.destination}`}</span> },
            { key: 'filter', title: t('replay.filter'), cell: (replay) => <FilterWords filter={replay.filter} /> },
            { key: 'progress', title: t('replay.progress'), cell: (replay) => <Advance replay={replay} /> },
            { key: 'reason', title: t('common.reason'), cell: (replay) => replay.reason },
            { key: 'by', title: t('replay.by'), wide: true, cell: (replay) => replay.requested_by },
            { key: 'stop', title: '', cell: (replay) => runs && replay.state === 'running' && <Stop replay={replay} /> },
          ],
        }}
      />
    </div>
  )
}

function FilterWords({ filter }: { filter: Replay['filter'] }) {
  const { t } = useTexts()
  const { from, to, from_position, to_position, kind, key } = filter
  return (
    <span className="filter-words">
      {from && (
        <span>
          {t('replay.from')} <Instant at={from} relative={false} />
        </span>
      )}
      {to && (
        <span>
          {t('replay.to')} <Instant at={to} relative={false} />
        </span>
      )}
      {(from_position || to_position) && (
        <span className="mono">
          {from_position ?? ''} … {to_position ?? ''}
        </span>
      )}
      {kind && <span>{shortKind(kind)}</span>}
      {key && <span className="mono">{key}</span>}
    </span>
  )
}

function Advance({ replay }: { replay: Replay }) {
  const { t } = useTexts()
  return (
    <span className="advance">
      <progress max={1} value={replay.progress} aria-label={t('replay.progress')} />
      <span className="num nowrap">{t('replay.count', { done: replay.delivered, matching: replay.matching })}</span>
      <LeftOut of={replay} />
      {replay.refused > 0 && <Mark tone="bad">{t('replay.refused', { count: replay.refused })}</Mark>}
    </span>
  )
}

function Stop({ replay }: { replay: Replay }) {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const stop = () =>
    ask({
      title: t('replay.stopConfirm'),
      text: t('replay.stopText'),
      confirm: t('replay.stop'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/replays/{replay_id}/stop', { params: { path: { replay_id: replay.id } } }))
        await queries.invalidateQueries({ queryKey: ['replays'] })
      },
    })
  return (
    <Button size="small" danger onClick={stop}>
      {t('replay.stop')}
    </Button>
  )
}
