import { useNavigate } from '@tanstack/react-router'

import { ResourcePage } from '@/components/ResourcePage'
import { client, type DeliveryRow, take } from '@/lib/api'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { type TabProps, useDeliveryColumns, useLaneFilters } from './parts'
import { useBulk } from './useBulk'

const RENEW_MS = 10_000

/** Messages that the validation gate holds. A single one is repaired on its own page. */
export function Held({ search, change, channels }: TabProps) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const may = useMay()
  const bulk = useBulk()
  const columns = useDeliveryColumns()
  const filters = useLaneFilters(channels, search.channel, false)
  const { channel } = search
  const pages = usePages<DeliveryRow>(
    ['deliveries', 'held', channel],
    (cursor) => take(client.GET('/api/v1/deliveries', { params: { query: { state: 'held', channel, cursor } } })),
    RENEW_MS,
  )
  const path = ({ position }: DeliveryRow) => ({ path: { position } })
  return (
    <ResourcePage
      pages={pages}
      filter={{ values: { channel }, change: (name, value) => change({ [name]: value }) }}
      screen={{
        label: t('queues.held'),
        filters,
        columns,
        rowKey: (row) => row.position,
        open: (row) => void navigate({ to: '/messages/$position', params: { position: row.position } }),
        empty: { title: t('queues.heldNone'), text: t('queues.heldNoneText') },
        actions: may('deliveries.decide')
          ? [
              {
                key: 'release',
                label: t('queues.releaseSelected'),
                run: (rows) =>
                  bulk(rows, {
                    title: t('queues.bulkReleaseConfirm', { count: rows.length }),
                    text: t('trace.releaseText'),
                    confirm: t('trace.release'),
                    reason: 'required',
                    act: (row, reason) => take(client.POST('/api/v1/held/{position}/release', { params: path(row), body: { reason } })),
                  }),
              },
              {
                key: 'dismiss',
                label: t('queues.dismissSelected'),
                danger: true,
                run: (rows) =>
                  bulk(rows, {
                    title: t('queues.bulkDismissConfirm', { count: rows.length }),
                    text: t('trace.dismissHeldText'),
                    confirm: t('trace.dismissHeld'),
                    danger: true,
                    reason: 'required',
                    act: (row, reason) => take(client.POST('/api/v1/held/{position}/dismiss', { params: path(row), body: { reason } })),
                  }),
              },
            ]
          : [],
      }}
    />
  )
}
