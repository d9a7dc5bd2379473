import { useMutation } from '@tanstack/react-query'
import { Input, InputNumber, Modal } from 'antd'
import { useEffect, useState } from 'react'

import { useClassification } from '@/components/classification'
import { Failed, Loading } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import type { Classification } from '@/lib/api'
import { useTexts } from '@/lib/texts'
import { learnServerTime } from '@/lib/time'

const WORDS_MIN = 4
const FORM = 'break-glass'
/** It may be asked for by a question that stays open below; antd puts those at 2000. */
const ABOVE_QUESTIONS = 2010

export type Said = { reason: string; words: string; minutes: number }

type Props = {
  open: boolean
  /** Open what is wanted; the answer says since when. */
  look: (said: Said) => Promise<{ began_at: string } | undefined>
  /** It is open: show so; the dialog waits for it. */
  broken: () => Promise<void>
  close: () => void
  /** The dialog is gone. */
  closed: () => void
}

/** Asks for which reason, in which words and how long somebody wants to see everything of a patient. */
export function BreakGlass({ open, look, broken, close, closed }: Props) {
  const { t } = useTexts()
  const [ready, setReady] = useState(false)
  const opening = useMutation({
    mutationFn: async (said: Said) => {
      const glass = await look(said)
      if (glass) learnServerTime(glass.began_at)
      await broken()
    },
  })
  return (
    <Modal
      open={open}
      title={t('look.break')}
      okText={t('look.breakNow')}
      cancelText={t('common.cancel')}
      okButtonProps={{ htmlType: 'submit', form: FORM, disabled: !ready }}
      confirmLoading={opening.isPending}
      onCancel={close}
      afterClose={() => {
        opening.reset()
        setReady(false)
        closed()
      }}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
      width={480}
      zIndex={ABOVE_QUESTIONS}
    >
      <Form ready={setReady} submit={opening.mutate} error={opening.error} />
    </Modal>
  )
}

type FormProps = { ready: (ready: boolean) => void; submit: (said: Said) => void; error: unknown }

function Form(props: FormProps) {
  const classification = useClassification()
  if (classification.isPending) return <Loading rows={4} />
  if (!classification.data) return <Failed error={classification.error} retry={() => void classification.refetch()} />
  return <Fields classification={classification.data} {...props} />
}

function Fields({ classification, ready, submit, error }: FormProps & { classification: Classification }) {
  const { t, language } = useTexts()
  const { reasons, glass_minutes: usual, glass_minutes_max: most } = classification
  const [reason, setReason] = useState('')
  const [words, setWords] = useState('')
  const [minutes, setMinutes] = useState(usual)
  const whole = reason !== '' && words.trim().length >= WORDS_MIN
  useEffect(() => ready(whole), [ready, whole])
  return (
    <form
      id={FORM}
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (whole) submit({ reason, words: words.trim(), minutes })
      }}
    >
      <p>{t('look.breakText')}</p>
      <fieldset className="choices">
        <legend>{t('look.reason')}</legend>
        {reasons.map(({ name, zh, en }) => (
          <label key={name}>
            <input
              type="radio"
              name="reason"
              value={name}
              checked={reason === name}
              onChange={() => setReason(name)}
            />
            {language === 'zh' ? zh : en}
          </label>
        ))}
      </fieldset>
      <label className="field">
        {t('look.words')}
        <Input.TextArea
          rows={2}
          value={words}
          minLength={WORDS_MIN}
          maxLength={500}
          placeholder={t('look.wordsHint', { min: WORDS_MIN })}
          onChange={({ target }) => setWords(target.value)}
        />
      </label>
      <label className="field">
        {t('look.minutes', { most })}
        <InputNumber min={1} max={most} precision={0} value={minutes} suffix={t('look.minutesUnit')} onChange={(value) => setMinutes(value ?? usual)} />
      </label>
      <Trouble error={error} />
    </form>
  )
}
