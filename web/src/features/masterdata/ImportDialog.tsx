import { useQueryClient } from '@tanstack/react-query'
import { App, Modal } from 'antd'
import { useState } from 'react'

import { Failed } from '@/components/StatePage'
import { client, type RecordKind, type SetAside, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Records a table as one message and says which of its parts could not be learned. */
export function ImportDialog({ kind, close }: { kind: RecordKind; close: () => void }) {
  const { t, language } = useTexts()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const [aside, setAside] = useState<SetAside[]>([])
  const submit = async () => {
    if (file === null) return
    setBusy(true)
    setFailure(null)
    try {
      const done = await take(
        client.POST('/api/v1/masterdata/{kind}/import', {
          params: { path: { kind } },
          body: '',
          bodySerializer: () => file,
          headers: { 'Content-Type': 'text/csv' },
        }),
      )
      await queries.invalidateQueries({ queryKey: ['masterdata'] })
      setAside(done.set_aside)
      if (done.set_aside.length === 0) {
        void message.success(t('masterdata.imported', { position: done.position }))
        close()
      }
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={`${t('masterdata.import')} · ${t(`masterdata.kind.${kind}`)}`}
      okText={t('masterdata.submit')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: file === null }}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={close}
    >
      <div className="stack">
        <p className="quiet">{t('masterdata.importText')}</p>
        <label className="field">
          {t('masterdata.importFile')}
          <input type="file" accept=".csv,text/csv" onChange={({ target }) => setFile(target.files?.[0] ?? null)} />
        </label>
        {aside.length > 0 && (
          <div role="status">
            <strong>{t('masterdata.importedAside', { count: aside.length })}</strong>
            <ul>
              {aside.map((row) => (
                <li key={row.part}>{`${row.where} ${row[language].why}`}</li>
              ))}
            </ul>
          </div>
        )}
        {failure !== null && <Failed error={failure} />}
      </div>
    </Modal>
  )
}
