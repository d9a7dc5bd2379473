import { useNavigate } from '@tanstack/react-router'

import { ResourcePage } from '@/components/ResourcePage'
import { client, type DeliveryRow, take } from '@/lib/api'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { type TabProps, useDeliveryColumns, useLaneFilters } from './parts'
import { useBulk } from './useBulk'

const RENEW_MS = 10_000

/** Deliveries that need a person. */
export function Parked({ search, change, channels }: TabProps) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const may = useMay()
  const bulk = useBulk()
  const columns = useDeliveryColumns()
  const filters = useLaneFilters(channels, search.channel)
  const { channel, destination } = search
  const pages = usePages<DeliveryRow>(
    ['deliveries', 'parked', channel, destination],
    (cursor) => take(client.GET('/api/v1/deliveries', { params: { query: { state: 'parked', channel, destination, cursor } } })),
    RENEW_MS,
  )
  const path = ({ destination_id, position }: DeliveryRow) => ({ path: { destination_id, position } })
  return (
    <ResourcePage
      pages={pages}
      filter={{ values: { channel, destination }, change: (name, value) => change({ [name]: value }) }}
      screen={{
        label: t('queues.parked'),
        filters,
        rowKey: (row) => `${row.position} → ${row.destination}`,
        open: (row) =>
          void navigate({ to: '/messages/$position', params: { position: row.position }, search: { tab: `to:${row.destination}` } }),
        empty: { title: t('queues.parkedNone'), text: t('queues.parkedNoneText') },
        columns: [
          ...columns,
          { key: 'attempts', title: t('queues.attempts'), right: true, wide: true, cell: (row) => <span className="num">{row.attempts}</span> },
          {
            key: 'behind',
            title: t('queues.behind'),
            right: true,
            cell: (row) => (row.messages_behind > 0 ? <span className="num nowrap">{t('queues.behindCount', { count: row.messages_behind })}</span> : null),
          },
        ],
        actions: may('deliveries.decide')
          ? [
              {
                key: 'resend',
                label: t('queues.resendSelected'),
                run: (rows) =>
                  bulk(rows, {
                    title: t('queues.bulkResendConfirm', { count: rows.length }),
                    text: t('trace.resendText'),
                    confirm: t('trace.resend'),
                    reason: 'optional',
                    act: (row, reason) =>
                      take(client.POST('/api/v1/deliveries/{destination_id}/{position}/resend', { params: path(row), body: { reason } })),
                  }),
              },
              {
                key: 'dismiss',
                label: t('queues.dismissSelected'),
                danger: true,
                run: (rows) =>
                  bulk(rows, {
                    title: t('queues.bulkDismissConfirm', { count: rows.length }),
                    text: t('trace.dismissText'),
                    confirm: t('trace.dismiss'),
                    danger: true,
                    reason: 'required',
                    act: (row, reason) =>
                      take(client.POST('/api/v1/deliveries/{destination_id}/{position}/dismiss', { params: path(row), body: { reason } })),
                  }),
              },
            ]
          : [],
      }}
    />
  )
}
