import { Fragment, type ReactNode, useMemo, useState } from 'react'

import type { DefinitionLine } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { fold, type Run } from './fold'

type LinesProps = { lines: DefinitionLine[]; version: number; inForce: number; label?: string }

/** Two definitions in one column: what only the old one says, what only the one in force says. */
export function Lines({ lines, version, inForce, label }: LinesProps) {
  const { t } = useTexts()
  const runs = useMemo(() => fold(lines), [lines])
  const count = (where: DefinitionLine['where']) => lines.filter((line) => line.where === where).length
  const [ours, theirs] = [count('this'), count('in_force')]
  if (ours + theirs === 0) return <p className="version-remark">{t('channels.sameText', { version: inForce })}</p>
  return (
    <>
      <p className="version-remark row">
        <del className="lines-key">− {t('channels.onlyThis', { version, count: ours })}</del>
        <ins className="lines-key">+ {t('channels.onlyInForce', { version: inForce, count: theirs })}</ins>
      </p>
      <table className="lines" aria-label={label ?? t('channels.differences')}>
        <thead className="sr-only">
          <tr>
            <th scope="col">{t('channels.lineThis', { version })}</th>
            <th scope="col">{t('channels.lineInForce')}</th>
            <th scope="col">{t('channels.lineText')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run, place) => (
            <RunView key={place} run={run} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function RunView({ run }: { run: Run }) {
  const { t } = useTexts()
  const [open, setOpen] = useState(!run.folded)
  if (!open)
    return (
      <tr className="lines-fold">
        <td colSpan={3}>
          <button type="button" className="code-button" onClick={() => setOpen(true)}>
            {t('channels.unchanged', { count: run.lines.length })}
          </button>
        </td>
      </tr>
    )
  return run.lines.map((line, place) => (
    <tr key={place} className={`lines-${line.where}`}>
      <td className="lines-number">{line.number}</td>
      <td className="lines-number">{line.number_in_force}</td>
      <td className="lines-text">{marked(line)}</td>
    </tr>
  ))
}

/** The line with its sign. The text is copied as it is, without it. */
function marked({ where, text }: DefinitionLine): ReactNode {
  if (where === 'both') return <Fragment>{text}</Fragment>
  return where === 'this' ? <del>{text}</del> : <ins>{text}</ins>
}
