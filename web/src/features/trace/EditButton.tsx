import { App, Button } from 'antd'

import type { MessageTrace } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useGlass } from './GlassDoor'

type Props = { trace: MessageTrace; label: string; edit: (body: string) => void }

/** Edits a message as it is: nobody sends masks. What cannot be edited has no button. */
export function EditButton({ trace, label, edit }: Props) {
  const { t } = useTexts()
  const { message } = App.useApp()
  const glass = useGlass(trace)
  if (trace.body_text === null || trace.truncated) return null
  return (
    <Button
      size="small"
      disabled={!glass.reachable}
      title={glass.reachable ? undefined : t('look.needsClear')}
      onClick={() =>
        glass.withClear(({ body_text: text }) => (text === null ? void message.info(t('trace.binary')) : edit(text)))
      }
    >
      {label}
    </Button>
  )
}
