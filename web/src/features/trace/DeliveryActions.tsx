import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { client, type DeliveryTrace, type MessageTrace, take } from '@/lib/api'
import { fromEditor, toEditor } from '@/lib/hl7'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { EditButton } from './EditButton'
import { useGlass } from './GlassDoor'

/** Resend, edit and resend, dismiss where a person is needed; replay where it is done. */
export function DeliveryActions({ trace, delivery }: { trace: MessageTrace; delivery: DeliveryTrace }) {
  const { t } = useTexts()
  const ask = useAsk()
  const may = useMay()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const glass = useGlass(trace)
  const { position, channel } = trace
  const { destination, state } = delivery
  const path = { destination_id: delivery.destination_id, position }
  const renew = () => queries.invalidateQueries({ queryKey: ['trace', position] })

  const resend = () =>
    ask({
      title: t('trace.resendConfirm', { destination }),
      text: t('trace.resendText'),
      confirm: t('trace.resend'),
      reason: 'optional',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/deliveries/{destination_id}/{position}/resend', { params: { path }, body: { reason } }))
        await renew()
      },
    })
  const editAndResend = (body: string) =>
    ask({
      title: t('trace.resendConfirm', { destination }),
      confirm: t('trace.resend'),
      reason: 'required',
      edit: { text: toEditor(body), hint: t('trace.editHint') },
      run: async ({ reason, edited }) => {
        await glass.whileClear(
          take(
            client.POST('/api/v1/deliveries/{destination_id}/{position}/resend', {
              params: { path },
              body: { reason, body_text: fromEditor(edited, body) },
            }),
          ),
        )
        await renew()
      },
    })
  const dismiss = () =>
    ask({
      title: t('trace.dismissConfirm', { destination }),
      text: t('trace.dismissText'),
      confirm: t('trace.dismiss'),
      danger: true,
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/deliveries/{destination_id}/{position}/dismiss', { params: { path }, body: { reason } }))
        await renew()
      },
    })
  const replay = (from: string) =>
    void navigate({
      to: '/queues',
      search: { tab: 'replay', channel: from, destination, from_position: position, to_position: position },
    })

  if (state === 'parked' && may('deliveries.decide'))
    return (
      <div className="row">
        <Button size="small" type="primary" onClick={resend}>
          {t('trace.resend')}
        </Button>
        <EditButton trace={trace} label={t('trace.editResend')} edit={editAndResend} />
        <Button size="small" danger onClick={dismiss}>
          {t('trace.dismiss')}
        </Button>
      </div>
    )
  if ((state === 'delivered' || state === 'dismissed') && channel !== null && may('replays.run'))
    return (
      <div className="row">
        <Button size="small" onClick={() => replay(channel)}>
          {t('trace.replay')}…
        </Button>
      </div>
    )
  return null
}
