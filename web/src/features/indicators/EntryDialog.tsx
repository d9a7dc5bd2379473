import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input } from 'antd'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { type Said, unitOf, useSaid } from './parts'

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
    <DialogForm title={t('indicators.enterTitle', { name: said(row.name), year })} confirm={t('indicators.enter')} ready={form.numerator !== '' && form.evidence.trim() !== ''} pending={enter.isPending} error={enter.error} submit={() => enter.mutate()} close={close}>
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
    </DialogForm>
  )
}
