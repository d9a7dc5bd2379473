import './indicators.css'
import '@/components/resource.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type FormOfSheet, take } from '@/lib/api'
import { FORM_VIEWS } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { FormDifferences } from './FormDifferences'
import { FormFilings } from './FormFilings'
import { FormSheetPanel } from './FormSheetPanel'
import { IndicatorPages, usePeriodName, useSaid } from './parts'
import { choices, lastWhole, parsePeriod, periodText } from './periods'
import { PlacePicker, useToday } from './Pickers'
import { useHospitals } from './useHospitals'

/** What is filed with whom, what stands in it, and does it still hold? */
export default function FormsPage() {
  const { t, language } = useTexts()
  const search = useSearch({ from: '/indicators/forms' })
  const forms = useQuery({ queryKey: ['indicators', 'forms'], queryFn: () => take(client.GET('/api/v1/indicators/forms')), retry: false })
  const chosen = forms.data?.items.find(({ form }) => form === search.form)
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.forms.title')} />
      {forms.data && forms.data.unusable.length > 0 && (
        <section className="panel" aria-label={t('indicators.unusable')}>
          <div className="panel-head">
            <h2>{t('indicators.unusable')}</h2>
          </div>
          <ul className="panel-body stack">
            {forms.data.unusable.map((file) => (
              <li key={file.where}>
                <Mark tone="bad">{file.code}</Mark> <code>{file.where}</code> {file[language]}
              </li>
            ))}
          </ul>
        </section>
      )}
      {forms.isPending ? <Loading rows={6} /> : !forms.data ? <Failed error={forms.error} retry={() => void forms.refetch()} /> : chosen ? <OneForm form={chosen} /> : <List forms={forms.data.items} />}
    </div>
  )
}

function List({ forms }: { forms: FormOfSheet[] }) {
  const { t } = useTexts()
  const said = useSaid()
  if (forms.length === 0) return <StatePage title={t('indicators.forms.none')} text={t('indicators.forms.noneText')} quiet />
  const titles = { name: t('indicators.forms.view.sheet'), period: t('indicators.period'), authority: t('indicators.forms.authority'), editions: t('indicators.forms.editions') }
  return (
    <section className="panel" aria-label={t('indicators.forms.title')}>
      <div className="panel-head">
        <h2>{t('indicators.forms.all')}</h2>
        <span className="quiet">{t('indicators.forms.text')}</span>
      </div>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.forms.all')}>
        <table className="table cards">
          <thead>
            <tr>
              {Object.values(titles).map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {forms.map((one) => (
              <tr key={one.form}>
                <td className="head">
                  <Link to="/indicators/forms" search={{ form: one.form }}>
                    <strong>{said(one.name)}</strong>
                  </Link>
                </td>
                <td data-title={titles.period}>{t(`indicators.forms.kind.${one.period}`)}</td>
                <td data-title={titles.authority}>{said(one.authority)}</td>
                <td data-title={titles.editions}>{one.editions.map(({ edition, valid_from }) => `${edition} (${t('indicators.forms.from', { from: valid_from })})`).join(t('common.comma'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function OneForm({ form }: { form: FormOfSheet }) {
  const { t } = useTexts()
  const said = useSaid()
  const periodName = usePeriodName()
  const search = useSearch({ from: '/indicators/forms' })
  const navigate = useNavigate({ from: '/indicators/forms' })
  const put = (change: typeof search) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const day = useToday()
  const asked = parsePeriod(search.period)
  const period = asked?.kind === form.period ? asked : lastWhole(form.period, day)
  const { hospitals, pending, error } = useHospitals(String(period.year))
  const hospital = search.hospital ?? hospitals[0]?.code
  const view = search.view ?? 'sheet'
  const of = { form, period: periodText(period), hospital: hospital ?? '' }
  return (
    <>
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <Link to="/indicators/forms" search={{}}>
          {t('indicators.forms.all')}
        </Link>
        <strong>{said(form.name)}</strong>
        <select className="native" aria-label={t('indicators.period')} value={of.period} onChange={({ target }) => put({ period: target.value })}>
          {choices(period, day).map((one) => (
            <option key={periodText(one)} value={periodText(one)}>
              {periodName(one)}
            </option>
          ))}
        </select>
        {hospitals.length > 1 && <PlacePicker label={t('indicators.hospital')} all={t('indicators.chooseHospital')} value={hospital} places={hospitals} change={(code) => put({ hospital: code })} />}
        <span className="period-kinds" role="group" aria-label={t('indicators.forms.title')}>
          {FORM_VIEWS.map((one) => (
            <button key={one} type="button" aria-pressed={one === view} onClick={() => put({ view: one })}>
              {t(`indicators.forms.view.${one}`)}
            </button>
          ))}
        </span>
      </div>
      {hospital === undefined ? (
        pending ? <Loading rows={12} /> : error ? <Failed error={error} /> : <StatePage title={t('indicators.noHospital')} text={t('indicators.noHospitalText')} quiet />
      ) : view === 'sheet' ? (
        <FormSheetPanel {...of} />
      ) : view === 'filings' ? (
        <FormFilings {...of} />
      ) : (
        <FormDifferences {...of} />
      )}
    </>
  )
}
