import { Link } from '@tanstack/react-router'

import type { MessageRow } from '@/lib/api'
import { bytes, shortKind } from '@/lib/format'
import { useTexts } from '@/lib/texts'

import { Instant } from './Instant'
import type { Column } from './ResourcePage'
import { DeliveryMark, deliveryTone, Mark } from './StateMark'

/** The columns of a list of messages. */
export function useMessageColumns(): Column<MessageRow>[] {
  const { t } = useTexts()
  return [
    { key: 'time', title: t('messages.receivedAt'), head: true, cell: (row) => <Instant at={row.received_at} /> },
    { key: 'kind', title: t('messages.kind'), head: true, cell: (row) => <strong className="nowrap">{shortKind(row.kind)}</strong> },
    { key: 'keys', title: t('messages.keys'), cell: (row) => <Keys row={row} /> },
    { key: 'channel', title: t('messages.channel'), cell: (row) => row.channel ?? '' },
    { key: 'sender', title: t('messages.sender'), wide: true, cell: (row) => <span className="quiet nowrap">{row.sender.replaceAll('|', ' · ')}</span> },
    { key: 'deliveries', title: t('messages.deliveries'), cell: (row) => <Deliveries row={row} /> },
    { key: 'size', title: t('messages.size'), right: true, wide: true, cell: (row) => <span className="num quiet nowrap">{bytes(row.size_bytes)}</span> },
    {
      key: 'position',
      title: t('common.position'),
      right: true,
      cell: (row) => (
        <Link className="mono nowrap" to="/messages/$position" params={{ position: row.position }}>
          {row.position}
        </Link>
      ),
    },
  ]
}

/** What the message is about. The control id names the message itself and stands in its trace. */
function Keys({ row }: { row: MessageRow }) {
  const { t } = useTexts()
  const about = row.keys.filter((key) => key.kind !== 'control')
  if (about.length === 0) return <span className="quiet mono">{row.control_id ?? ''}</span>
  return (
    <span className="keys">
      {about.map((key) => (
        <span key={`${key.kind} ${key.value} ${key.authority ?? ''}`} className="key">
          <span className="quiet">{t(`keyKind.${key.kind}`)}</span> <span className="mono">{key.value}</span>
          {key.authority && <span className="quiet mono">^{key.authority}</span>}
        </span>
      ))}
    </span>
  )
}

function Deliveries({ row }: { row: MessageRow }) {
  const { t } = useTexts()
  const wanted = row.deliveries.filter((delivery) => delivery.state !== 'filtered')
  return (
    <span className="marks">
      {row.gate === 'warn' && <Mark tone="warn">{t('gate.warn')}</Mark>}
      {row.gate === 'hold' && !wanted.some((delivery) => delivery.destination === '') && <Mark tone="bad">{t('gate.hold')}</Mark>}
      {wanted.map((delivery) => (
        // What went well stays calm, so that the rest is seen.
        <DeliveryMark
          key={delivery.destination_id}
          state={delivery.state}
          of={delivery.destination}
          plain={['good', 'info', 'mute'].includes(deliveryTone[delivery.state])}
        />
      ))}
      {wanted.length === 0 && row.gate !== 'hold' && row.channel !== null && <span className="quiet">{t('messages.noDestination')}</span>}
    </span>
  )
}
