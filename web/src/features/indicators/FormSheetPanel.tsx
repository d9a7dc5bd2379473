import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { Fragment, useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { Mark, type Tone } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type FormLine, type FormOfSheet, type FormSheet, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Entries } from './Entries'
import { EntryDialog, type Entering } from './EntryDialog'
import { ExportMenu } from './ExportMenu'
import { unitOf, unitWord, usePeriodName, useSaid } from './parts'
import { asPrinted } from './printed'

export type OfForm = { form: FormOfSheet; period: string; hospital: string }

/** A form of one period and hospital as it would be filed now. */
export function FormSheetPanel({ form, period, hospital }: OfForm) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const publishes = useMay()('indicators.publish')
  const [filing, setFiling] = useState(false)
  const params = { path: { form: form.form }, query: { period, hospital } }
  const sheet = useQuery({
    queryKey: ['indicators', 'forms', form.form, period, hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/forms/{form}/sheet', { params })),
    retry: false,
  })
  if (sheet.isPending) return <Loading rows={14} />
  if (!sheet.data) return <Failed error={sheet.error} retry={() => void sheet.refetch()} />
  const { known, lines, over, filed, edition } = sheet.data
  return (
    <>
      <section className="panel" aria-label={t('indicators.forms.view.sheet')}>
        <div className="panel-head">
          <h2>{periodName(period)}</h2>
          {filed ? <Mark tone={filed.state === 'waiting' ? 'warn' : 'good'}>{t(`indicators.forms.filed.${filed.state}`)}</Mark> : <Mark tone="mute">{t('indicators.forms.noneFiled')}</Mark>}
          <span className="quiet num">{t('indicators.forms.known', { known, all: lines.length })}</span>
          <span className="quiet">
            {edition.edition} · {edition.document} · {edition.paragraph}
          </span>
          {!over && <Mark tone="warn">{t('indicators.forms.running')}</Mark>}
          <span className="push row">
            <ExportMenu
              name={`${form.form}-${period}`}
              forms={['csv', 'xlsx']}
              fetch={(kind, language) => {
                const asked = { params: { ...params, query: { ...params.query, language } }, parseAs: 'blob' as const }
                return take(kind === 'csv' ? client.GET('/api/v1/indicators/forms/{form}/sheet.csv', asked) : client.GET('/api/v1/indicators/forms/{form}/sheet.xlsx', asked))
              }}
            />
            {publishes && over && (
              <Button size="small" type="primary" onClick={() => setFiling(true)}>
                {t(filed ? 'indicators.forms.fileAgain' : 'indicators.forms.file')}
              </Button>
            )}
          </span>
        </div>
        <Lines sheet={sheet.data} />
        {filing && <FileDialog sheet={sheet.data} close={() => setFiling(false)} />}
      </section>
      {lines.some((line) => line.enters) && <Entries year={period} hospital={hospital} />}
    </>
  )
}

const TONES: Record<FormLine['source'], Tone> = { published: 'good', counted: 'info', entered: 'good', missing: 'warn' }

