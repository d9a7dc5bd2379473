import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'

import { Mark, type Tone } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type DifferenceLine, type FormDifference, take } from '@/lib/api'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { fullTime } from '@/lib/time'

import { type OfForm, Printed, Section } from './FormSheetPanel'
import { useSaid } from './parts'
import { asChange, asPrinted } from './printed'

/** Does what was filed still hold, and why do boards show something else? */
export function FormDifferences({ form, period, hospital }: OfForm) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const found = useQuery({
    queryKey: ['indicators', 'forms', form.form, 'difference', period, hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/forms/{form}/difference', { params: { path: { form: form.form }, query: { period, hospital } } })),
    retry: false,
  })
  if (found.isPending) return <Loading rows={14} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  const { filing, differs } = found.data
  if (!filing) return <StatePage title={t('indicators.forms.noDifference')} text={t('indicators.forms.noDifferenceText')} quiet />
  return (
    <section className="panel" aria-label={t('indicators.forms.view.difference')}>
      <div className="panel-head">
        <h2>{t('indicators.forms.compared', { at: fullTime(filing.filed_at, timezone).slice(0, 16), count: differs })}</h2>
        <Mark tone={filing.state === 'waiting' ? 'warn' : 'good'}>{t(`indicators.forms.filed.${filing.state}`)}</Mark>
      </div>
      <Lines difference={found.data} />
    </section>
  )
}

function Lines({ difference }: { difference: FormDifference }) {
  const { t } = useTexts()
  const said = useSaid()
  const { lines, period, hospital, name } = difference
  const titles = { filed: t('indicators.forms.filedValue'), now: t('indicators.forms.nowValue'), board: t('indicators.forms.boardValue'), cause: t('indicators.forms.cause') }
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={said(name)}>
      <table className="table cards form-sheet">
        <thead>
          <tr>
            <th scope="col" className="right">
              {t('indicators.forms.line')}
            </th>
            <th scope="col">{t('indicators.forms.item')}</th>
            <th scope="col" className="right">
              {titles.filed}
            </th>
            <th scope="col" className="right">
              {titles.now}
            </th>
            <th scope="col" className="right">
              {titles.board}
            </th>
            <th scope="col">{titles.cause}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, at) => (
            <Fragment key={line.number}>
              <Section of={line} before={lines[at - 1]} columns={6} />
              <tr>
                <td className="right num head">{line.number}</td>
                <td className="head">
                  {line.code === '' ? (
                    said(line.name)
                  ) : (
                    <Link to="/indicators/desk/$code" params={{ code: line.code }} search={{ period, hospital }}>
                      {said(line.name)}
                    </Link>
                  )}
                </td>
                <td className="right" data-title={titles.filed}>
                  <Printed text={line.filed} unit={line.unit} />
                </td>
                <td className="right" data-title={titles.now}>
                  <Beside text={line.now} by={line.difference} unit={line.unit} more={line.by_then === null ? '' : t('indicators.forms.byThen', { value: asPrinted(line.by_then) })} />
                </td>
                <td className="right" data-title={titles.board}>
                  {line.board_caliber && <Beside text={line.board} by={line.board_difference} unit={line.unit} more={t('indicators.forms.boardOf', { name: said(line.board_caliber) })} />}
                </td>
                <td data-title={titles.cause}>
                  <Mark tone={toneOf(line)}>{said(line.why)}</Mark>
                </td>
              </tr>
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Beside({ text, by, unit, more }: { text: string | null; by: string | null; unit: string; more: string }) {
  const change = asChange(by)
  return (
    <span>
      <Printed text={text} unit={unit} />
      {change !== '' && <span className="form-change num">{change}</span>}
      {more !== '' && <span className="form-change quiet">{more}</span>}
    </span>
  )
}

function toneOf({ causes }: DifferenceLine): Tone {
  if (causes.includes('same')) return 'good'
  return causes.length === 1 && causes[0] === 'caliber' ? 'info' : 'warn'
}
