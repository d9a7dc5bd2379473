import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Input } from 'antd'
import { useDeferredValue, useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { OrganisationPicker } from '@/components/OrganisationPicker'
import { Mark } from '@/components/StateMark'
import { client, type FigureRequestDetail, type SavedQuestion, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { PeriodPicker, usePeriod, useToday } from './Pickers'
import { periodText } from './periods'
import { QuestionPicker } from './QuestionPicker'
import { REQUESTS } from './requests'

/** Asks for a figure; before that, it says what is there already. */
export function RequestDialog({ of, close }: { of: FigureRequestDetail | null; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const may = useMay()
  const today = useToday()
  const [words, setWords] = useState(of?.words ?? '')
  const [purpose, setPurpose] = useState(of?.purpose ?? '')
  const [periodSaid, setPeriod] = useState<string | undefined>(of?.period)
  const period = usePeriod(periodSaid)
  const [organisation, setOrganisation] = useState(of?.organisation ?? '')
  const [wantsRows, setWantsRows] = useState(of?.wants_rows ?? false)
  const [neededOn, setNeededOn] = useState(of?.needed_on ?? '')
  const [question, setQuestion] = useState<SavedQuestion | null>(of?.question ?? null)
  const [note, setNote] = useState('')
  const rows = may('indicators.rows') || may('indicators.own')
  const file = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const ask = { words: words.trim(), purpose: purpose.trim(), period: periodText(period), organisation: organisation.trim(), wants_rows: wantsRows, needed_on: neededOn || null, question }
      const done = of
        ? await take(client.PUT('/api/v1/indicators/requests/{request}', { params: { path: { request: of.request } }, body: { ...ask, version: of.version, note: note.trim() } }))
        : await take(client.POST('/api/v1/indicators/requests', { body: ask }))
      await queries.invalidateQueries({ queryKey: REQUESTS })
      await navigate({ to: '/indicators/requests', search: { request: done.request } })
      close()
    },
  })
  const ready = words.trim() !== '' && purpose.trim() !== ''
  return (
    <DialogForm width="min(640px, 96vw)" title={t(of ? 'indicators.requests.amend' : 'indicators.requests.file')} confirm={t('indicators.requests.send')} ready={ready} pending={file.isPending} error={file.error} submit={() => file.mutate()} close={close}>
      <p className="quiet">{t('indicators.requests.text')}</p>
      <label className="field">
        {t('indicators.requests.words')}
        <Input.TextArea required maxLength={1000} rows={3} value={words} placeholder={t('indicators.requests.wordsHint')} onChange={({ target }) => setWords(target.value)} />
      </label>
      <Existing words={words} />
      <label className="field">
        {t('indicators.requests.purpose')}
        <input className="native" required maxLength={1000} value={purpose} onChange={({ target }) => setPurpose(target.value)} />
      </label>
      <PeriodPicker period={period} change={setPeriod} />
      <OrganisationPicker label={t('indicators.requests.organisation')} value={organisation} change={setOrganisation} hint={t('indicators.requests.organisationHint')} />
      <label className="field">
        {t('indicators.requests.neededOn')}
        <input className="native" type="date" min={today} value={neededOn} onChange={({ target }) => setNeededOn(target.value)} />
      </label>
      {rows ? (
        <label className="row">
          <input type="checkbox" checked={wantsRows} onChange={({ target }) => setWantsRows(target.checked)} /> {t('indicators.requests.wantsRows')}
        </label>
      ) : (
        <p className="quiet">{t('indicators.requests.noRows')}</p>
      )}
      <QuestionPicker value={question} change={setQuestion} />
      {of && (
        <label className="field">
          {t('indicators.requests.note')}
          <input className="native" maxLength={1000} value={note} onChange={({ target }) => setNote(target.value)} />
        </label>
      )}
    </DialogForm>
  )
}

/** What is called alike and can be used at once. */
function Existing({ words }: { words: string }) {
  const { t } = useTexts()
  const said = useSaid()
  const asked = useDeferredValue(words.trim())
  const found = useQuery({
    queryKey: [...REQUESTS, 'existing', asked],
    queryFn: () => take(client.GET('/api/v1/indicators/requests/existing', { params: { query: { words: asked } } })),
    enabled: asked.length > 1,
    staleTime: 60_000,
    retry: false,
  })
  const items = found.data?.items ?? []
  if (asked.length < 2 || items.length === 0) return null
  return (
    <section className="report-sections" aria-label={t('indicators.requests.existing')}>
      <b>{t('indicators.requests.existing')}</b>
      <ul className="existing">
        {items.map((one) => (
          <li key={one.saved ?? one.code} className="row">
            {one.saved ? (
              <Link to="/indicators/explore" search={{ saved: one.saved }} target="_blank">
                {said(one.name)}
              </Link>
            ) : (
              <Link to="/indicators/$code" params={{ code: one.code }} target="_blank">
                {said(one.name)} {one.code}
              </Link>
            )}
            {one.kind === 'exploration' ? <span className="quiet">{t('indicators.requests.savedBy', { by: one.by })}</span> : one.approved && <Mark tone="good">{t('indicators.requests.approvedCaliber')}</Mark>}
          </li>
        ))}
      </ul>
    </section>
  )
}
