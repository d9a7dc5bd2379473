import './indicators.css'
import '@/components/resource.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Mark, type Tone } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { useSave } from '@/components/useSave'
import { client, type ExamRow, type ExamSheet, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Entries } from './Entries'
import { EntryDialog } from './EntryDialog'
import { IndicatorPages, Moved, useSaid, Value } from './parts'
import { PlacePicker, useToday } from './Pickers'
import { useHospitals } from './useHospitals'

/** Are the numbers of the national exam there, how did they change, and where does each come from? */
export default function ExamPage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/exam' })
  const navigate = useNavigate({ from: '/indicators/exam' })
  const put = (change: typeof search) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const now = Number(useToday().slice(0, 4))
  const year = search.year ?? String(now - 1)
  const { hospitals, pending, error } = useHospitals(year)
  const hospital = search.hospital ?? hospitals[0]?.code
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.exam.title')} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <select className="native" aria-label={t('indicators.kind.year')} value={year} onChange={({ target }) => put({ year: target.value })}>
          {[...new Set([String(year), ...Array.from({ length: 6 }, (_, back) => String(now - back))])].sort().reverse().map((one) => (
            <option key={one} value={one}>
              {t('indicators.periodName.year', { year: one })}
            </option>
          ))}
        </select>
        {hospitals.length > 1 && <PlacePicker label={t('indicators.hospital')} all={t('indicators.chooseHospital')} value={hospital} places={hospitals} change={(code) => put({ hospital: code })} />}
      </div>
      {hospital !== undefined ? (
        <Sheet year={year} hospital={hospital} />
      ) : pending ? (
        <Loading rows={12} />
      ) : error ? (
        <Failed error={error} />
      ) : (
        <StatePage title={t('indicators.noHospital')} text={t('indicators.noHospitalText')} quiet />
      )}
    </div>
  )
}

function Sheet({ year, hospital }: { year: string; hospital: string }) {
  const { t } = useTexts()
  const query = { year: Number(year), hospital }
  const sheet = useQuery({
    queryKey: ['indicators', 'exam', year, hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/exam', { params: { query } })),
    retry: false,
  })
  const save = useSave(`exam-${year}.csv`, () => take(client.GET('/api/v1/indicators/exam.csv', { params: { query }, parseAs: 'blob' })) as Promise<Blob>)
  const [entering, setEntering] = useState<ExamRow | null>(null)
  if (sheet.isPending) return <Loading rows={14} />
  if (!sheet.data) return <Failed error={sheet.error} retry={() => void sheet.refetch()} />
  return (
    <>
      <section className="panel" aria-label={t('indicators.exam.title')}>
        <div className="panel-head">
          <h2>{t('indicators.periodName.year', { year })}</h2>
          <Known sheet={sheet.data} />
          {!sheet.data.over && <Mark tone="warn">{t('indicators.exam.running')}</Mark>}
          <Button size="small" className="push" loading={save.isPending} onClick={() => save.mutate()}>
            {t('indicators.export')}
          </Button>
        </div>
        <Rows sheet={sheet.data} year={year} enter={setEntering} />
      </section>
      <Entries year={year} hospital={hospital} />
      {entering && <EntryDialog row={{ ...entering, name: { zh: entering.name_zh, en: entering.name_en } }} year={year} hospital={hospital} close={() => setEntering(null)} />}
    </>
  )
}

function Known({ sheet: { known, rows } }: { sheet: ExamSheet }) {
  const { t } = useTexts()
  const share = rows.length > 0 ? (known / rows.length) * 100 : 0
  return (
    <span className="row exam-known">
      <progress max={100} value={share} aria-label={t('indicators.exam.known', { known, all: rows.length })} />
      <span className="quiet num">{t('indicators.exam.known', { known, all: rows.length })}</span>
    </span>
  )
}

function Rows({ sheet, year, enter }: { sheet: ExamSheet; year: string; enter: (row: ExamRow) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const enters = useMay()('indicators.enter')
  const titles = { number: t('indicators.exam.number'), value: year, before: String(Number(year) - 1), change: t('indicators.yearOnYear'), source: t('indicators.exam.source'), owner: t('indicators.owner') }
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.exam.title')}>
      <table className="table cards exam">
        <thead>
          <tr>
            <th scope="col" className="right">
              {titles.number}
            </th>
            <th scope="col">{t('indicators.name')}</th>
            <th scope="col" className="right">
              {titles.value}
            </th>
            <th scope="col" className="right">
              {titles.before}
            </th>
            <th scope="col">{titles.change}</th>
            <th scope="col">{titles.source}</th>
            <th scope="col">{titles.owner}</th>
          </tr>
        </thead>
        <tbody>
          {sheet.rows.map((row) => (
            <tr key={row.code}>
              <td className="right num head">{row.exam}</td>
              <td className="head">
                <Link to="/indicators/$code" params={{ code: row.code }} search={{ period: year, hospital: sheet.hospital, caliber: row.caliber || undefined }}>
                  {said({ zh: row.name_zh, en: row.name_en })}
                </Link>
              </td>
              <td className="right" data-title={titles.value}>
                <strong>
                  <Value value={row.value} unit={row.unit} />
                </strong>
              </td>
              <td className="right" data-title={titles.before}>
                <Value value={row.previous} unit={row.unit} />
              </td>
              <td data-title={titles.change}>
                <Moved label="" by={row.change} unit={row.unit} better={row.better === 'up' || row.better === 'down' ? row.better : 'neither'} />
              </td>
              <td data-title={titles.source}>
                <span className="row">
                  <Mark tone={TONES[row.source]}>{t(`indicators.exam.from.${row.source}`)}</Mark>
                  {row.why !== '' && <span className="quiet exam-why">{row.why}</span>}
                  {enters && (row.source === 'missing' || row.source === 'entered') && (
                    <Button size="small" onClick={() => enter(row)}>
                      {t('indicators.enter')}
                    </Button>
                  )}
                </span>
              </td>
              <td data-title={titles.owner}>{row.owner}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const TONES: Record<ExamRow['source'], Tone> = { published: 'good', counted: 'info', entered: 'good', missing: 'warn' }
