import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, type FigureRequestDetail, type SavedQuestion, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { QuestionPicker } from './QuestionPicker'
import { REQUESTS } from './requests'

/** The exploration that answers; whose figures and of when is what was approved. */
export function AnswerDialog({ one, close }: { one: FigureRequestDetail; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [question, setQuestion] = useState<SavedQuestion | null>(one.answer ?? one.question)
  const [note, setNote] = useState('')
  const answer = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      if (!question) return
      await take(client.POST('/api/v1/indicators/requests/{request}/answer', { params: { path: { request: one.request } }, body: { version: one.version, question, note: note.trim() } }))
      await queries.invalidateQueries({ queryKey: REQUESTS })
      close()
    },
  })
  return (
    <DialogForm title={t('indicators.requests.answer')} confirm={t('indicators.requests.answer')} ready={question !== null} pending={answer.isPending} error={answer.error} submit={() => answer.mutate()} close={close}>
      <p>{one.words}</p>
      <p className="quiet">{t('indicators.requests.answerText')}</p>
      <QuestionPicker value={question} change={setQuestion} required />
      <label className="field">
        {t('indicators.requests.note')}
        <input className="native" maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
      </label>
    </DialogForm>
  )
}
