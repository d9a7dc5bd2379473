import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useEffect, useMemo } from 'react'

import { useMessageColumns } from '@/components/MessageCells'
import { ResourcePage, type Screen } from '@/components/ResourcePage'
import { TimeRange } from '@/components/TimeRange'
import { client, type MessageRow, take } from '@/lib/api'
import { DELIVERY_STATES, GATES, messagesSearch, type MessagesSearch, RANGE_MINUTES } from '@/lib/filters'
import { fullKind } from '@/lib/format'
import { useLiveness } from '@/lib/live'
import { type Paged, usePages } from '@/lib/paging'
import { useTexts } from '@/lib/texts'
import { minutesAgo } from '@/lib/time'

import { countFresh, type FreshCount } from './fresh'

const PAGE = 50
const PEEK_MS = 2_000
const COMMON_KINDS = ['ADT^A01', 'ADT^A02', 'ADT^A03', 'ADT^A08', 'ORM^O01', 'OMG^O19', 'ORU^R01', 'MDM^T02', 'SIU^S12']

/** Where is this patient's, this order's message? */
export default function MessagesPage() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const search = useSearch({ from: '/messages' })
  const change = (part: MessagesSearch) =>
    void navigate({ to: '/messages', search: (now) => messagesSearch({ ...now, ...part }) })

  const ask = useAsk(search)
  const pages = usePages<MessageRow>(['messages', search], (cursor) => ask(cursor, PAGE))
  const { rows, fresh } = useNewest(search, pages, ask)
  const screen = useScreen(search)
  const filtered = Object.keys(search).length > 0
  return (
    <>
      <div className="page-head">
        <h1>{t('messages.title')}</h1>
        {search.q !== undefined && <code className="asked">{search.q}</code>}
        {filtered && (
          <Button size="small" className="push" onClick={() => void navigate({ to: '/messages', search: {} })}>
            {t('common.clearFilters')}
          </Button>
        )}
      </div>
      <ResourcePage
        screen={{ ...screen, open: (row) => void navigate({ to: '/messages/$position', params: { position: row.position } }) }}
        pages={{ ...pages, rows }}
        filter={{
          values: search,
          change: (name, value) => change({ [name]: value }),
          extra: <TimeRange span={search} change={(span) => change({ last: undefined, from: undefined, to: undefined, ...span })} />,
        }}
        notice={<FreshPill fresh={fresh} search={search} />}
      />
    </>
  )
}

type Ask = (cursor: string | undefined, limit: number) => ReturnType<typeof fetchMessages>

/** The question that the address asks. "The last hour" means the hour before it was asked. */
function useAsk(search: MessagesSearch): Ask {
  const asked = JSON.stringify(search)
  return useMemo(() => {
    const { q, channel, kind, state, gate, last, from, to } = JSON.parse(asked) as MessagesSearch
    const since = last ? minutesAgo(RANGE_MINUTES[last]) : from
    return (cursor, limit) =>
      fetchMessages({ q, channel, kind: kind && fullKind(kind), state, gate, from: since, to, cursor, limit })
  }, [asked])
}

type Query = Omit<MessagesSearch, 'last'> & { cursor: string | undefined; limit: number }

const fetchMessages = (query: Query) => take(client.GET('/api/v1/messages', { params: { query } }))

function useScreen(search: MessagesSearch): Screen<MessageRow> {
  const { t } = useTexts()
  const columns = useMessageColumns()
  const channels = useQuery({ queryKey: ['channels'], queryFn: () => take(client.GET('/api/v1/channels')), staleTime: 60_000 })
  const all = Object.keys(search).length === 0
  return {
    label: t('messages.title'),
    columns,
    rowKey: (row) => row.position,
    empty: all
      ? { title: t('messages.emptyAll'), text: t('messages.emptyAllText') }
      : { title: t('messages.empty'), text: t('messages.emptyText') },
    filters: [
      { kind: 'choice', name: 'channel', label: t('messages.channel'), options: (channels.data ?? []).map(({ name }) => ({ value: name, label: name })) },
      { kind: 'text', name: 'kind', label: t('messages.kind'), hint: t('messages.kindHint'), suggestions: COMMON_KINDS },
      { kind: 'choice', name: 'state', label: t('messages.state'), options: DELIVERY_STATES.map((state) => ({ value: state, label: t(`deliveryState.${state}`) })) },
      { kind: 'choice', name: 'gate', label: t('messages.gate'), options: GATES.map((gate) => ({ value: gate, label: t(`gate.${gate}`) })) },
    ],
  }
}

/** The newest page, read whenever the log grows. It counts what is new and renews what is shown. */
function useNewest(search: MessagesSearch, pages: Paged<MessageRow>, ask: Ask): { rows: MessageRow[]; fresh: FreshCount } {
  const { newest } = useLiveness()
  const { rows: shown, pending, refresh } = pages
  const peek = useQuery({
    queryKey: ['messages-newest', search],
    queryFn: () => ask(undefined, PAGE),
    enabled: newest !== null && !pending && search.to === undefined,
    staleTime: PEEK_MS,
  })
  const { refetch, isStale } = peek
  useEffect(() => {
    if (newest !== null && isStale) void refetch()
  }, [newest, isStale, refetch])
  const items = peek.data?.items
  // Where nothing is shown, nothing can jump: the first match appears by itself.
  const first = shown.length === 0 && (items?.length ?? 0) > 0
  useEffect(() => {
    if (first) refresh()
  }, [first, refresh])
  return useMemo(() => {
    const now = new Map(items?.map((row) => [row.position, row]))
    return { rows: shown.map((row) => now.get(row.position) ?? row), fresh: countFresh(items ?? [], shown) }
  }, [items, shown])
}

/** Says how many messages came since the list was read; the rows stand still until it is pressed. */
function FreshPill({ fresh, search }: { fresh: FreshCount; search: MessagesSearch }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  if (fresh.count === 0) return null
  const renew = async () => {
    window.scrollTo({ top: 0 })
    queries.removeQueries({ queryKey: ['messages-newest'] })
    await queries.resetQueries({ queryKey: ['messages', search] })
  }
  return (
    <button type="button" className="fresh-pill" onClick={() => void renew()}>
      {fresh.atLeast ? t('messages.freshMany', { count: fresh.count }) : t('messages.fresh', { count: fresh.count })}
    </button>
  )
}
