import { Button } from 'antd'

import { useSave } from '@/components/useSave'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import type { Asked } from './AuditPage'

/** Saves the whole answer as a signed file. */
export function Export({ asked }: { asked: Asked }) {
  const { t } = useTexts()
  const save = useSave('lianyi-audit.zip', () => take(client.GET('/api/v1/audit/export', { params: { query: asked() }, parseAs: 'blob' })))
  return (
    <Button size="small" loading={save.isPending} onClick={() => save.mutate()}>
      {t('audit.export')}
    </Button>
  )
}
