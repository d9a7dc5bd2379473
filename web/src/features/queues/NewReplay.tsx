import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Button, Checkbox, Input, InputNumber } from 'antd'
import { useEffect, useState } from 'react'

import { FilterBar } from '@/components/FilterBar'
import { useMessageColumns } from '@/components/MessageCells'
import { ResourcePage } from '@/components/ResourcePage'
import { Failed } from '@/components/StatePage'
import { LocalInstant } from '@/components/TimeRange'
import { client, type DryRun, take } from '@/lib/api'
import type { QueuesSearch } from '@/lib/filters'
import { fullKind } from '@/lib/format'
import { useTexts } from '@/lib/texts'
import { duration } from '@/lib/time'

import { LeftOut } from './LeftOut'
import { type TabProps, useLaneFilters } from './parts'

const RATE_DEFAULT = 20
const RATE_MAX = 10_000

/** What is asked for, as the address says it; null while channel or destination are open. */
function wanted(search: QueuesSearch) {
  const { channel, destination, from, to, from_position, to_position, kind, key } = search
  if (channel === undefined || destination === undefined) return null
  return { channel, destination, filter: { from, to, from_position, to_position, kind: kind && fullKind(kind), key } }
}

/** Choose, dry-run, read what it would do, then start: nothing is sent before the last step. */
export function NewReplay({ search, change, channels }: TabProps) {
  const { t } = useTexts()
  const lanes = useLaneFilters(channels, search.channel)
  const asked = wanted(search)
  const dryRun = useMutation({
    mutationFn: (body: NonNullable<typeof asked>) => take(client.POST('/api/v1/replays/dry-run', { body })),
  })
  // A dry run holds for exactly the filter that it was made for.
  const { reset } = dryRun
  const about = JSON.stringify(asked)
  useEffect(() => reset(), [about, reset])

  return (
    <section className="panel" aria-label={t('replay.newTitle')}>
      <div className="panel-head">
        <h2>{t('replay.newTitle')}</h2>
        <span className="quiet">{t('replay.intro')}</span>
      </div>
      <FilterBar
        values={search}
        change={(name, value) => change({ [name]: value })}
        filters={[
          ...lanes,
          { kind: 'text', name: 'kind', label: t('replay.kind'), hint: t('messages.kindHint'), suggestions: [] },
          { kind: 'text', name: 'key', label: t('replay.key'), hint: t('replay.keyHint'), suggestions: [] },
          { kind: 'text', name: 'from_position', label: t('replay.fromPosition'), hint: '1-1', suggestions: [] },
          { kind: 'text', name: 'to_position', label: t('replay.toPosition'), hint: '1-4711', suggestions: [] },
        ]}
      />
      <div className="filters">
        <LocalInstant label={t('replay.from')} value={search.from} change={(from) => change({ from })} />
        <LocalInstant label={t('replay.to')} value={search.to} change={(to) => change({ to })} />
        <Button
          type={dryRun.data ? 'default' : 'primary'}
          className="push"
          disabled={asked === null}
          loading={dryRun.isPending}
          onClick={() => asked && dryRun.mutate(asked)}
        >
          {t('replay.dryRun')}
        </Button>
      </div>
      {dryRun.isError && <Failed error={dryRun.error} />}
      {dryRun.data && asked && <Start result={dryRun.data} asked={asked} started={reset} />}
    </section>
  )
}

type StartProps = { result: DryRun; asked: NonNullable<ReturnType<typeof wanted>>; started: () => void }

function Start({ result, asked, started }: StartProps) {
  const { t, language } = useTexts()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const columns = useMessageColumns()
  const [rate, setRate] = useState(RATE_DEFAULT)
  const [reason, setReason] = useState('')
  const [understood, setUnderstood] = useState(false)
  const start = useMutation({
    mutationFn: () =>
      take(client.POST('/api/v1/replays', { body: { ...asked, rate_per_second: rate, reason: reason.trim() } })),
    onSuccess: async () => {
      void message.success(t('replay.started'))
      await queries.invalidateQueries({ queryKey: ['replays'] })
      started()
    },
  })
  if (result.matching === 0) return <p className="panel-body quiet">{t('replay.nothing')}</p>
  return (
    <div className="panel-body stack">
      <div className="row" role="status">
        <strong className="replay-count">
          {t(result.exact ? 'replay.sending' : 'replay.sendingAtMost', { count: result.sending })}
        </strong>
        <span>{t('replay.asked', { count: result.matching })}</span>
        <LeftOut of={result} atLeast={!result.exact} />
        {result.first !== null && result.last !== null && (
          <span className="quiet mono">{t('replay.span', { first: result.first, last: result.last })}</span>
        )}
      </div>
      <ResourcePage
        screen={{ label: t('replay.sample'), columns, rowKey: (row) => row.position, empty: { title: t('replay.nothing') } }}
        pages={{
          rows: result.sample,
          total: result.matching,
          pending: false,
          fetching: false,
          error: null,
          more: false,
          fruitless: 0,
          next: () => undefined,
          refresh: () => undefined,
        }}
      />
      <div className="replay-warning">
        <strong>{t('replay.duplicates')}</strong>
        <p>{t('replay.duplicatesText', { destination: asked.destination })}</p>
        <Checkbox checked={understood} onChange={(event) => setUnderstood(event.target.checked)}>
          {t('replay.understood')}
        </Checkbox>
      </div>
      <div className="replay-start">
        <label className="field">
          {t('replay.rate')}
          <InputNumber min={1} max={RATE_MAX} value={rate} suffix={t('replay.rateUnit')} onChange={(value) => setRate(value ?? RATE_DEFAULT)} />
        </label>
        <label className="field replay-reason">
          {t('common.reason')}
          <Input value={reason} maxLength={500} placeholder={t('common.reasonHint')} onChange={(event) => setReason(event.target.value)} />
        </label>
        <span className="quiet">{t('replay.takes', { in: duration(result.sending / rate, language) })}</span>
        <Button
          type="primary"
          danger
          disabled={!understood || reason.trim() === ''}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          {t('replay.start')}
        </Button>
      </div>
      {start.isError && <Failed error={start.error} />}
    </div>
  )
}
