import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { client, type MessageTrace, take } from '@/lib/api'
import { fromEditor, toEditor } from '@/lib/hl7'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { EditButton } from './EditButton'
import { useGlass } from './GlassDoor'

/** What can be done with a message that the validation gate holds. */
export function HeldActions({ trace }: { trace: MessageTrace }) {
  const { t } = useTexts()
  const ask = useAsk()
  const may = useMay()
  const queries = useQueryClient()
  const glass = useGlass(trace)
  if (!may('deliveries.decide') || !trace.deliveries.some(({ state }) => state === 'held')) return null
  const { position } = trace
  const path = { position }
  const renew = () => queries.invalidateQueries({ queryKey: ['trace', position] })

  const release = () =>
    ask({
      title: t('trace.releaseConfirm', { position }),
      text: t('trace.releaseText'),
      confirm: t('trace.release'),
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/held/{position}/release', { params: { path }, body: { reason } }))
        await renew()
      },
    })
  const repair = (body: string) =>
    ask({
      title: t('trace.repair'),
      confirm: t('trace.repair'),
      reason: 'required',
      edit: { text: toEditor(body), hint: t('trace.repairHint') },
      run: async ({ reason, edited }) => {
        await glass.whileClear(
          take(
            client.POST('/api/v1/held/{position}/release', {
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
      title: t('trace.dismissHeldConfirm', { position }),
      text: t('trace.dismissHeldText'),
      confirm: t('trace.dismissHeld'),
      danger: true,
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/held/{position}/dismiss', { params: { path }, body: { reason } }))
        await renew()
      },
    })
  return (
    <>
      <Button size="small" type="primary" onClick={release}>
        {t('trace.release')}
      </Button>
      <EditButton trace={trace} label={t('trace.repair')} edit={repair} />
      <Button size="small" danger onClick={dismiss}>
        {t('trace.dismissHeld')}
      </Button>
    </>
  )
}
