import { useQueries, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { type CaliberChange, type CaliberHistory, client, type IndicatorDetail, take } from '@/lib/api'
import type { DefinitionSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { MovedRows } from './MovedRows'
import { amount, moneyOf, plain } from './numbers'
import { NoData, useSaid, Value } from './parts'
import { periodText } from './periods'
import { PeriodPicker, PlacePicker, usePeriod } from './Pickers'
import { useLastYear } from './PlaceOf'
import { usePlaces } from './usePlaces'

type Known = { hash: string; caliber: string; name: string }

/** Two calibers, or two versions of one, on the same facts: both values, and which rows tell them apart. */
export function Change({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const known = useDefinitions(indicator)
  const search = useSearch({ from: '/indicators/desk/$code' })
  const navigate = useNavigate({ from: '/indicators/desk/$code' })
  const put = (change: DefinitionSearch) => void navigate({ search: (now) => ({ ...now, side: undefined, moved: undefined, ...change }), replace: true, resetScroll: false })
  const period = usePeriod(search.period)
  const { places } = usePlaces({ period: useLastYear() })
  const hospital = search.hospital ?? places.hospitals[0]?.code
  if (known.length < 2) return null
  const before = known.find(({ hash }) => hash === search.before) ?? known[0]
  const after = known.find(({ hash }) => hash === search.after) ?? known.find(({ hash }) => hash !== before?.hash)
  if (!before || !after) return null
  return (
    <section className="panel" aria-label={t('indicators.change.title')}>
      <div className="panel-head">
        <h2>{t('indicators.change.title')}</h2>
        <span className="quiet">{t('indicators.change.text')}</span>
      </div>
      <div className="panel-body indicators-bar" role="search" aria-label={t('indicators.change.title')}>
        <Pick label={t('indicators.change.first')} known={known} chosen={before} change={(hash) => put({ before: hash })} />
        <Pick label={t('indicators.change.second')} known={known} chosen={after} change={(hash) => put({ after: hash })} />
        <PlacePicker label={t('indicators.hospital')} all={t('indicators.chooseHospital')} value={hospital} places={places.hospitals} change={(code) => put({ hospital: code })} />
        <PeriodPicker period={period} change={(text) => put({ period: text })} />
      </div>
      {hospital === undefined ? (
        <StatePage title={t('indicators.noHospital')} text={t('indicators.noHospitalText')} quiet />
      ) : (
        <Compared indicator={indicator} before={before} after={after} hospital={hospital} period={periodText(period)} put={put} search={search} />
      )}
    </section>
  )
}

/** What the file says now, and what was signed before and stands in no file any more. */
function useDefinitions(indicator: IndicatorDetail): Known[] {
  const { t } = useTexts()
  const said = useSaid()
  const { code } = indicator
  const counted = indicator.calibers.filter(({ way }) => way === 'counted')
  const histories = useQueries({
    queries: [...new Set(counted.map(({ caliber }) => caliber))].map((caliber) => ({
      queryKey: ['indicators', 'history', code, caliber],
      queryFn: () => take(client.GET('/api/v1/indicators/{code}/calibers/{caliber}/history', { params: { path: { code, caliber } } })),
      select: (history: CaliberHistory) => ({ caliber, words: history.words }),
      retry: false,
    })),
  })
  const now = counted.map((one) => ({ hash: one.hash, caliber: one.caliber, name: `${said(one.title)} · ${t('indicators.versionOf', { version: one.version })}` }))
  const gone = histories.flatMap(({ data }) =>
    (data?.words ?? []).filter(({ said: what, hash }) => what === 'approved' && !now.some((one) => one.hash === hash)).map(({ hash, version }) => ({ hash, caliber: data?.caliber ?? '', name: t('indicators.change.gone', { version, hash: hash.slice(0, 8) }) })),
  )
  return [...new Map([...gone, ...now].map((one) => [one.hash, one])).values()]
}

function Pick({ label, known, chosen, change }: { label: string; known: Known[]; chosen: Known; change: (hash: string) => void }) {
  return (
    <select className="native" aria-label={label} title={label} value={chosen.hash} onChange={({ target }) => change(target.value)}>
      {known.map(({ hash, name }) => (
        <option key={hash} value={hash}>
          {name}
        </option>
      ))}
    </select>
  )
}

type Asked = { indicator: IndicatorDetail; before: Known; after: Known; hospital: string; period: string; search: DefinitionSearch; put: (change: DefinitionSearch) => void }

function Compared({ indicator, before, after, hospital, period, search, put }: Asked) {
  const { t } = useTexts()
  const query = { period, hospital, before: before.hash, after: after.hash }
  const found = useQuery({
    queryKey: ['indicators', 'change', indicator.code, query],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/calibers/{caliber}/change', { params: { path: { code: indicator.code, caliber: after.caliber }, query } })),
    staleTime: 30_000,
    retry: false,
  })
  if (found.isPending) return <Loading rows={3} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  return (
    <>
      <Both indicator={indicator} change={found.data} before={before} after={after} />
      <Rows change={found.data} search={search} put={put} />
      {search.moved && <MovedRows code={indicator.code} asked={{ ...query, side: search.side ?? 'numerator', way: search.moved }} close={() => put({})} />}
      {!search.moved && <p className="panel-body quiet">{t('indicators.change.sameFacts')}</p>}
    </>
  )
}

/** Both values beside each other, and their difference. */
function Both({ indicator, change, before, after }: { indicator: IndicatorDetail; change: CaliberChange; before: Known; after: Known }) {
  const { t, language } = useTexts()
  const money = (hash: string) => moneyOf(indicator.calibers.find((one) => one.hash === hash) ?? { numerator: null, denominator: null })
  const sides = [
    { key: 'first', of: before, value: change.before },
    { key: 'second', of: after, value: change.after },
  ] as const
  const difference = change.before.value === null || change.after.value === null ? null : change.after.value - change.before.value
  return (
    <dl className="change-both">
      {sides.map(({ key, of, value }) => (
        <div key={key}>
          <dt>{of.name}</dt>
          <dd>
            <NoData why={value.no_data} otherwise={<Value value={value.value} unit={indicator.unit} />} />
            {value.denominator !== null && (
              <span className="quiet num">
                {amount(Number(value.numerator), money(of.hash).numerator, language)} / {amount(Number(value.denominator), money(of.hash).denominator, language)}
              </span>
            )}
          </dd>
        </div>
      ))}
      <div>
        <dt>{t('indicators.publish.difference')}</dt>
        <dd>
          {difference === null ? (
            <span className="quiet">–</span>
          ) : (
            <span>
              <span aria-hidden>{difference > 0 ? '+' : difference < 0 ? '−' : ''}</span>
              <span className="sr-only">{t(`indicators.way.${difference > 0 ? 'up' : difference < 0 ? 'down' : 'same'}`)}</span>
              <Value value={Math.abs(difference)} unit={indicator.unit} />
            </span>
          )}
        </dd>
      </div>
    </dl>
  )
}

/** How many rows moved out and in; each number opens its rows. */
function Rows({ change, search, put }: { change: CaliberChange; search: DefinitionSearch; put: (change: DefinitionSearch) => void }) {
  const { t, language } = useTexts()
  const sides = [
    { side: 'numerator', moved: change.numerator_rows },
    { side: 'denominator', moved: change.denominator_rows },
  ] as const
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.change.rows')}>
      <table className="table change-rows">
        <thead>
          <tr>
            <th scope="col">{t('indicators.change.rows')}</th>
            <th scope="col" className="right">
              {t('indicators.change.out')}
            </th>
            <th scope="col" className="right">
              {t('indicators.change.in')}
            </th>
            <th scope="col" className="right">
              {t('indicators.change.other')}
            </th>
          </tr>
        </thead>
        <tbody>
          {sides
            .filter(({ side }) => side === 'numerator' || change.before.denominator !== null || change.after.denominator !== null)
            .map(({ side, moved }) => (
              <tr key={side}>
                <th scope="row">{t(`indicators.sides.${side}`)}</th>
                {(
                  [
                    ['out', moved.only_then],
                    ['in', moved.only_now],
                  ] as const
                ).map(([way, count]) => (
                  <td key={way} className="right num">
                    {count === 0 ? (
                      '0'
                    ) : (
                      <Button size="small" type={search.moved === way && (search.side ?? 'numerator') === side ? 'primary' : 'default'} aria-label={t(`indicators.change.show.${way}`, { side: t(`indicators.sides.${side}`), count, rows: plain(count, language) })} onClick={() => put({ side, moved: way })}>
                        {plain(count, language)}
                      </Button>
                    )}
                  </td>
                ))}
                <td className="right num">{plain(moved.otherwise, language)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
