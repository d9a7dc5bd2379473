import { App, Input } from 'antd'
import { useState } from 'react'

import { ApiFailure } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { ProveAgain } from './ProveAgain'
import { Failed } from './StatePage'

export type Question = {
  title: string
  text?: string
  confirm: string
  danger?: boolean
  /** Whether a reason is written down with it, and whether it may be missing. */
  reason?: 'required' | 'optional'
  /** A text to edit: what stands in it, and a hint. */
  edit?: { text: string; hint: string }
  run: (answer: { reason: string; edited: string }) => Promise<unknown>
}

/** Asks before something is done, with a reason or an edited text; stays open when it fails. */
export function useAsk(): (question: Question) => void {
  const { modal, message } = App.useApp()
  const { t } = useTexts()
  return (question) => {
    const answer = { reason: '', edited: question.edit?.text ?? '' }
    let failed: (error: unknown) => void = () => undefined
    const button = (loading: boolean) => ({
      danger: question.danger ?? false,
      disabled: question.reason === 'required' && answer.reason.trim() === '',
      loading,
    })
    const run = async (close: () => void) => {
      dialog.update({ okButtonProps: button(true) })
      try {
        await question.run({ reason: answer.reason.trim(), edited: answer.edited })
      } catch (error) {
        dialog.update({ okButtonProps: button(false) })
        failed(error)
        if (error instanceof ApiFailure) return
        throw error
      }
      close()
      void message.success(t('trace.accepted'))
    }
    const dialog = modal.confirm({
      title: question.title,
      icon: null,
      // antd shows it whole for a moment, then lets it grow: a press at the wrong instant misses.
      transitionName: '',
      maskTransitionName: '',
      width: question.edit ? 'min(980px, 94vw)' : 460,
      okText: question.confirm,
      cancelText: t('common.cancel'),
      okButtonProps: button(false),
      content: (
        <Form
          question={question}
          change={(part) => {
            Object.assign(answer, part)
            dialog.update({ okButtonProps: button(false) })
          }}
          listen={(report) => {
            failed = report
          }}
        />
      ),
      // It takes `close`, so that antd waits for that and not for a promise, whose failure it would throw.
      onOk: (close: () => void) => void run(close),
    })
  }
}

type FormProps = {
  question: Question
  change: (part: { reason?: string; edited?: string }) => void
  listen: (report: (error: unknown) => void) => void
}

function Form({ question, change, listen }: FormProps) {
  const { t } = useTexts()
  const [failure, setFailure] = useState<unknown>(null)
  listen(setFailure)
  return (
    <div className="stack">
      {question.text && <p>{question.text}</p>}
      {question.edit && (
        <label className="field">
          {question.edit.hint}
          <textarea
            className="editor"
            spellCheck={false}
            defaultValue={question.edit.text}
            onChange={(event) => change({ edited: event.target.value })}
          />
        </label>
      )}
      {question.reason && (
        <label className="field">
          {t('common.reason')}
          <Input.TextArea
            rows={2}
            maxLength={500}
            placeholder={t('common.reasonHint')}
            onChange={(event) => change({ reason: event.target.value })}
          />
        </label>
      )}
      {failure !== null && <Failed error={failure} />}
      <ProveAgain error={failure} />
    </div>
  )
}
