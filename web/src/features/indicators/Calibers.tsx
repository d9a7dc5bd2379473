import type { Caliber, IndicatorDetail } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Moved, useSaid, Value } from './parts'
import { periodText } from './periods'
import { usePeriod } from './Pickers'
import { amount, moneyOf } from './numbers'
import { useFigures } from './useBoard'

type Line = { key: string; name: string; cells: string[]; mono?: boolean }

/** All calibers beside each other, line by line; a line in which they differ says so. */
export function Calibers({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const calibers = indicator.calibers
  const differing = new Set(indicator.differences.map(({ place }) => place))
  const lines = useLines(calibers)
  return (
    <section className="panel" aria-label={t('indicators.calibers')}>
      <div className="panel-head">
        <h2>{t('indicators.calibers')}</h2>
        <span className="quiet">{calibers.length > 1 ? t('indicators.calibersText') : t('indicators.oneCaliber')}</span>
      </div>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.calibers')}>
        <table className="table calibers">
          <thead>
            <tr>
              <th scope="col">{t('indicators.caliber')}</th>
              {calibers.map((one) => (
                <th key={`${one.caliber} ${one.version}`} scope="col">
                  <strong>{said(one.title)}</strong> <code>{one.caliber}</code> {t('indicators.versionOf', { version: one.version })}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => {
              const differs = calibers.length > 1 && (differing.has(line.key) || new Set(line.cells).size > 1) && line.key !== 'hash'
              return (
                <tr key={line.key} className={differs ? 'differs' : ''}>
                  <th scope="row">
                    {line.name}
                    {differs && (
                      <span className="differs-mark" title={t('indicators.differs')}>
                        ≠<span className="sr-only">{t('indicators.differs')}</span>
                      </span>
                    )}
                  </th>
                  {line.cells.map((cell, place) => (
                    <td key={calibers[place]?.hash ?? place} className={line.mono ? 'mono' : ''}>
                      {cell === '' ? <span className="quiet">–</span> : cell}
                    </td>
                  ))}
                </tr>
              )
            })}
            <tr>
              <th scope="row">{t('indicators.lastMonth')}</th>
              {calibers.map((one) => (
                <td key={one.hash}>
                  <Counted code={indicator.code} caliber={one} />
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  )
}

function useLines(calibers: Caliber[]): Line[] {
  const { t } = useTexts()
  const said = useSaid()
  const of = (key: string, name: string, tell: (one: Caliber) => string, mono = false): Line => ({ key, name, cells: calibers.map(tell), mono })
  const sides = (['numerator', 'denominator'] as const).flatMap((side) => [
    of(`${side}.sentence`, t(`indicators.sides.${side}`), (one) => (one[side] ? said(one[side].sentence) : '')),
    of(`${side}.where`, t('indicators.condition'), (one) => one[side]?.where ?? '', true),
    of(`${side}.time`, t('indicators.byTime'), (one) => (one[side] ? said(one[side].time.name) : '')),
    of(`${side}.department`, t('indicators.byDepartment'), (one) => (one[side] ? said(one[side].department.name) : '')),
  ])
  const lines = [
    ...sides,
    of('way', t('indicators.way.title'), (one) => (one.way === 'counted' ? t('indicators.counting.counted') : `${t(`indicators.counting.${one.way}`)} ${one.why}`)),
    of('mixed_because', t('indicators.mixedBecause'), (one) => one.mixed_because),
    of('valid', t('indicators.valid'), (one) => t(one.valid_to === null ? 'indicators.validFrom' : 'indicators.validBetween', { from: one.valid_from, to: one.valid_to ?? '' })),
    of('hash', t('indicators.hash'), (one) => one.hash, true),
  ]
  return lines.filter(({ cells }) => cells.some((cell) => cell !== ''))
}

/** What a caliber comes to in the last month that is over: what its difference means in numbers. */
function Counted({ code, caliber }: { code: string; caliber: Caliber }) {
  const { t, language } = useTexts()
  const period = usePeriod(undefined)
  const figures = useFigures({ codes: code, period: periodText(period), by: 'hospital', caliber: caliber.caliber }, caliber.way === 'counted' && caliber.holds)
  const counted = figures.data?.items[0]
  const money = moneyOf(caliber)
  if (!counted?.all) return <span className="quiet">–</span>
  return (
    <span className="row">
      <strong>
        <Value value={counted.all.value} unit={counted.unit} />
      </strong>
      <span className="quiet num">
        {amount(counted.all.numerator ?? 0, money.numerator, language)}
        {counted.all.denominator !== null && ` / ${amount(counted.all.denominator, money.denominator, language)}`}
      </span>
      <Moved label={t('indicators.yearOnYear')} by={counted.all.year_on_year} unit={counted.unit} better={counted.better} />
    </span>
  )
}
