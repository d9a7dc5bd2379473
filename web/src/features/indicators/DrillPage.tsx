import './indicators.css'

import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import type { IndicatorDetail, IndicatorFigures } from '@/lib/api'
import { DRILL_LEVELS, type DrillSearch } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Bars, type Level } from './Bars'
import { Benchmark } from './Benchmark'
import { Contribution } from './Contribution'
import { ForecastPanel } from './ForecastPanel'
import { ExportMenu, saveValues } from './ExportMenu'
import { slicesOf, whereOf, withSlice } from './explored'
import { MonthChart } from './MonthChart'
import { Notes, useNotes } from './Notes'
import { amount, type Money, moneyOf } from './numbers'
import { Complete, IndicatorPages, Moved, usePeriodName, type Said, useSaid, Value } from './parts'
import { monthsUpTo, periodText } from './periods'
import { PeriodPicker, PlacePickers, usePeriod } from './Pickers'
import { Rows } from './Rows'
import { SliceChips } from './Slices'
import { useFigures } from './useBoard'
import { useIndicator } from './useIndicator'
import { usePlaces } from './usePlaces'

/** Which department, which doctor and which patients explain this number? */
export default function DrillPage() {
  const { code } = useParams({ from: '/indicators/$code' })
  const detail = useIndicator(code)
  if (detail.isPending) return <Loading rows={12} />
  if (!detail.data) return <Failed error={detail.error} retry={() => void detail.refetch()} />
  return <Whole indicator={detail.data} />
}

function Whole({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const said = useSaid()
  const search = useSearch({ from: '/indicators/$code' })
  const navigate = useNavigate({ from: '/indicators/$code' })
  const put = (change: DrillSearch) => void navigate({ search: (now) => ({ ...now, ...change }) })
  const may = useMay()
  const drills = may('indicators.rows') || may('indicators.own')
  const period = usePeriod(search.period)
  const level = search.by ?? levelBelow(search)
  const { hospital, department, doctor, caliber, role, where } = search
  const slices = slicesOf(where)
  const place = { codes: indicator.code, hospital, department, doctor, caliber, role, where }
  const figures = useFigures({ ...place, period: periodText(period), by: level })
  const months = useFigures({ ...place, period: monthsUpTo(period).range, by: 'month' })
  const notes = useNotes(indicator.code, monthsUpTo(period).range, search)
  const counted = figures.data?.items[0]
  const { hospitals } = usePlaces({ period: periodText(period) }).places
  const by = counted?.counted_by
  const used = indicator.calibers.find((one) => one.caliber === by?.caliber && one.version === by.version)
  const money = moneyOf(used ?? { numerator: null, denominator: null })
  return (
    <div className="stack">
      <IndicatorPages title={said(indicator.name)} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} change={(text) => put({ period: text })} />
        <Calibers indicator={indicator} chosen={caliber} change={(name) => put({ caliber: name })} />
        <PlacePickers period={periodText(period)} place={search} put={(change) => put({ ...change, by: undefined })} />
        <SliceChips slices={slices} told={figures.data?.narrowed} remove={(column) => put({ where: whereOf(withSlice(slices, column, '')) })} />
        <span className="row push">
          <Link to="/indicators/explore" search={{ codes: indicator.code, period: search.period, hospital, department, doctor, where }}>
            {t('indicators.explore.open')}
          </Link>
          <Link to="/indicators/desk/$code" params={{ code: indicator.code }}>
            {t('indicators.toDefinition')}
          </Link>
          <ExportMenu name={`${indicator.code}-${periodText(period)}`} forms={['csv', 'xlsx']} fetch={saveValues({ codes: indicator.code, period: periodText(period), by: level, ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(caliber && { caliber }), ...(role && { role }), ...(where && { where }) })} />
        </span>
      </div>
      <Path search={search} counted={counted} put={put} />
      {figures.isPending ? (
        <Loading rows={10} />
      ) : !counted ? (
        <Failed error={figures.error} retry={() => void figures.refetch()} />
      ) : (
        <div className="stack" aria-busy={figures.isPlaceholderData}>
          <Head indicator={indicator} counted={counted} money={money} name={periodName(period)} />
          {counted.way === 'counted' || counted.way === 'cannot_split' || counted.way === 'no_data' ? (
            <>
              <section className="panel" aria-label={t('indicators.byMonth')}>
                <div className="panel-head">
                  <h2>{t('indicators.byMonth')}</h2>
                  <span className="quiet">{t('indicators.byMonthText')}</span>
                </div>
                {months.data ? <MonthChart figures={months.data.items[0]?.figures ?? []} unit={counted.unit} chosen={periodText(period)} notes={notes.data?.items} open={(month) => put({ period: month })} /> : <Loading rows={4} />}
                {doctor === undefined && <Notes code={indicator.code} notes={notes.data?.items ?? []} month={monthsUpTo(period).months.at(-1) ?? ''} search={search} hospitals={hospitals} />}
              </section>
              {counted.way === 'counted' && slices.length === 0 && <ForecastPanel code={indicator.code} search={search} ratio={counted.all?.denominator != null} />}
              <Levels counted={counted} money={money} level={level} search={search} put={put} />
              {counted.way === 'counted' && <Contribution code={indicator.code} period={periodText(period)} search={search} money={money} put={put} />}
              {counted.way === 'counted' && slices.length === 0 && may('indicators.read') && <Benchmark code={indicator.code} period={periodText(period)} search={search} />}
              {drills && counted.way !== 'no_data' && <Rows asked={{ code: indicator.code, period: periodText(period), search, figure: counted.all, leaves: used !== undefined && leaves(used) }} put={put} />}
            </>
          ) : (
            <StatePage title={t(`indicators.counting.${counted.way}`)} text={said(counted.why)} quiet />
          )}
        </div>
      )}
    </div>
  )
}

