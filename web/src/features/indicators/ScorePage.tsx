import '@/components/resource.css'
import './indicators.css'
import './insight.css'
import './scores.css'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type ScoreAnswer, type ScoreRow, take } from '@/lib/api'
import type { ScoreSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { ExportMenu, type FileForm } from './ExportMenu'
import { MonthLine } from './MonthLine'
import { plain } from './numbers'
import { IndicatorPages, useSaid } from './parts'
import { periodText } from './periods'
import { PeriodPicker, PlacePicker, usePeriod } from './Pickers'
import { ScoreMarks } from './ScoreMarks'
import { useHospitals } from './useHospitals'

const FIRST = 'loops'
const FORMS: readonly FileForm[] = ['csv', 'xlsx', 'pdf']

/** Which departments keep their data well and close their loops, and what is behind each score? */
export default function ScorePage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/scores' })
  const navigate = useNavigate({ from: '/indicators/scores' })
  const put = (change: ScoreSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const period = usePeriod(search.month)
  const month = periodText(period)
  const card = search.card ?? FIRST
  const { hospitals, pending } = useHospitals(String(period.year))
  const hospital = search.hospital ?? hospitals[0]?.code
  const question = { month, ...(hospital && { hospital }) }
  const found = useQuery({
    queryKey: ['indicators', 'scores', card, question],
    queryFn: () => take(client.GET('/api/v1/indicators/scores/{card}', { params: { path: { card }, query: question } })),
    placeholderData: keepPreviousData,
    enabled: !pending,
    retry: false,
    staleTime: 30_000,
  })
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.scores.title')} />
      <Cards chosen={card} change={(name) => put({ card: name })} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} kinds={['month']} change={(text) => put({ month: text })} />
        {hospitals.length > 1 && <PlacePicker label={t('indicators.hospital')} all={t('indicators.hospital')} value={hospital} places={hospitals} change={(code) => put({ hospital: code ?? hospitals[0]?.code ?? '', department: '' })} />}
        <span className="push">
          <ExportMenu
            name={`scores-${card}-${month}`}
            forms={FORMS}
            fetch={(form, language) => take(client.GET('/api/v1/indicators/files/scores/{card}', { params: { path: { card }, query: { ...question, form, language } }, parseAs: 'blob' }))}
          />
        </span>
      </div>
      {found.data ? <Shown scores={found.data} chosen={search.department} put={put} changing={found.isPlaceholderData} /> : found.isPending ? <Loading rows={12} /> : <Failed error={found.error} retry={() => void found.refetch()} />}
    </div>
  )
}

function Cards({ chosen, change }: { chosen: string; change: (name: string) => void }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const found = useQuery({ queryKey: ['indicators', 'scores'], queryFn: () => take(client.GET('/api/v1/indicators/scores')), staleTime: 300_000, retry: false })
  if (!found.data) return null
  const { items, unusable } = found.data
  return (
    <>
      {items.length > 1 && (
        <span className="period-kinds topic-names" role="group" aria-label={t('indicators.scores.cards')}>
          {items.map(({ card, title }) => (
            <button key={card} type="button" aria-pressed={card === chosen} onClick={() => change(card)}>
              {said(title)}
            </button>
          ))}
        </span>
      )}
      {unusable.length > 0 && (
        <details className="panel panel-body">
          <summary>{t('indicators.scores.unusable')}</summary>
          {unusable.map((one) => (
            <p key={one.where} className="quiet">
              {one[language]}
            </p>
          ))}
        </details>
      )}
    </>
  )
}

