import './insight.css'

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type ContributionAnswer, type ContributionGroup, type ImpactAnswer, take } from '@/lib/api'
import { AGAINST, type DrillSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { slicesOf, whereOf, withSlice } from './explored'
import { amount, type Better, type Money, tell } from './numbers'
import { unitOf, unitWord, useSaid, Value } from './parts'

type Props = { code: string; period: string; search: DrillSearch; money: Money; put: (change: DrillSearch) => void }

const SHOWN = 12

function questionOf({ period, search }: Props) {
  const { hospital, department, doctor, caliber, where, role, against = 'last_year' } = search
  return { period, against, ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(caliber && { caliber }), ...(where && { where }), ...(role && { role }) }
}

/** Who caused the change of a figure, and whom it affected. */
export function Contribution(props: Props) {
  const { t } = useTexts()
  const { code, search, put } = props
  const question = questionOf(props)
  const split = search.split
  const found = useQuery({
    queryKey: ['indicators', 'contribution', code, question, split],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/contribution', { params: { path: { code }, query: { ...question, ...(split && { by: split }) } } })),
    retry: false,
    staleTime: 30_000,
  })
  const impact = useQuery({
    queryKey: ['indicators', 'impact', code, question],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/impact', { params: { path: { code }, query: question } })),
    enabled: found.isSuccess,
    retry: false,
    staleTime: 30_000,
  })
  return (
    <section className="panel" aria-label={t('indicators.insight.who')}>
      <div className="panel-head">
        <h2>{t('indicators.insight.who')}</h2>
        <span className="period-kinds" role="group" aria-label={t('indicators.insight.against')}>
          {AGAINST.map((one) => (
            <button key={one} type="button" aria-pressed={one === question.against} onClick={() => put({ against: one })}>
              {t(one === 'previous' ? 'indicators.previous' : 'indicators.lastYear')}
            </button>
          ))}
        </span>
        {found.data && <Ways found={found.data} put={put} />}
      </div>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.data.rows.length === 0 ? (
        <StatePage title={t('indicators.noRowsTitle')} text={t('indicators.noRowsText')} quiet />
      ) : (
        <Divided found={found.data} money={props.money} where={search.where} put={put} />
      )}
      {impact.data && <Affected impact={impact.data} search={search} />}
    </section>
  )
}