/** What is shown below a place unless something else is asked for. */
function levelBelow({ department, doctor }: DrillSearch): Level {
  return department !== undefined || doctor !== undefined ? 'doctor' : 'department'
}

/** Whether the numerator counts some of the rows that the denominator counts, so that others are left. */
function leaves({ numerator, denominator }: IndicatorDetail['calibers'][number]): boolean {
  if (numerator === null || denominator === null || numerator.counts.en !== 'number of rows') return false
  return numerator.fact === denominator.fact && numerator.counts.en === denominator.counts.en && numerator.time.column === denominator.time.column && numerator.department.column === denominator.department.column
}

function Calibers({ indicator, chosen, change }: { indicator: IndicatorDetail; chosen: string | undefined; change: (caliber: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const [first] = indicator.calibers
  const names = new Map(indicator.calibers.map((one) => [one.caliber, one.title]))
  if (!first || names.size < 2) return null
  return (
    <select className="native" aria-label={t('indicators.caliber')} value={chosen ?? first.caliber} onChange={({ target }) => change(target.value)}>
      {[...names].map(([caliber, title]) => (
        <option key={caliber} value={caliber}>
          {said(title)}
        </option>
      ))}
    </select>
  )
}

/** From everything down to where the reader is; each step leads back up. */
function Path({ search, counted, put }: { search: DrillSearch; counted: IndicatorFigures | undefined; put: (change: DrillSearch) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const named = (of: { code: string; name: Said } | null | undefined, code: string) => (of?.code === code ? said(of.name) : code)
  const some = counted?.figures[0]
  const steps = [
    { name: t('indicators.everything'), up: { hospital: undefined, department: undefined, doctor: undefined, by: undefined } },
    ...(search.hospital === undefined ? [] : [{ name: named(some?.hospital, search.hospital), up: { department: undefined, doctor: undefined, by: undefined } }]),
    ...(search.department === undefined ? [] : [{ name: named(some?.department, search.department), up: { doctor: undefined, by: undefined } }]),
    ...(search.doctor === undefined ? [] : [{ name: named(some?.doctor, search.doctor), up: {} }]),
  ]
  return (
    <nav aria-label={t('indicators.path')}>
      <ol className="drill-path">
        {steps.map(({ name, up }, place) => (
          <li key={`${place} ${name}`}>
            {place === steps.length - 1 ? (
              <strong aria-current="page">{name}</strong>
            ) : (
              <button type="button" className="as-link" onClick={() => put(up)}>
                {name}
              </button>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}

function Head({ indicator, counted, money, name }: { indicator: IndicatorDetail; counted: IndicatorFigures; money: Money; name: string }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const { all, unit, better, counted_by: by } = counted
  return (
    <section className="panel drill-head" aria-label={t('indicators.figure')}>
      <div className="drill-value">
        <span className="quiet">{name}</span>
        {counted.way === 'no_data' ? <span className="value value-none">–</span> : <Value value={all?.value} unit={unit} />}
        {all && (
          <span className="quiet num">
            {t('indicators.sides.numerator')} {amount(all.numerator ?? 0, money.numerator, language)}
            {all.denominator !== null && ` / ${t('indicators.sides.denominator')} ${amount(all.denominator, money.denominator, language)}`}
          </span>
        )}
      </div>
      <div className="drill-moved">
        <Moved label={t('indicators.yearOnYear')} by={all?.year_on_year} unit={unit} better={better} />
        <span className="quiet">
          {t('indicators.lastYear')} <Value value={all?.last_year} unit={unit} />
        </span>
        <Moved label={t('indicators.onPrevious')} by={all?.on_previous} unit={unit} better={better} />
        <span className="quiet">
          {t('indicators.previous')} <Value value={all?.previous} unit={unit} />
        </span>
      </div>
      <div className="drill-about">
        <p>{indicator.meaning}</p>
        <p className="row">
          <code>{indicator.code}</code>
          {by && (
            <span className="quiet">
              {said(by.title)} · {t('indicators.versionOf', { version: by.version })} · <span className="mono">{by.hash.slice(0, 12)}</span>
            </span>
          )}
          {counted.way === 'no_data' ? <span className="mark mark-mute">{said(counted.why)}</span> : <Complete complete={counted.complete} newest={counted.newest} />}
        </p>
      </div>
    </section>
  )
}

/** The figures one level down, ranked. */
function Levels({ counted, money, level, search, put }: { counted: IndicatorFigures; money: Money; level: Level; search: DrillSearch; put: (change: DrillSearch) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const open = {
    hospital: ({ code }: { code: string }) => put({ hospital: code, by: undefined }),
    department: ({ code }: { code: string }, hospital: string | undefined) => put({ department: code, hospital: hospital ?? search.hospital, by: undefined }),
    doctor: ({ code }: { code: string }) => put({ doctor: code, by: undefined }),
  }
  return (
    <section className="panel" aria-label={t(`indicators.by.${level}`)}>
      <div className="panel-head">
        <h2>{t('indicators.levels')}</h2>
        <span className="period-kinds" role="group" aria-label={t('indicators.levels')}>
          {DRILL_LEVELS.map((one) => (
            <button key={one} type="button" aria-pressed={one === level} onClick={() => put({ by: one })}>
              {t(`indicators.by.${one}`)}
            </button>
          ))}
        </span>
        {counted.way === 'counted' && <Sum counted={counted} money={money.numerator} />}
      </div>
      {counted.way === 'cannot_split' || counted.way === 'no_data' ? (
        <StatePage title={t(`indicators.counting.${counted.way}`)} text={said(counted.why)} quiet />
      ) : counted.figures.length === 0 ? (
        <StatePage title={t('indicators.noRowsTitle')} text={t('indicators.noRowsText')} quiet />
      ) : (
        <Bars figures={counted.figures} level={level} unit={counted.unit} better={counted.better} whole={counted.all?.value ?? null} money={money} open={(place, figure) => open[level](place, figure.hospital?.code)} />
      )}
    </section>
  )
}

/** Whether the parts come to the whole; what is counted once by person or stay need not. */
function Sum({ counted, money }: { counted: IndicatorFigures; money: boolean }) {
  const { t, language } = useTexts()
  const { all, figures } = counted
  if (!all || figures.length === 0) return null
  const sum = figures.reduce((total, { numerator }) => total + (numerator ?? 0), 0)
  const whole = all.numerator ?? 0
  const same = Math.abs(sum - whole) <= 1e-6 * Math.max(1, Math.abs(whole))
  return <span className="quiet">{t(same ? 'indicators.partsAddUp' : 'indicators.partsOverlap', { sum: amount(sum, money, language), all: amount(whole, money, language) })}</span>
}
