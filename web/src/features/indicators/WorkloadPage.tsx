import './indicators.css'
import './insight.css'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { Failed, Loading } from '@/components/StatePage'
import { client, take, type WorkloadAnswer } from '@/lib/api'
import type { WorkloadSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { MonthLine } from './MonthLine'
import { IndicatorPages, Moved, useSaid, Value } from './parts'
import { periodText } from './periods'
import { PeriodPicker, PlacePicker, usePeriod } from './Pickers'

/** What did I do, in each of my roles? */
export default function WorkloadPage() {
  const { t } = useTexts()
  const said = useSaid()
  const search = useSearch({ from: '/indicators/workload' })
  const navigate = useNavigate({ from: '/indicators/workload' })
  const put = (change: WorkloadSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const period = usePeriod(search.period)
  const { hospital, department, doctor } = search
  const question = { period: periodText(period), ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }) }
  const found = useQuery({
    queryKey: ['indicators', 'workload', question],
    queryFn: () => take(client.GET('/api/v1/indicators/workload', { params: { query: question } })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
  })
  const work = found.data
  return (
    <div className="stack">
      <IndicatorPages title={work && !work.own ? t('indicators.insight.workload') : t('indicators.insight.myWorkload')} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} change={(text) => put({ period: text })} />
        {work && !work.own && <PlacePicker label={t('indicators.insight.doctor')} all={t('indicators.insight.allDoctors')} value={doctor} places={work.doctors} change={(code) => put({ doctor: code })} />}
      </div>
      {work?.doctor && <p className="quiet">{said(work.doctor.name)}</p>}
      {work ? (
        <div className="stack" aria-busy={found.isPlaceholderData}>
          {work.roles.map((role, place) => (
            <Role key={`${role.role} ${place}`} role={role} work={work} period={periodText(period)} />
          ))}
        </div>
      ) : found.isPending ? (
        <Loading rows={10} />
      ) : (
        <Failed error={found.error} retry={() => void found.refetch()} />
      )}
    </div>
  )
}

type Done = WorkloadAnswer['roles'][number]

function Role({ role, work, period }: { role: Done; work: WorkloadAnswer; period: string }) {
  const { t } = useTexts()
  const said = useSaid()
  return (
    <section className="panel" aria-label={said(role.name)}>
      <div className="panel-head">
        <h2>{said(role.name)}</h2>
        {role.items.length === 0 && <span className="quiet">{said(role.why)}</span>}
      </div>
      {role.items.length > 0 && (
        <ul className="workload">
          {role.items.map((item) => (
            <li key={item.code} className="workload-item">
              <Link to="/indicators/$code" params={{ code: item.code }} search={{ period, role: role.role, ...(work.doctor && { doctor: work.doctor.code }) }} className="tile-name">
                {said(item.name)}
              </Link>
              {item.figure ? (
                <>
                  <strong className="workload-value">
                    <Value value={item.figure.value} unit={item.unit} />
                  </strong>
                  <Moved label={t('indicators.yearOnYear')} by={item.figure.year_on_year} unit={item.unit} better={item.better} />
                  {item.line.some(({ value }) => value !== 0) && <MonthLine points={item.line.map(({ at, value }) => ({ month: at, value }))} unit={item.unit} />}
                </>
              ) : (
                <span className="quiet">{said(item.why)}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
