import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, type IndicatorReport, type ReportSchedule, type ReportSection, type ReportTemplate, take } from '@/lib/api'
import { type Language, useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { listed, WEEKDAYS } from './schedule'

export type Draft = { report: IndicatorReport | null }

const EVERY = ['daily', 'weekly', 'monthly'] as const
const PLAIN: ReportSchedule = { every: 'monthly', at: '08:00', day: 2, weekday: 1, workdays: true }

type Form = { title: string; sections: ReportSection[]; schedule: ReportSchedule | null; hospital: string; mails: string; accounts: string; language: Language; on: boolean }

function formOf(report: IndicatorReport | null, language: Language): Form {
  const says = report?.says
  return {
    title: says?.title ?? '',
    sections: says?.sections ?? [{ kind: 'board', board: 'president' }],
    schedule: says ? (says.schedule ?? null) : PLAIN,
    hospital: says?.hospital ?? '',
    mails: says?.mails?.join(', ') ?? '',
    accounts: says?.accounts?.join(', ') ?? '',
    language: says?.language ?? language,
    on: report?.is_on ?? true,
  }
}

/** What a report says, when, and to whom; it is made with the sight of whoever orders it. */
export function ReportDialog({ draft: { report }, templates, close }: { draft: Draft; templates: ReportTemplate[]; close: () => void }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const queries = useQueryClient()
  const [form, setForm] = useState(() => formOf(report, language))
  const put = (change: Partial<Form>) => setForm((now) => ({ ...now, ...change }))
  const save = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const { title, sections, schedule, hospital, language: written, on } = form
      const says = { title: title.trim(), sections, schedule, hospital: hospital.trim(), mails: listed(form.mails), accounts: listed(form.accounts), language: written }
      if (report) await take(client.PUT('/api/v1/indicators/reports/{report}', { params: { path: { report: report.report } }, body: { version: report.version, says, is_on: on } }))
      else await take(client.POST('/api/v1/indicators/reports', { body: { says, is_on: on } }))
      await queries.invalidateQueries({ queryKey: ['indicators', 'reports'] })
      close()
    },
  })
  const begin = (name: string) => {
    const found = templates.find(({ template }) => template === name)
    if (found) put({ title: said(found.title), sections: found.sections, schedule: found.schedule })
  }
  return (
    <DialogForm width="min(640px, 96vw)" title={t(report ? 'indicators.reports.edit' : 'indicators.reports.order')} confirm={t('common.save')} ready={form.title.trim() !== '' && form.sections.length > 0} pending={save.isPending} error={save.error} submit={() => save.mutate()} close={close}>
      <p className="quiet">{t('indicators.reports.orderText')}</p>
      {!report && (
        <label className="field">
          {t('indicators.reports.begin')}
          <select className="native" defaultValue="" onChange={({ target }) => begin(target.value)}>
            <option value="">{t('indicators.reports.beginBlank')}</option>
            {templates.map(({ template, title }) => (
              <option key={template} value={template}>
                {said(title)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        {t('indicators.reports.name')}
        <input className="native" required maxLength={120} value={form.title} onChange={({ target }) => put({ title: target.value })} />
      </label>
      <Sections sections={form.sections} change={(sections) => put({ sections })} />
      <When schedule={form.schedule} change={(schedule) => put({ schedule })} />
      <label className="field">
        {t('indicators.reports.mails')}
        <input className="native" maxLength={2000} value={form.mails} placeholder="a@hospital.example" onChange={({ target }) => put({ mails: target.value })} />
      </label>
      <label className="field">
        {t('indicators.reports.accounts')}
        <input className="native" maxLength={1000} value={form.accounts} onChange={({ target }) => put({ accounts: target.value })} />
      </label>
      <div className="row">
        <label className="field">
          {t('indicators.reports.hospital')}
          <input className="native" maxLength={100} value={form.hospital} placeholder={t('indicators.allHospitals')} onChange={({ target }) => put({ hospital: target.value })} />
        </label>
        <label className="field">
          {t('indicators.reports.language')}
          <select className="native" value={form.language} onChange={({ target }) => put({ language: target.value === 'en' ? 'en' : 'zh' })}>
            <option value="zh">{t('indicators.reports.languages.zh')}</option>
            <option value="en">{t('indicators.reports.languages.en')}</option>
          </select>
        </label>
      </div>
      <label className="row">
        <input type="checkbox" checked={form.on} onChange={({ target }) => put({ on: target.checked })} /> {t('indicators.reports.isOn')}
      </label>
    </DialogForm>
  )
}

/** What stands on it, in order. */
function Sections({ sections, change }: { sections: ReportSection[]; change: (sections: ReportSection[]) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const board = useQuery({ queryKey: ['indicators', 'board', undefined, undefined, undefined], queryFn: () => take(client.GET('/api/v1/indicators/board')), staleTime: 30_000, retry: false })
  const boards = board.data?.boards ?? [{ board: 'president', title: { zh: t('indicators.board'), en: t('indicators.board') } }]
  const put = (place: number, section: ReportSection) => change(sections.map((one, other) => (other === place ? section : one)))
  const kinds = { days: { kind: 'days' }, board: { kind: 'board', board: boards[0]?.board ?? 'president' }, table: { kind: 'table', codes: ['INP-001'], by: 'department' } } as const
  return (
    <fieldset className="report-sections">
      <legend>{t('indicators.reports.sections')}</legend>
      {sections.map((section, place) => (
        <div key={`${place} ${section.kind}`} className="row">
          <select className="native" aria-label={t('indicators.reports.sectionKind')} value={section.kind} onChange={({ target }) => put(place, sectionOf(kinds[KINDS.find((kind) => kind === target.value) ?? 'board']))}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`indicators.reports.kinds.${kind}`)}
              </option>
            ))}
          </select>
          {section.kind === 'board' && (
            <select className="native" aria-label={t('indicators.whichBoard')} value={section.board ?? ''} onChange={({ target }) => put(place, { ...section, board: target.value })}>
              {boards.map((one) => (
                <option key={one.board} value={one.board}>
                  {said(one.title)}
                </option>
              ))}
            </select>
          )}
          {section.kind === 'table' && <input className="native grows" aria-label={t('indicators.reports.codes')} required value={(section.codes ?? []).join(', ')} onChange={({ target }) => put(place, { ...section, codes: target.value.split(/,\s*/) })} onBlur={({ target }) => put(place, { ...section, codes: listed(target.value) })} />}
          <button type="button" className="as-link" aria-label={t('indicators.reports.removeSection', { place: place + 1 })} onClick={() => change(sections.filter((_, other) => other !== place))}>
            ✕
          </button>
        </div>
      ))}
      <button type="button" className="as-link" onClick={() => change([...sections, kinds.board])}>
        ＋ {t('indicators.reports.addSection')}
      </button>
    </fieldset>
  )
}

const KINDS = ['days', 'board', 'table'] as const

const sectionOf = (section: ReportSection | { kind: 'table'; codes: readonly string[]; by: 'department' }): ReportSection => ({ ...section, ...('codes' in section && section.codes ? { codes: [...section.codes] } : {}) }) as ReportSection

/** When it is due. */
function When({ schedule, change }: { schedule: ReportSchedule | null; change: (schedule: ReportSchedule | null) => void }) {
  const { t } = useTexts()
  const kept = schedule ?? PLAIN
  const every = EVERY.find((one) => one === schedule?.every)
  return (
    <div className="row">
      <label className="field">
        {t('indicators.reports.when')}
        <select className="native" value={every ?? ''} onChange={({ target }) => change(target.value === '' ? null : { ...kept, every: EVERY.find((one) => one === target.value) ?? 'monthly' })}>
          <option value="">{t('indicators.reports.byHand')}</option>
          {EVERY.map((one) => (
            <option key={one} value={one}>
              {t(`indicators.reports.every.${one}`)}
            </option>
          ))}
        </select>
      </label>
      {schedule?.every === 'weekly' && (
        <label className="field">
          {t('indicators.reports.onWeekday')}
          <select className="native" value={schedule.weekday ?? 1} onChange={({ target }) => change({ ...schedule, weekday: Number(target.value) })}>
            {WEEKDAYS.map((one, place) => (
              <option key={one} value={place + 1}>
                {t(`indicators.reports.weekday.${one}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      {schedule?.every === 'monthly' && (
        <label className="field">
          {t('indicators.reports.onDay')}
          <input className="native" type="number" min={1} max={28} required value={schedule.day ?? 2} onChange={({ target }) => change({ ...schedule, day: Number(target.value) })} />
        </label>
      )}
      {schedule && (
        <>
          <label className="field">
            {t('indicators.reports.at')}
            <input className="native" type="time" required value={schedule.at ?? '07:30'} onChange={({ target }) => change({ ...schedule, at: target.value })} />
          </label>
          <label className="row">
            <input type="checkbox" checked={schedule.workdays ?? false} onChange={({ target }) => change({ ...schedule, workdays: target.checked })} /> {t('indicators.reports.workdays')}
          </label>
        </>
      )}
    </div>
  )
}