function Shown({ scores, chosen, put, changing }: { scores: ScoreAnswer; chosen: string | undefined; put: (change: ScoreSearch) => void; changing: boolean }) {
  const { t } = useTexts()
  const said = useSaid()
  const { rows } = scores
  const opened = rows.find(({ department }) => department.code === chosen) ?? (rows.length === 1 ? rows[0] : undefined)
  return (
    <div className="stack" aria-busy={changing}>
      <section className="panel" aria-label={t('indicators.scores.ranking')}>
        <div className="panel-head scores-head">
          <h2>{said(scores.hospital.name)}</h2>
          <span className="quiet">{t('indicators.scores.about', { period: said(scores.period.name), full: scores.full_mark, ranked: scores.ranked })}</span>
          <span className="quiet push">
            {said(scores.title)} · {t('indicators.scores.version', { version: scores.version, from: scores.valid_from })}
          </span>
        </div>
        {rows.length === 0 ? <StatePage title={t('indicators.scores.none')} text={t('indicators.scores.noneText')} quiet /> : <Ranking scores={scores} opened={opened} open={(code) => put({ department: code })} />}
        {scores.unseen > 0 && <p className="quiet formula">{t('indicators.scores.unseen', { count: scores.unseen })}</p>}
      </section>
      {opened && <ScoreMarks scores={scores} row={opened} />}
      {scores.findings.length > 0 && (
        <section className="panel panel-body" aria-label={t('indicators.scores.findings')}>
          <h2>{t('indicators.scores.findings')}</h2>
          <ul>
            {scores.findings.map(({ where, words }) => (
              <li key={`${where} ${words.en}`}>
                <code>{where}</code> {said(words)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function Ranking({ scores, opened, open }: { scores: ScoreAnswer; opened: ScoreRow | undefined; open: (code: string) => void }) {
  const { t } = useTexts()
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.scores.ranking')}>
      <table className="table cards scores">
        <thead>
          <tr>
            <th scope="col">{t('indicators.scores.rank')}</th>
            <th scope="col">{t('indicators.scores.department')}</th>
            <th scope="col">{t('indicators.scores.total')}</th>
            <th scope="col" className="right">
              {t('indicators.scores.onBefore')}
            </th>
            <th scope="col">{t('indicators.scores.trend')}</th>
            <th scope="col" className="right">
              {t('indicators.scores.known')}
            </th>
          </tr>
        </thead>
        <tbody>
          {scores.rows.map((row) => (
            <Ranked key={row.department.code} row={row} scores={scores} chosen={row === opened} open={open} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Ranked({ row, scores, chosen, open }: { row: ScoreRow; scores: ScoreAnswer; chosen: boolean; open: (code: string) => void }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const name = said(row.department.name)
  return (
    <tr aria-selected={chosen}>
      <td className="head num">
        {row.rank ?? (
          <span className="quiet" title={t('indicators.scores.unrankedText', { least: scores.known_min })}>
            {t('indicators.scores.unranked')}
          </span>
        )}
      </td>
      <td className="head">
        <button type="button" className="as-link" aria-pressed={chosen} title={t('indicators.scores.open', { name })} onClick={() => open(row.department.code)}>
          {name}
        </button>
      </td>
      <td data-title={t('indicators.scores.total')}>
        <span className="score-total">
          <span className="num score-number">{row.total === null ? '–' : plain(row.total, language)}</span>
          <span className="bar-track" aria-hidden>
            <i style={{ width: `${((row.total ?? 0) / scores.full_mark) * 100}%` }} />
          </span>
        </span>
      </td>
      <td data-title={t('indicators.scores.onBefore')} className="right">
        <span className="row score-moved">
          <ScoreMoved now={row.total} before={row.before} />
          {row.rank_before !== null && row.rank_before !== row.rank && <span className="quiet nowrap">{t('indicators.scores.moved', { rank: row.rank_before })}</span>}
        </span>
      </td>
      <td data-title={t('indicators.scores.trend')} className="score-trend">
        <MonthLine points={row.trend.map(({ month, total }) => ({ month, value: total }))} unit="ratio" />
      </td>
      <td data-title={t('indicators.scores.known')} className="right">
        <span className="num" title={t('indicators.scores.knownText')}>
          {plain(row.known, language)}%
        </span>
      </td>
    </tr>
  )
}

/** By how many points a score moved; more is better. */
export function ScoreMoved({ now, before }: { now: number | null; before: number | null }) {
  const { t, language } = useTexts()
  if (now === null || before === null) return <span className="moved moved-none">–</span>
  const by = Math.round((now - before) * 100) / 100
  const way = by > 0 ? 'up' : by < 0 ? 'down' : 'same'
  const tone = by > 0 ? 'good' : by < 0 ? 'bad' : 'even'
  return (
    <span className={`moved moved-${tone} nowrap`}>
      <span aria-hidden>{{ up: '▲', down: '▼', same: '＝' }[way]}</span>
      <span className="sr-only">{t(`indicators.way.${way}`)}</span>
      <span className="num">{plain(Math.abs(by), language)}</span>
    </span>
  )
}
