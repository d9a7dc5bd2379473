import type { Figure } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { amount, changeOf, type Money } from './numbers'
import { Moved, NoData, type Said, useSaid, Value } from './parts'

export type Level = 'hospital' | 'department' | 'doctor'

type Props = {
  figures: Figure[]
  level: Level
  unit: string
  better: 'up' | 'down' | 'neither'
  /** Of everything together: drawn as a line through all bars. */
  whole: number | null
  /** How numerators and denominators are told; null: they are left out. */
  money: Money | null
  /** null: there is nothing below. */
  open: ((place: { code: string; name: Said }, figure: Figure) => void) | null
}

/** The figures of one level, the best first; each bar opens what is below it. */
export function Bars({ figures, level, unit, better, whole, money, open }: Props) {
  const { t } = useTexts()
  const ordered = ranked(figures)
  const hospitals = new Set(ordered.map(({ hospital }) => hospital?.code)).size > 1
  const most = Math.max(0, whole ?? 0, ...ordered.map(({ value }) => value ?? 0))
  return (
    <ol className="bars" aria-label={t(`indicators.by.${level}`)}>
      {ordered.map((figure) => (
        <Bar key={`${figure.hospital?.code} ${figure.department?.code} ${figure.doctor?.code}`} figure={figure} level={level} unit={unit} better={better} hospitals={hospitals} most={most} whole={whole} money={money} open={open} />
      ))}
    </ol>
  )
}

/** Those with a rank by it, then the largest first; those without a value last. */
export function ranked(figures: readonly Figure[]): Figure[] {
  const last = Number.MAX_SAFE_INTEGER
  return [...figures].sort((a, b) => (a.rank ?? last) - (b.rank ?? last) || (b.value ?? -Infinity) - (a.value ?? -Infinity) || (b.numerator ?? -1) - (a.numerator ?? -1))
}

function Bar({ figure, level, unit, better, hospitals, most, whole, money, open }: { figure: Figure; hospitals: boolean; most: number } & Omit<Props, 'figures'>) {
  const { t, language } = useTexts()
  const said = useSaid()
  const place = figure[level]
  const name = place ? said(place.name) || place.code : t('indicators.nobodySaid')
  const share = most > 0 && figure.value !== null ? Math.max(0, figure.value / most) * 100 : 0
  const worse = changeOf(figure.year_on_year, better, language)?.good === false
  const others = [hospitals && level !== 'hospital' && figure.hospital, level === 'doctor' && figure.department].filter((one) => one !== false && one !== null && one !== undefined)
  return (
    <li className={`bar${worse ? ' bar-worse' : ''}`}>
      <span className="bar-rank num">{figure.rank ?? ''}</span>
      <span className="bar-name">
        {open && place && place.code !== '' ? (
          <button type="button" className="as-link" onClick={() => open(place, figure)}>
            {name}
          </button>
        ) : (
          name
        )}
        {others.length > 0 && <span className="quiet bar-of"> {others.map((one) => said(one.name)).join(' · ')}</span>}
      </span>
      <span className="bar-track" aria-hidden>
        <i style={{ width: `${share}%` }} />
        {whole !== null && most > 0 && <b style={{ left: `${Math.max(0, whole / most) * 100}%` }} />}
      </span>
      <span className="bar-value">
        <NoData why={figure.no_data} otherwise={<Value value={figure.value} unit={unit} />} />
      </span>
      <span className="bar-parts num quiet">
        {money && figure.numerator !== null && amount(figure.numerator, money.numerator, language)}
        {money && figure.denominator !== null && ` / ${amount(figure.denominator, money.denominator, language)}`}
      </span>
      <span className="bar-moved">
        <Moved label={t('indicators.yearOnYear')} by={figure.year_on_year} unit={unit} better={better} />
      </span>
    </li>
  )
}
