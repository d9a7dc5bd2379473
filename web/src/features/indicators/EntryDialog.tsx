import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'

import { Trouble } from '@/components/Trouble'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { type Said, unitOf, useSaid } from './parts'

const FORM = 'enter-figure'
/** An exact number, as the server takes it. */
const NUMBER = '\\d{1,18}(\\.\\d{1,8})?'

/** Which figure is entered. */
export type Entering = { code: string; caliber: string; name: Said; unit: string; why: string }

/** A figure that no data tell, with what it rests on; another person confirms it. */
export function EntryDialog({ row, year, hospital, close }: { row: Entering; year: string; hospital: string; close: () => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const queries = useQueryClient()
  const [form, setForm] = useState({ numerator: '', denominator: '', evidence: '', file: '' })
  const put = (name: keyof typeof form) => (event: { target: { value: string } }) => setForm((now) => ({ ...now, [name]: event.target.value }))
  const enter = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const { numerator, denominator, evidence, file } = form
      await take(
        client.POST('/api/v1/indicators/{code}/entries', {
          params: { path: { code: row.code } },
          body: { caliber: row.caliber, period: year, hospital, numerator, denominator: denominator || null, evidence: evidence.trim(), file: file.trim(), sha256: '' },
        }),
      )
      await queries.invalidateQueries({ queryKey: ['indicators'] })
      close()
    },
  })
  return (
    <Modal
      open
      title={t('indicators.enterTitle', { name: said(row.name), year })}
      okText={t('indicators.enter')}
      cancelText={t('common.cancel')}
      okButtonProps={{ htmlType: 'submit', form: FORM, disabled: form.numerator === '' || form.evidence.trim() === '' }}
      confirmLoading={enter.isPending}
      onCancel={close}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
    >
      <form
        id={FORM}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          enter.mutate()
        }}
      >
        <p className="quiet">{row.why || t('indicators.enterText')}</p>
        <label className="field">
          {t('indicators.enterNumerator', { unit: t(`indicators.unitName.${unitOf(row.unit)}`) })}
          <input className="native" inputMode="decimal" required pattern={NUMBER} value={form.numerator} onChange={put('numerator')} />
        </label>
        <label className="field">
          {t('indicators.enterDenominator')}
          <input className="native" inputMode="decimal" pattern={NUMBER} value={form.denominator} onChange={put('denominator')} />
        </label>
        <label className="field">
          {t('indicators.evidence')}
          <Input.TextArea required maxLength={1000} rows={3} value={form.evidence} placeholder={t('indicators.evidenceHint')} onChange={put('evidence')} />
        </label>
        <label className="field">
          {t('indicators.evidenceFile')}
          <input className="native" maxLength={1000} value={form.file} onChange={put('file')} />
        </label>
        <Trouble error={enter.error} />
      </form>
    </Modal>
  )
}
