import { Link } from '@tanstack/react-router'

import type { Filter } from '@/components/FilterBar'
import { Instant } from '@/components/Instant'
import { ProblemLine } from '@/components/ProblemView'
import type { Column } from '@/components/ResourcePage'
import type { ChannelCard, DeliveryRow } from '@/lib/api'
import type { QueuesSearch } from '@/lib/filters'
import { shortKind } from '@/lib/format'
import { useTexts } from '@/lib/texts'

export type TabProps = {
  search: QueuesSearch
  change: (part: QueuesSearch) => void
  channels: ChannelCard[]
}

/** Channel, and the destinations of that channel. */
export function useLaneFilters(channels: ChannelCard[], channel: string | undefined, destinations = true): Filter[] {
  const { t } = useTexts()
  const names = channels
    .filter(({ name }) => channel === undefined || name === channel)
    .flatMap((card) => card.destinations.map(({ name }) => name))
  const options = (values: string[]) => [...new Set(values)].sort().map((value) => ({ value, label: value }))
  return [
    { kind: 'choice', name: 'channel', label: t('common.channel'), options: options(channels.map(({ name }) => name)) },
    ...(destinations
      ? [{ kind: 'choice' as const, name: 'destination', label: t('common.destination'), options: options(names) }]
      : []),
  ]
}

/** The columns that parked and held have in common. */
export function useDeliveryColumns(): Column<DeliveryRow>[] {
  const { t } = useTexts()
  return [
    {
      key: 'position',
      title: t('common.position'),
      head: true,
      cell: (row) => (
        <Link
          className="mono"
          to="/messages/$position"
          params={{ position: row.position }}
          search={row.destination === '' ? {} : { tab: `to:${row.destination}` }}
        >
          {row.position}
        </Link>
      ),
    },
    { key: 'kind', title: t('common.kind'), head: true, cell: (row) => <strong>{shortKind(row.kind)}</strong> },
    {
      key: 'lane',
      title: t('common.channel'),
      cell: (row) => (
        <span className="nowrap">
          {row.channel}
          {row.destination !== '' && ` → ${row.destination}`}
        </span>
      ),
    },
    { key: 'problem', title: t('queues.problem'), cell: (row) => row.problem && <ProblemLine problem={row.problem} /> },
    { key: 'since', title: t('queues.since'), cell: (row) => <Instant at={row.since} /> },
  ]
}
