import { Link } from '@tanstack/react-router'

import type { Key, MessageRow } from '@/lib/api'
import { bytes } from '@/lib/format'
import { useTexts } from '@/lib/texts'

import { Instant } from './Instant'
import { useKind } from './kind'
import type { Column } from './ResourcePage'
import { DeliveryMark, deliveryTone, Mark } from './StateMark'

/** The columns of a list of messages. */
export function useMessageColumns(): Column<MessageRow>[] {
  const { t } = useTexts()
  const kind = useKind()
  return [
    { key: 'time', title: t('messages.receivedAt'), head: true, cell: (row) => <Instant at={row.received_at} /> },
    { key: 'kind', title: t('messages.kind'), head: true, cell: (row) => <strong>{kind(row.kind)}</strong> },
    { key: 'data', title: t('messages.dataSet'), wide: true, cell: (row) => <DataSet of={row.data_set} /> },
    { key: 'keys', title: t('messages.keys'), cell: (row) => <Keys row={row} /> },
    { key: 'channel', title: t('messages.channel'), cell: (row) => <span className="nowrap">{row.channel ?? ''}</span> },
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

/** To which data set of the classification a message belongs, and how that is shared. */
export function DataSet({ of }: { of: MessageRow['data_set'] }) {
  const { t, language } = useTexts()
  if (of === null) return null
  return (
    <span className="nowrap" title={t(`privacy.sharings.${of.sharing}`)}>
      {language === 'zh' ? of.zh : of.en}
    </span>
  )
}

/** What the message is about: of several patient identifiers the first. All stand in its trace. */
function Keys({ row }: { row: MessageRow }) {
  const { t } = useTexts()
  const about = row.keys.filter((key) => key.kind !== 'control')
  if (about.length === 0) return <span className="quiet mono">{row.control_id ?? ''}</span>
  const kinds = [...new Set(about.map((key) => key.kind))]
  return (
    <span className="keys">
      {kinds.map((kind) => {
        const [first, ...others] = about.filter((key) => key.kind === kind)
        return (
          <span key={kind} className="key" title={others.map(keyText).join('\n')}>
            <span className="quiet">{t(`keyKind.${kind}`)}</span> <span className="mono">{first?.value}</span>
            {first?.authority && <span className="quiet mono">^{first.authority}</span>}
            {others.length > 0 && <span className="quiet"> +{others.length}</span>}
          </span>
        )
      })}
    </span>
  )
}

const keyText = ({ value, authority }: Key) => (authority ? `${value}^${authority}` : value)

/** How it fares, the destinations in the same state together; what went well stays calm. */
function Deliveries({ row }: { row: MessageRow }) {
  const { t } = useTexts()
  const wanted = row.deliveries.filter((delivery) => delivery.state !== 'filtered')
  const states = [...new Set(wanted.map((delivery) => delivery.state))]
  return (
    <span className="marks">
      {row.gate === 'warn' && <Mark tone="warn">{t('gate.warn')}</Mark>}
      {row.gate === 'hold' && !states.includes('held') && <Mark tone="mute">{t('gate.hold')}</Mark>}
      {states.map((state) => (
        <DeliveryMark
          key={state}
          state={state}
          of={wanted.filter((delivery) => delivery.state === state && delivery.destination !== '').map((delivery) => delivery.destination).join(' · ')}
          plain={['good', 'info', 'mute'].includes(deliveryTone[state])}
        />
      ))}
      {wanted.length === 0 && row.gate !== 'hold' && row.channel !== null && <span className="quiet">{t('messages.noDestination')}</span>}
    </span>
  )
}
