import { App, Modal } from 'antd'
import { useState } from 'react'

import { OrganisationPicker } from '@/components/OrganisationPicker'
import { Failed } from '@/components/StatePage'
import { useTexts } from '@/lib/texts'

export type Field = {
  name: string
  label: string
  kind?: 'text' | 'date' | 'lines' | 'organisation'
  value?: string
  hint?: string
  required?: boolean
}

export type Form = {
  title: string
  text?: string
  fields: Field[]
  danger?: boolean
  run: (values: Record<string, string>) => Promise<unknown>
}

/** Asks for a few facts, does it, and stays open with the reason when it cannot be. */
export function FormDialog({ form, close }: { form: Form; close: () => void }) {
  const { t } = useTexts()
  const { message } = App.useApp()
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(form.fields.map(({ name, value }) => [name, value ?? ''])),
  )
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const missing = form.fields.some(({ name, required }) => required && values[name]?.trim() === '')
  const submit = async () => {
    setBusy(true)
    setFailure(null)
    try {
      await form.run({ ...values, reason: reason.trim() })
      void message.success(t('trace.accepted'))
      close()
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      title={form.title}
      okText={t('masterdata.submit')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: missing, danger: form.danger ?? false }}
      confirmLoading={busy}
      onOk={() => void submit()}
      onCancel={close}
    >
      <div className="stack">
        {form.text && <p className="quiet">{form.text}</p>}
        {form.fields.map((field) => (
          <FieldInput key={field.name} field={field} value={values[field.name] ?? ''} change={(value) => setValues({ ...values, [field.name]: value })} />
        ))}
        <label className="field">
          {t('common.reason')}
          <input className="native" value={reason} maxLength={500} placeholder={t('common.reasonHint')} onChange={({ target }) => setReason(target.value)} />
        </label>
        {failure !== null && <Failed error={failure} />}
      </div>
    </Modal>
  )
}

function FieldInput({ field, value, change }: { field: Field; value: string; change: (value: string) => void }) {
  if (field.kind === 'organisation')
    return <OrganisationPicker label={field.label} value={value} {...(field.hint === undefined ? {} : { hint: field.hint })} change={change} />
  return (
    <label className="field">
      {field.label}
      {field.kind === 'lines' ? (
        <textarea className="native form-lines" rows={3} value={value} onChange={({ target }) => change(target.value)} />
      ) : (
        <input
          className="native"
          type={field.kind === 'date' ? 'date' : 'text'}
          value={value}
          required={field.required ?? false}
          placeholder={field.hint ?? ''}
          onChange={({ target }) => change(target.value)}
        />
      )}
      {field.kind === 'date' && field.hint && <span className="quiet">{field.hint}</span>}
    </label>
  )
}
