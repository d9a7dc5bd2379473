import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input } from 'antd'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, type FigureRequestDetail, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { REQUESTS } from './requests'

const DECISIONS = ['approved', 'returned', 'refused'] as const

/** A second person approves, asks back or refuses. */
export function DecisionDialog({ one, close }: { one: FigureRequestDetail; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [said, setSaid] = useState<(typeof DECISIONS)[number]>('approved')
  const [days, setDays] = useState(14)
  const [note, setNote] = useState('')
  const decide = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      await take(client.POST('/api/v1/indicators/requests/{request}/decision', { params: { path: { request: one.request } }, body: { version: one.version, said, note: note.trim(), open_days: days } }))
      await queries.invalidateQueries({ queryKey: REQUESTS })
      close()
    },
  })
  return (
    <DialogForm title={t('indicators.requests.decide')} confirm={t(`indicators.requests.decision.${said}`)} danger={said === 'refused'} ready={said === 'approved' || note.trim() !== ''} pending={decide.isPending} error={decide.error} submit={() => decide.mutate()} close={close}>
      <p>{one.words}</p>
      <p className="quiet">{t('indicators.requests.decideText')}</p>
      <p>
        <span className="period-kinds" role="group" aria-label={t('indicators.requests.decide')}>
          {DECISIONS.map((kind) => (
            <button key={kind} type="button" aria-pressed={kind === said} onClick={() => setSaid(kind)}>
              {t(`indicators.requests.decision.${kind}`)}
            </button>
          ))}
        </span>
      </p>
      {said === 'approved' && (
        <label className="field">
          {t('indicators.requests.openDays')}
          <input className="native" type="number" required min={1} max={90} value={days} onChange={({ target }) => setDays(Number(target.value))} />
        </label>
      )}
      <label className="field">
        {t(said === 'approved' ? 'indicators.requests.note' : 'indicators.requests.why')}
        <Input.TextArea maxLength={1000} rows={2} required={said !== 'approved'} value={note} onChange={({ target }) => setNote(target.value)} />
      </label>
    </DialogForm>
  )
}
