import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { client, type DataService, type SavedQuestion, take } from '@/lib/api'
import { DRILL_SIDES } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { CODED } from './cells'
import { listOf } from './explored'
import { useSaid } from './parts'
import { useToday } from './Pickers'
import { QuestionPicker } from './QuestionPicker'

/** The columns of figures that are put together so: as the server names them. */
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
  const [gives, setGives] = useState<DataService['gives']>(of?.gives ?? 'figures')
  const [side, setSide] = useState<DataService['side']>(of?.side ?? 'numerator')
  const [picked, setPicked] = useState<readonly string[] | null>(of?.columns ?? null)
  const [masked, setMasked] = useState<readonly string[]>(of?.masked ?? [])
  const [organisation, setOrganisation] = useState(of?.organisation ?? '')
  const [callers, setCallers] = useState<string[]>([...(of?.roles ?? [])])
  const rows = useRowColumns(gives === 'rows' ? question : null, side)
  const known = gives === 'rows' ? rows.all : columnsOf(columns, question?.by)
  const usual = gives === 'rows' ? rows.usual : known
  const chosen = known.filter((one) => (picked ?? usual).includes(one))
  const hidden = masked.filter((one) => chosen.includes(one))
  const otherwise = (change: () => void) => {
    change()
    setPicked(null)
    setMasked([])
  }
  const accounts = listOf(form.accounts).map((one) => one.trim())
  const offer = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      if (!question) return
      const { name, title, purpose, first_on, last_on } = form
      await take(
        client.POST('/api/v1/indicators/services', {
          body: { name, title: title.trim(), purpose: purpose.trim(), question, gives, side, columns: chosen, masked: [...hidden], organisation: organisation.trim(), roles: callers, accounts, rows_max: Number(form.rows_max), calls_per_minute: Number(form.calls_per_minute), first_on, last_on },
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
      <QuestionPicker value={question} change={(next) => otherwise(() => setQuestion(next))} required />
      <div className="row service-gives">
        <span className="period-kinds" role="group" aria-label={t('indicators.services.gives')}>
          {(['figures', 'rows'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={one === gives} onClick={() => otherwise(() => setGives(one))}>
              {t(`indicators.services.giving.${one}`)}
            </button>
          ))}
        </span>
        {gives === 'rows' && (
          <select className="native" aria-label={t('indicators.side')} value={side} onChange={({ target }) => otherwise(() => setSide(DRILL_SIDES.find((one) => one === target.value) ?? 'numerator'))}>
            {DRILL_SIDES.map((one) => (
              <option key={one} value={one}>
                {t(`indicators.sides.${one}`)}
              </option>
            ))}
          </select>
        )}
      </div>
      {gives === 'rows' && <p className="quiet">{t(question && listOf(question.codes).length > 1 ? 'indicators.services.oneIndicator' : 'indicators.services.rowsText')}</p>}
      {question && known.length > 0 && <Columns legend={t('indicators.services.columns')} of={known} called={rows.called} chosen={chosen} change={setPicked} />}
      {gives === 'rows' && chosen.length > 0 && <Columns legend={t('indicators.services.maskedHint')} of={chosen} called={rows.called} chosen={hidden} change={setMasked} />}
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

type Called = ReadonlyMap<string, string>
type ColumnsProps = { legend: string; of: readonly string[]; called: Called; chosen: readonly string[]; change: (chosen: readonly string[]) => void }

function Columns({ legend, of, called, chosen, change }: ColumnsProps) {
  return (
    <fieldset className="report-sections">
      <legend>{legend}</legend>
      <div className="service-columns">
        {of.map((one) => {
          const name = called.get(one)
          return (
            <label key={one} className="row">
              <input type="checkbox" checked={chosen.includes(one)} onChange={() => change(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one])} />
              <span>
                {name} <span className={name ? 'mono quiet' : 'mono'}>{one}</span>
              </span>
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}

const OF_ROW = ['hospital', 'key', 'patient', 'origin']
const NAMED = ['code', 'department', 'practitioner']

/** Which columns the rows behind an indicator have, and those that its own list shows. */
function useRowColumns(question: SavedQuestion | null, side: DataService['side']): { all: string[]; usual: string[]; called: Called } {
  const { t } = useTexts()
  const said = useSaid()
  const codes = listOf(question?.codes)
  const code = codes.length === 1 ? codes[0] : undefined
  const detail = useQuery({ queryKey: ['indicators', 'definition', code], queryFn: () => take(client.GET('/api/v1/indicators/{code}', { params: { path: { code: code ?? '' } } })), enabled: code !== undefined, retry: false })
  const registers = useQuery({ queryKey: ['indicators', 'registers'], queryFn: () => take(client.GET('/api/v1/indicators/registers')), enabled: code !== undefined, staleTime: 300_000, retry: false })
  const caliber = detail.data?.calibers.find(({ way }) => way === 'counted')
  const part = side === 'numerator' ? caliber?.numerator : caliber?.denominator
  const fact = registers.data?.metadata.find((one) => one.fact === part?.fact)
  if (!fact) return { all: [], usual: [], called: new Map() }
  const own = fact.columns.filter(({ column }) => !OF_ROW.includes(column))
  const all = [...OF_ROW, ...own.flatMap(({ column, kind }) => (NAMED.includes(kind) || CODED.has(column) ? [column, `${column}_name`] : [column]))]
  const drill = detail.data?.drill.map(({ column }) => column) ?? []
  const called = new Map<string, string>([['key', t('indicators.services.rowKey')]])
  for (const { column, ...words } of fact.columns) called.set(column, said(words)).set(`${column}_name`, t('indicators.services.nameOf', { column: said(words) }))
  return { all, called, usual: all.filter((one) => one === 'hospital' || drill.includes(one.replace(/_name$/, ''))) }
}
