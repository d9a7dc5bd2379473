import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { Mark, type Tone } from '@/components/StateMark'
import { StatePage } from '@/components/StatePage'
import type { PreviewCell, PublicationPreview } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { changeOf, plain } from './numbers'
import { useSaid, Value } from './parts'
import { PlaceOf } from './PlaceOf'
import { StandingMark, stateOf } from './standing'
import { useNames } from './useLibrary'

const SHOWN_MAX = 300
const TONES: Record<PreviewCell['what'], Tone> = { new: 'info', restated: 'warn', unchanged: 'mute' }

/** What would be published: whole hospitals first, their departments on demand. */
export function Preview({ preview }: { preview: PublicationPreview }) {
  const { t } = useTexts()
  const [departments, setDepartments] = useState(false)
  const cells = preview.cells.filter(({ department }) => departments || department === '')
  if (preview.total === 0)
    return (
      <>
        <StatePage title={t('indicators.publish.nothing')} text={t('indicators.publish.nothingText')} quiet />
        <LeftOut preview={preview} />
      </>
    )
  return (
    <>
      <label className="panel-body row">
        <input type="checkbox" checked={departments} onChange={({ target }) => setDepartments(target.checked)} />
        {t('indicators.publish.departments')}
      </label>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.publish.values')}>
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">{t('indicators.name')}</th>
              <th scope="col">{t('indicators.place')}</th>
              <th scope="col" className="right">
                {t('indicators.publish.value')}
              </th>
              <th scope="col" className="right">
                {t('indicators.publish.rows')}
              </th>
              <th scope="col" className="right">
                {t('indicators.publish.before')}
              </th>
              <th scope="col" className="right">
                {t('indicators.publish.difference')}
              </th>
              <th scope="col">{t('common.state')}</th>
            </tr>
          </thead>
          <tbody>
            {cells.slice(0, SHOWN_MAX).map((cell) => (
              <Cell key={`${cell.code} ${cell.caliber} ${cell.hospital} ${cell.department}`} cell={cell} period={preview.period} />
            ))}
          </tbody>
        </table>
      </div>
      {preview.total > cells.length && <p className="panel-body quiet">{t('indicators.publish.some', { shown: Math.min(cells.length, SHOWN_MAX), all: preview.total })}</p>}
      <LeftOut preview={preview} />
    </>
  )
}

function Cell({ cell, period }: { cell: PreviewCell; period: string }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const names = useNames()
  const { hospital, department, code, caliber, moved } = cell
  const rows = [cell.numerator_rows, ...(cell.denominator_rows === null ? [] : [cell.denominator_rows])].map((one) => plain(one, language)).join(' / ')
  return (
    <tr>
      <td className="head">
        <Link to="/indicators/$code" params={{ code }} search={{ period, hospital, department: department || undefined, caliber }}>
          {said(names(code))}
        </Link>{' '}
        <code className="quiet">{code}</code>
      </td>
      <td data-title={t('indicators.place')}>
        <PlaceOf hospital={hospital} department={department} />
      </td>
      <td data-title={t('indicators.publish.value')} className="right">
        <strong>
          <Value value={cell.value} unit={cell.unit} />
        </strong>
      </td>
      <td data-title={t('indicators.publish.rows')} className="right num">
        {rows}
      </td>
      <td data-title={t('indicators.publish.before')} className="right">
        {cell.before_number === null ? <span className="quiet">–</span> : <Value value={cell.before} unit={cell.unit} />}
      </td>
      <td data-title={t('indicators.publish.difference')} className="right">
        <Difference cell={cell} />
        {moved && (
          <span className="quiet">
            {' '}
            {t('indicators.publish.moved', { out: moved.only_then, into: moved.only_now, other: moved.otherwise })}
          </span>
        )}
      </td>
      <td data-title={t('common.state')}>
        <Mark tone={TONES[cell.what]}>{t(`indicators.publish.what.${cell.what}`)}</Mark>
      </td>
    </tr>
  )
}

/** By how much the value differs from the one that was published. */
function Difference({ cell: { value, before, unit, what } }: { cell: PreviewCell }) {
  const { t, language } = useTexts()
  if (what !== 'restated' || value === null || before === null) return <span className="quiet">–</span>
  const change = changeOf(value - before, 'neither', language)
  return (
    <span className="nowrap">
      <span aria-hidden>{value > before ? '▲' : value < before ? '▼' : '＝'}</span>
      <span className="sr-only">{t(`indicators.way.${change?.way ?? 'same'}`)}</span>
      <Value value={Math.abs(value - before)} unit={unit} />
    </span>
  )
}

function LeftOut({ preview: { left_out } }: { preview: PublicationPreview }) {
  const { t } = useTexts()
  const said = useSaid()
  const names = useNames()
  if (left_out.length === 0) return null
  return (
    <details className="watch-words">
      <summary>{t('indicators.publish.leftOut', { count: left_out.length })}</summary>
      <ul className="approval-words">
        {left_out.slice(0, SHOWN_MAX).map((one) => (
          <li key={`${one.code} ${one.caliber} ${one.hospital}`} className="row">
            {!one.no_data && <StandingMark state={stateOf({ state: one.why })} />}
            <Link to="/indicators/desk/$code" params={{ code: one.code }}>
              {said(names(one.code))}
            </Link>
            <code className="quiet">{one.code}</code>
            {one.hospital && <PlaceOf hospital={one.hospital} />}
            {one.no_data && <span className="quiet">{said(one.no_data)}</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}