/** In which ways a change can be divided. */
function Ways({ found, put }: { found: ContributionAnswer; put: (change: DrillSearch) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  return (
    <select className="native" aria-label={t('indicators.insight.split')} value={found.by} onChange={({ target }) => put({ split: target.value })}>
      {found.ways.map(({ by, name }) => (
        <option key={by} value={by}>
          {said(name)}
        </option>
      ))}
    </select>
  )
}

function Divided({ found, money, where, put }: { found: ContributionAnswer; money: Money; where: string | undefined; put: (change: DrillSearch) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const { unit, better, before, after, change, sides } = found
  const shown = found.rows.slice(0, SHOWN)
  const hidden = found.rows.slice(SHOWN)
  const more = found.others + hidden.length
  const moreEffect = found.others_effect + hidden.reduce((sum, { effect }) => sum + effect, 0)
  const most = Math.max(...shown.map(({ effect }) => Math.abs(effect)), Math.abs(moreEffect), Math.abs(found.rest), 0)
  const hospitals = new Set(found.rows.map(({ hospital }) => hospital?.code)).size > 1
  const ratio = sides.length > 0
  return (
    <>
      <p className="moved-sum">
        <span className="quiet">{said(found.base.name)}</span> <Value value={before} unit={unit} /> <span aria-hidden>→</span> <span className="quiet">{said(found.period.name)}</span> <Value value={after} unit={unit} />
        <strong>
          <Effect value={change ?? 0} unit={unit} better={better} />
        </strong>
        {sides.map((side) => (
          <span key={side.side} className="quiet side-effect">
            {t(`indicators.sides.${side.side}`)} <SideAmount side={side} money={money[side.side]} /> <Effect value={side.effect} unit={unit} better={better} />
          </span>
        ))}
      </p>
      <ol className="contributions" aria-label={t('indicators.insight.parts')}>
        {shown.map((row) => (
          <Group key={row.key} row={row} most={most} unit={unit} better={better} ratio={ratio} hospitals={hospitals} where={where} put={put} />
        ))}
        {more > 0 && <Other name={t('indicators.insight.others', { count: more })} effect={moreEffect} most={most} unit={unit} better={better} />}
        {Math.abs(found.rest) > 1e-9 && <Other name={t('indicators.insight.rest')} effect={found.rest} most={most} unit={unit} better={better} />}
      </ol>
      <p className="quiet formula">
        {t('indicators.insight.addUp')} {said(found.formula)}
      </p>
    </>
  )
}

function SideAmount({ side, money }: { side: { before: number; after: number }; money: boolean }) {
  const { language } = useTexts()
  return (
    <span className="num">
      {amount(side.before, money, language)} → {amount(side.after, money, language)}
    </span>
  )
}

/** An effect in the unit of the indicator, with its sign, and whether it is for the better. */
export function Effect({ value, unit, better }: { value: number; unit: string; better: Better }) {
  const { t, language } = useTexts()
  const known = unitOf(unit)
  const word = known === 'percent' ? t('indicators.points') : unitWord(t, known)
  const tone = value === 0 || better === 'neither' ? 'even' : value > 0 === (better === 'up') ? 'good' : 'bad'
  const judged = tone === 'even' ? '' : t(tone === 'good' ? 'indicators.forBetter' : 'indicators.forWorse')
  return (
    <span className={`num effect moved-${tone}`} title={judged}>
      {value > 0 ? '+' : value < 0 ? '−' : ''}
      {tell(Math.abs(value), known, language).text}
      {word}
      <span className="sr-only">{judged}</span>
    </span>
  )
}

type Drawn = { effect: number; most: number; better: Better }

/** A bar from the middle: to the right what raised the figure, to the left what lowered it. */
function Bar({ effect, most, better }: Drawn) {
  const width = most > 0 ? (Math.abs(effect) / most) * 50 : 0
  const tone = better === 'neither' ? 'even' : effect > 0 === (better === 'up') ? 'good' : 'bad'
  return (
    <span className="contribution-track" aria-hidden>
      <i className={`contribution-${tone}`} style={{ left: `${effect < 0 ? 50 - width : 50}%`, width: `${width}%` }} />
    </span>
  )
}

function Group({ row, most, unit, better, ratio, hospitals, where, put }: { row: ContributionGroup; unit: string; ratio: boolean; hospitals: boolean; where: string | undefined; put: (change: DrillSearch) => void } & Omit<Drawn, 'effect'>) {
  const { t, language } = useTexts()
  const said = useSaid()
  const open = opens(row, where)
  return (
    <li className="contribution">
      <span className="bar-name">
        {open ? (
          <button type="button" className="as-link" onClick={() => put(open)}>
            {said(row.name)}
          </button>
        ) : (
          said(row.name)
        )}
        {hospitals && row.hospital && row.hospital.code !== '' && <span className="quiet bar-of"> {said(row.hospital.name)}</span>}
      </span>
      <Bar effect={row.effect} most={most} better={better} />
      <span className="bar-value">
        <Effect value={row.effect} unit={unit} better={better} />
      </span>
      <span className="quiet num contribution-more">
        {told(row.value_before, unit, language)} → {told(row.value, unit, language)}
        {ratio && (
          <>
            {' · '}
            {t('indicators.insight.rate')} <Effect value={row.rate} unit={unit} better={better} /> {t('indicators.insight.mix')} <Effect value={row.mix} unit={unit} better={better} />
          </>
        )}
      </span>
    </li>
  )
}

function told(value: number | null, unit: string, language: 'zh' | 'en'): string {
  return value === null ? '–' : tell(value, unitOf(unit), language).text
}

/** The filters that open the rows of a group, with those that hold already; none of rows that name nobody. */
function opens(row: ContributionGroup, where: string | undefined): DrillSearch | null {
  const [slice] = slicesOf(row.where)
  if (slice) return { where: whereOf(withSlice(slicesOf(where), slice.column, slice.value)) }
  const place = row.doctor ?? row.department ?? row.hospital
  if (!place || place.code === '') return null
  const hospital = row.hospital?.code || undefined
  if (row.doctor) return { hospital, doctor: row.doctor.code, split: undefined }
  return row.department ? { hospital, department: row.department.code, split: undefined } : { hospital, split: undefined }
}

function Other({ name, effect, most, unit, better }: { name: string; unit: string } & Drawn) {
  return (
    <li className="contribution">
      <span className="bar-name quiet">{name}</span>
      <Bar effect={effect} most={most} better={better} />
      <span className="bar-value">
        <Effect value={effect} unit={unit} better={better} />
      </span>
      <span />
    </li>
  )
}

/** Whom it affected: the hospital above, and indicators that count the same rows. */
function Affected({ impact, search }: { impact: ImpactAnswer; search: DrillSearch }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const { above, indicators } = impact
  const { period, hospital, department, doctor } = search
  if (!above && indicators.length === 0) return null
  return (
    <div className="affected" role="group" aria-label={t('indicators.insight.whom')}>
      <h3>{t('indicators.insight.whom')}</h3>
      {above && (
        <p>
          {said(above.of)} <Value value={above.before} unit={impact.unit} /> → <Value value={above.after} unit={impact.unit} /> <Effect value={above.change} unit={impact.unit} better={impact.better} />
          {t('indicators.insight.ofWhich')} <Effect value={above.effect} unit={impact.unit} better={impact.better} />
          {above.share !== null && <span className="quiet num"> ({Math.round(above.share)}%)</span>}
        </p>
      )}
      {indicators.length > 0 && (
        <ul className="affected-list">
          {indicators.map((one) => (
            <li key={`${one.code} ${one.side}`}>
              <Link to="/indicators/$code" params={{ code: one.code }} search={{ period, hospital, department, doctor }}>
                {said(one.name)}
              </Link>{' '}
              <span className="quiet num">
                {told(one.before, one.unit, language)} → {told(one.after, one.unit, language)} · {t('indicators.insight.because', { side: t(`indicators.sides.${one.side}`) })}
              </span>{' '}
              <Effect value={one.effect} unit={one.unit} better={one.better} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
