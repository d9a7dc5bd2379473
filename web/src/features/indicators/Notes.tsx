import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { DialogForm } from '@/components/DialogForm'
import { Instant } from '@/components/Instant'
import { client, type IndicatorNote, take } from '@/lib/api'
import type { DrillSearch } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { usePeriodName } from './parts'
import type { Choice } from './Pickers'
import { PlacePicker } from './Pickers'


/** What people wrote on an indicator in some months, where the reader may see it. */
export function useNotes(code: string, period: string, { hospital, department }: DrillSearch) {
  const may = useMay()
  return useQuery({
    queryKey: ['indicators', 'notes', code, period, hospital, department],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/notes', { params: { path: { code }, query: { period, ...(hospital && { hospital }), ...(department && { department }) } } })),
    enabled: may('indicators.read'),
    retry: false,
  })
}

/** Why the figures of some months are as they are: notes, and a way to write one. */
export function Notes({ code, notes, month, search, hospitals }: { code: string; notes: IndicatorNote[]; month: string; search: DrillSearch; hospitals: Choice[] }) {
  const { t } = useTexts()
  const writes = useMay()('indicators.enter')
  const [edited, setEdited] = useState<IndicatorNote | 'new' | null>(null)
  if (!writes && notes.length === 0) return null
  return (
    <section className="notes" aria-label={t('indicators.notes.title')}>
      <div className="row">
        <h3>{t('indicators.notes.title')}</h3>
        {writes && (
          <Button size="small" onClick={() => setEdited('new')}>
            {t('indicators.notes.write')}
          </Button>
        )}
      </div>
      <ul>
        {notes.map((note) => (
          <OneNote key={note.note} note={note} edit={writes && note.own ? () => setEdited(note) : null} />
        ))}
      </ul>
      {edited && <NoteDialog code={code} note={edited === 'new' ? null : edited} month={month} search={search} hospitals={hospitals} close={() => setEdited(null)} />}
    </section>
  )
}

function OneNote({ note, edit }: { note: IndicatorNote; edit: (() => void) | null }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const ask = useAsk()
  const queries = useQueryClient()
  const months = note.first_month === note.last_month ? periodName(note.first_month) : `${periodName(note.first_month)} – ${periodName(note.last_month)}`
  const withdraw = () =>
    ask({
      title: t('indicators.notes.withdraw'),
      text: t('indicators.notes.withdrawText'),
      confirm: t('indicators.notes.withdraw'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/indicators/{code}/notes/{note}/withdraw', { params: { path: { code: note.code, note: note.note } }, body: { version: note.version } }))
        await queries.invalidateQueries({ queryKey: ['indicators', 'notes'] })
      },
    })
  return (
    <li>
      <p>
        <span className="note-mark" aria-hidden>
          ◆
        </span>{' '}
        {note.words}
      </p>
      <p className="quiet row">
        <span>{[months, note.hospital, note.department].filter(Boolean).join(' · ')}</span>
        <span>
          {note.author} · <Instant at={note.at} />
        </span>
        {note.version > 1 && <span>{t('indicators.versionOf', { version: note.version })}</span>}
        {edit && (
          <>
            <button type="button" className="as-link" onClick={edit}>
              {t('indicators.notes.edit')}
            </button>
            <button type="button" className="as-link" onClick={withdraw}>
              {t('indicators.notes.withdraw')}
            </button>
          </>
        )}
      </p>
    </li>
  )
}

function NoteDialog({ code, note, month, search, hospitals, close }: { code: string; note: IndicatorNote | null; month: string; search: DrillSearch; hospitals: Choice[]; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [words, setWords] = useState(note?.words ?? '')
  const [first, setFirst] = useState(note?.first_month ?? month)
  const [last, setLast] = useState(note?.last_month ?? month)
  const [hospital, setHospital] = useState(note?.hospital ?? search.hospital ?? (hospitals.length === 1 ? hospitals[0]?.code : undefined))
  const period = first === last ? first : `${first}..${last}`
  const save = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      if (note) await take(client.PUT('/api/v1/indicators/{code}/notes/{note}', { params: { path: { code, note: note.note } }, body: { version: note.version, period, words: words.trim() } }))
      else await take(client.POST('/api/v1/indicators/{code}/notes', { params: { path: { code } }, body: { period, hospital: hospital ?? '', department: search.department ?? '', words: words.trim() } }))
      await queries.invalidateQueries({ queryKey: ['indicators', 'notes'] })
      close()
    },
  })
  return (
    <DialogForm title={t(note ? 'indicators.notes.edit' : 'indicators.notes.write')} confirm={t('common.save')} ready={words.trim() !== '' && !!hospital} pending={save.isPending} error={save.error} submit={() => save.mutate()} close={close}>
      <p className="quiet">{t('indicators.notes.writeText')}</p>
      {!note && hospitals.length > 1 && search.hospital === undefined && <PlacePicker label={t('indicators.hospital')} all={t('indicators.chooseHospital')} value={hospital} places={hospitals} change={setHospital} />}
      <div className="row">
        <label className="field">
          {t('indicators.notes.first')}
          <input className="native" type="month" required value={first} onChange={({ target }) => setFirst(target.value)} />
        </label>
        <label className="field">
          {t('indicators.notes.last')}
          <input className="native" type="month" required min={first} value={last} onChange={({ target }) => setLast(target.value)} />
        </label>
      </div>
      <label className="field">
        {t('indicators.notes.words')}
        <Input.TextArea required maxLength={1000} rows={3} value={words} placeholder={t('indicators.notes.hint')} onChange={({ target }) => setWords(target.value)} />
      </label>
    </DialogForm>
  )
}
