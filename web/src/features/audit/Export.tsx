import { useMutation } from '@tanstack/react-query'
import { App, Button } from 'antd'

import { ApiFailure, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import type { Asked } from './AuditPage'

/** Saves the whole answer as a signed file. */
export function Export({ asked }: { asked: Asked }) {
  const { t, language } = useTexts()
  const { message } = App.useApp()
  const save = useMutation({
    mutationFn: async () => {
      const content = await take(client.GET('/api/v1/audit/export', { params: { query: asked() }, parseAs: 'blob' }))
      const address = URL.createObjectURL(content)
      const link = document.createElement('a')
      link.href = address
      link.download = 'lianyi-audit.zip'
      link.click()
      URL.revokeObjectURL(address)
    },
    onError: (error) => {
      const words = error instanceof ApiFailure ? error.problem?.[language] : undefined
      void message.error(words ? `${words.what}: ${words.why}` : t('states.noServerTitle'))
    },
  })
  return (
    <Button size="small" loading={save.isPending} onClick={() => save.mutate()}>
      {t('audit.export')}
    </Button>
  )
}