function Lines({ sheet }: { sheet: FormSheet }) {
  const { t } = useTexts()
  const enters = useMay()('indicators.enter')
  const [entering, setEntering] = useState<Entering | null>(null)
  const said = useSaid()
  const titles = { line: t('indicators.forms.line'), item: t('indicators.forms.item'), figure: t('indicators.forms.figure'), before: t('indicators.forms.before'), source: t('indicators.exam.source') }
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={said(sheet.name)}>
      <table className="table cards form-sheet">
        <thead>
          <tr>
            <th scope="col" className="right">
              {titles.line}
            </th>
            <th scope="col">{titles.item}</th>
            <th scope="col" className="right">
              {titles.figure}
            </th>
            <th scope="col" className="right">
              {titles.before}
            </th>
            <th scope="col">{titles.source}</th>
          </tr>
        </thead>
        <tbody>
          {sheet.lines.map((line, at) => (
            <Fragment key={line.number}>
              <Section of={line} before={sheet.lines[at - 1]} columns={5} />
              <tr>
                <td className="right num head">{line.number}</td>
                <td className="head">
                  {line.code === '' ? (
                    said(line.name)
                  ) : (
                    <Link to="/indicators/$code" params={{ code: line.code }} search={{ period: sheet.period, hospital: sheet.hospital, caliber: line.caliber || undefined }}>
                      {said(line.name)}
                    </Link>
                  )}
                </td>
                <td className="right" data-title={titles.figure}>
                  <strong>
                    <Printed text={line.shown} unit={line.unit} />
                  </strong>
                </td>
                <td className="right" data-title={titles.before}>
                  <Printed text={line.previous} unit={line.unit} />
                </td>
                <td data-title={titles.source}>
                  <span className="row">
                    <Mark tone={TONES[line.source]}>{t(`indicators.exam.from.${line.source}`)}</Mark>
                    {(line.source !== 'counted' || line.shown === null) && said(line.why) !== '' && <span className="quiet exam-why">{said(line.why)}</span>}
                    {line.enters && enters && sheet.over && (
                      <button type="button" className="as-link" aria-label={`${t('indicators.enter')} ${said(line.name)}`} onClick={() => setEntering({ ...line, why: said(line.why) })}>
                        {t('indicators.enter')}
                      </button>
                    )}
                  </span>
                </td>
              </tr>
            </Fragment>
          ))}
        </tbody>
      </table>
      {entering && <EntryDialog row={entering} year={sheet.period} hospital={sheet.hospital} close={() => setEntering(null)} />}
    </div>
  )
}

/** The heading of a group of lines, where a new one begins. */
export function Section({ of, before, columns }: { of: Pick<FormLine, 'section'>; before: Pick<FormLine, 'section'> | undefined; columns: number }) {
  const said = useSaid()
  if (!of.section || before?.section?.zh === of.section.zh) return null
  return (
    <tr className="form-section">
      <th scope="colgroup" colSpan={columns}>
        {said(of.section)}
      </th>
    </tr>
  )
}

/** A figure as it stands on paper, in its unit. */
export function Printed({ text, unit }: { text: string | null; unit: string }) {
  const { t } = useTexts()
  if (text === null) return <span className="value value-none">{t('indicators.noValue')}</span>
  const word = unitWord(t, unitOf(unit))
  return (
    <span className="value">
      <span className="num">{asPrinted(text)}</span>
      {word !== '' && <span className="value-unit">{word}</span>}
    </span>
  )
}


/** Files what the sheet says; again only with a reason. */
function FileDialog({ sheet, close }: { sheet: FormSheet; close: () => void }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const periodName = usePeriodName()
  const queries = useQueryClient()
  const [wish, setWish] = useState<{ kind: 'xlsx' | 'csv'; note: string; reason: string }>({ kind: 'xlsx', note: '', reason: '' })
  const { form, period, hospital, digest, filed, known, lines } = sheet
  const file = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      await take(client.POST('/api/v1/indicators/forms/{form}/file', { params: { path: { form } }, body: { period, hospital, digest, language, ...wish } }))
      await queries.invalidateQueries({ queryKey: ['indicators'] })
      close()
    },
  })
  return (
    <DialogForm title={t('indicators.forms.fileTitle', { name: said(sheet.name), period: periodName(period) })} confirm={t('indicators.forms.file')} ready={filed === null || wish.reason.trim() !== ''} pending={file.isPending} error={file.error} submit={() => file.mutate()} close={close}>
      <p className="quiet">{t('indicators.forms.fileText', { known, all: lines.length })}</p>
      <label className="field">
        {t('indicators.forms.kindOfFile')}
        <select className="native" value={wish.kind} onChange={({ target }) => setWish((now) => ({ ...now, kind: target.value === 'csv' ? 'csv' : 'xlsx' }))}>
          <option value="xlsx">Excel</option>
          <option value="csv">CSV</option>
        </select>
      </label>
      {filed !== null && (
        <label className="field">
          {t('indicators.forms.reason')}
          <Input.TextArea required maxLength={1000} rows={2} value={wish.reason} placeholder={t('indicators.forms.reasonHint')} onChange={({ target }) => setWish((now) => ({ ...now, reason: target.value }))} />
        </label>
      )}
      <label className="field">
        {t('indicators.forms.note')}
        <Input.TextArea maxLength={1000} rows={2} value={wish.note} onChange={({ target }) => setWish((now) => ({ ...now, note: target.value }))} />
      </label>
    </DialogForm>
  )
}
