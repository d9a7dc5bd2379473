import './sheet.css'

import { LeftOutlined, PrinterOutlined, RightOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'

import { Failed, Loading } from '@/components/StatePage'
import { client, type RecordItem, type RecordOverview, type RecordSeries, take } from '@/lib/api'
import type { PatientRecordSearch } from '@/lib/filters'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { sexName } from './parts'
import { HOURS, type Sheet, sheetOf, type Stay, stayOf, weeksOf } from './sheet'
import { SheetDrawing } from './SheetDrawing'
import { shown } from './times'
import { isVoid } from './words'

type Props = { person: string; record: RecordOverview; search: PatientRecordSearch; put: (change: PatientRecordSearch) => void }

/** The temperature sheet (体温单) of a stay, week by week, from the vital signs of the record. */
export function TemperatureSheet({ person, record, search, put }: Props) {
  const path = { person }
  const series = useQuery({
    queryKey: ['record', person, 'vitals'],
    queryFn: () => take(client.GET('/api/v1/record/{person}/series', { params: { path } })),
    retry: false,
  })
  const around = useQuery({
    queryKey: ['record', person, 'around-vitals'],
    queryFn: () => take(client.GET('/api/v1/record/{person}/items', { params: { path, query: { section: ['encounter', 'procedure'], limit: 500 } } })),
    retry: false,
  })
  const stays = around.data?.items.filter((one) => one.type === 'Encounter' && one.at !== '' && !isVoid(one.status)) ?? []
  const chosen = stays.find(({ id }) => id === search.stay) ?? likeliest(stays, series.data ?? [])
  const detail = useQuery({
    queryKey: ['record', person, 'item', 'Encounter', chosen?.id],
    queryFn: () => take(client.GET('/api/v1/record/{person}/items/{type}/{id}', { params: { path: { person, type: 'Encounter', id: chosen?.id ?? '' } } })),
    enabled: chosen !== undefined,
    retry: false,
  })
  if (series.isPending || around.isPending || (chosen && detail.isPending)) return <Loading rows={10} />
  const failed = [series, around].find(({ data }) => !data)
  if (failed || !series.data || !around.data) return <Failed error={failed?.error} retry={() => void failed?.refetch()} />
  const stay = chosen && stayOf(chosen, parsed(detail.data?.text ?? ''))
  const procedures = around.data.items.filter(({ section }) => section === 'procedure')
  return <Weeks record={record} series={series.data} procedures={procedures} stays={stays} stay={stay} week={Number(search.week ?? 0)} put={put} />
}

const parsed = (text: string): unknown => (text === '' ? null : JSON.parse(text))

/** The stay whose vital signs were measured last, else the newest. */
function likeliest(stays: readonly RecordItem[], series: readonly RecordSeries[]): RecordItem | undefined {
  const last = series.flatMap(({ points }) => points.map(({ at }) => at)).sort().at(-1) ?? ''
  return stays.find(({ at, until, status }) => at <= last && (status !== 'finished' || until === '' || until >= last)) ?? stays[0]
}

type Of = { record: RecordOverview; series: RecordSeries[]; procedures: RecordItem[]; stays: RecordItem[]; stay: Stay | undefined; week: number; put: Props['put'] }

function Weeks({ record, series, procedures, stays, stay, week, put }: Of) {
  const { t } = useTexts()
  const { timezone: zone } = useSession()
  const weeks = weeksOf(series, stay, zone)
  if (!weeks) return null
  const now = week >= 1 && week <= weeks.count ? week : weeks.count
  const sheet = sheetOf({ series, procedures, stay, zone }, weeks.first, now)
  const { person } = record
  const place = stay?.places.at(-1)?.name ?? ''
  const go = (to: number) => put({ week: String(to) })
  return (
    <section className="panel sheet" aria-label={t('record.sheet.title')}>
      <div className="panel-head no-print">
        <h2>{t('record.sheet.title')}</h2>
        {stays.length > 1 && (
          <select className="native" aria-label={t('record.sheet.stay')} value={stay?.id ?? ''} onChange={({ target }) => put({ stay: target.value, week: undefined })}>
            {stays.map((one) => (
              <option key={one.id} value={one.id}>
                {shown(one.at, zone).slice(0, 10)} {one.title}
              </option>
            ))}
          </select>
        )}
        <span className="push row">
          <Button size="small" icon={<LeftOutlined />} disabled={now <= 1} aria-label={t('record.sheet.earlier')} onClick={() => go(now - 1)} />
          <span className="num nowrap">{t('record.sheet.week', { week: now, of: weeks.count })}</span>
          <Button size="small" icon={<RightOutlined />} disabled={now >= weeks.count} aria-label={t('record.sheet.later')} onClick={() => go(now + 1)} />
          <Button size="small" icon={<PrinterOutlined />} onClick={() => window.print()}>
            {t('record.sheet.print')}
          </Button>
        </span>
      </div>
      <h2 className="print-only sheet-heading">{t('record.sheet.title')}</h2>
      <p className="sheet-who">
        <span>{t('record.sheet.name', { name: person.name })}</span>
        <span>{sexName(t, person.sex)}</span>
        <span>{t('record.sheet.number', { number: person.records.map(({ mrn }) => mrn).join(t('common.comma')) })}</span>
        {stay?.at && <span>{t('record.sheet.admitted', { at: shown(stay.at, zone) })}</span>}
        {place !== '' && <span>{t('record.sheet.place', { place })}</span>}
      </p>
      <div className="sheet-scroll" tabIndex={0} role="group" aria-label={t('record.sheet.title')}>
        <SheetDrawing sheet={sheet} title={t('record.sheet.drawing', { from: sheet.days[0] ?? '', to: sheet.days.at(-1) ?? '' })} />
      </div>
      <p className="sheet-signs quiet">{t('record.sheet.signs')}</p>
      <AsTable sheet={sheet} />
    </section>
  )
}

/** The same in words and numbers. */
function AsTable({ sheet }: { sheet: Sheet }) {
  const { t } = useTexts()
  const rows = sheet.days.flatMap((day) =>
    HOURS.map((hour, slot) => {
      const of = <T extends { day: string; slot: number }>(all: readonly T[]) => all.find((one) => one.day === day && one.slot === slot)
      const [temperature, pulse, breaths] = [of(sheet.temperatures), of(sheet.pulses), of(sheet.respirations)]
      const events = sheet.events.filter((one) => one.day === day && one.slot === slot)
      return { key: `${day} ${hour}`, day, time: temperature?.time ?? pulse?.time ?? breaths?.time ?? events[0]?.time ?? '', temperature, pulse, breaths, events }
    }).filter((row) => row.time !== ''),
  )
  return (
    <details className="sheet-table no-print">
      <summary>{t('record.sheet.table')}</summary>
      <div className="sheet-scroll">
        <table className="data">
          <thead>
            <tr>
              {(['date', 'temperature', 'pulse', 'respiration', 'events'] as const).map((name) => (
                <th key={name} scope="col">
                  {t(`record.sheet.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, day, time, temperature, pulse, breaths, events }) => (
              <tr key={key}>
                <th scope="row" className="num nowrap">
                  {day} {time}
                </th>
                <td className="num">
                  {temperature && `${temperature.text} ${t(`record.sheet.way.${temperature.way}`)}`}
                  {temperature?.cooled && ` → ${temperature.cooled.text} ${t('record.sheet.cooled')}`}
                </td>
                <td className="num">{pulse?.text}</td>
                <td className="num">{breaths?.text}</td>
                <td>{events.map((one) => `${t(`record.sheet.event.${one.kind}`)} ${one.text}`).join(t('common.comma'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
