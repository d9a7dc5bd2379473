import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { client, type DataService, type SavedQuestion, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { listOf } from './explored'
import { useToday } from './Pickers'
import { QuestionPicker } from './QuestionPicker'

/** The columns of what is put together so: as the server names them. */
export function columnsOf(base: readonly string[], by: string | undefined): string[] {
  const named = listOf(by).flatMap((one) => [one, `${one}_name`])
  const at = base.indexOf('numerator')
  return at < 0 ? [...base, ...named] : [...base.slice(0, at), ...named, ...base.slice(at)]
}

type Props = { of: DataService | null; columns: readonly string[]; roles: readonly string[]; close: () => void }

/** Offers figures as a service, or a new version of it; a second person approves it. */
export function ServiceDialog({ of, columns, roles, close }: Props) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const today = useToday()
  const [form, setForm] = useState({
    name: of?.name ?? '',
    title: of?.title ?? '',
    purpose: of?.purpose ?? '',
    accounts: (of?.accounts ?? []).join(','),
    rows_max: String(of?.rows_max ?? 500),
    calls_per_minute: String(of?.calls_per_minute ?? 10),
    first_on: of?.first_on ?? today,
    last_on: of?.last_on ?? `${Number(today.slice(0, 4)) + 1}${today.slice(4) === '-02-29' ? '-02-28' : today.slice(4)}`,
  })
  const put = (name: keyof typeof form) => ({ value: form[name], onChange: ({ target }: { target: { value: string } }) => setForm((now) => ({ ...now, [name]: target.value })) })
  const [question, setQuestion] = useState<SavedQuestion | null>(of?.question ?? null)
  const [left, setLeft] = useState<string[]>([])
  const [organisation, setOrganisation] = useState(of?.organisation ?? '')
  const [callers, setCallers] = useState<string[]>([...(of?.roles ?? [])])
  const known = columnsOf(columns, question?.by)
  const chosen = known.filter((one) => !left.includes(one))
  const accounts = listOf(form.accounts).map((one) => one.trim())
  const offer = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      if (!question) return
      const { name, title, purpose, first_on, last_on } = form
      await take(
        client.POST('/api/v1/indicators/services', {
          body: { name, title: title.trim(), purpose: purpose.trim(), question, columns: chosen, organisation: organisation.trim(), roles: callers, accounts, rows_max: Number(form.rows_max), calls_per_minute: Number(form.calls_per_minute), first_on, last_on },
        }),
      )
      await queries.invalidateQueries({ queryKey: ['indicators', 'services'] })
      close()
    },
  })
  const ready = question !== null && chosen.length > 0 && (callers.length > 0 || accounts.length > 0)
  return (
    <DialogForm width="min(680px, 96vw)" title={t(of ? 'indicators.services.offerAnew' : 'indicators.services.offer')} confirm={t('indicators.services.send')} ready={ready} pending={offer.isPending} error={offer.error} submit={() => offer.mutate()} close={close}>
      <p className="quiet">{t('indicators.services.offerText')}</p>
      <label className="field">
        {t('indicators.services.heading')}
        <input className="native" required maxLength={100} {...put('title')} />
      </label>
      <label className="field">
        {t('indicators.services.name')}
        <input className="native mono" required maxLength={60} pattern="[a-z][a-z0-9\-]{1,59}" placeholder="bed-use" readOnly={of !== null} {...put('name')} />
      </label>
      <label className="field">
        {t('indicators.requests.purpose')}
        <input className="native" required maxLength={1000} {...put('purpose')} />
      </label>
      <QuestionPicker value={question} change={setQuestion} required />
      {question && (
        <fieldset className="report-sections">
          <legend>{t('indicators.services.columns')}</legend>
          <div className="row service-columns">
            {known.map((one) => (
              <label key={one} className="row">
                <input type="checkbox" checked={!left.includes(one)} onChange={() => setLeft(left.includes(one) ? left.filter((other) => other !== one) : [...left, one])} /> <span className="mono">{one}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <OrganisationPicker label={t('indicators.services.scope')} value={organisation} change={setOrganisation} hint={t('indicators.services.scopeHint')} />
      <div className="field">
        {t('indicators.services.roles')}
        <Select mode="multiple" aria-label={t('indicators.services.roles')} value={callers} options={roles.map((value) => ({ value, label: value }))} onChange={setCallers} />
      </div>
      <label className="field">
        {t('indicators.services.accounts')}
        <input className="native" maxLength={1000} {...put('accounts')} />
      </label>
      <div className="service-limits">
        <label className="field">
          {t('indicators.services.rowsMax')}
          <input className="native" type="number" required min={1} max={3000} {...put('rows_max')} />
        </label>
        <label className="field">
          {t('indicators.services.callsPerMinute')}
          <input className="native" type="number" required min={1} max={600} {...put('calls_per_minute')} />
        </label>
        <label className="field">
          {t('indicators.services.firstOn')}
          <input className="native" type="date" required {...put('first_on')} />
        </label>
        <label className="field">
          {t('indicators.services.lastOn')}
          <input className="native" type="date" required min={form.first_on} {...put('last_on')} />
        </label>
      </div>
    </DialogForm>
  )
}
