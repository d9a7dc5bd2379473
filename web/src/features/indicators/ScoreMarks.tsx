import { Link } from '@tanstack/react-router'

import type { ScoreAnswer, ScoreComponent, ScoreMark, ScoreRow } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { plain } from './numbers'
import { useSaid, Value } from './parts'
import { ScoreMoved } from './ScorePage'

const AIMS = ['quality', 'loop', 'bedside'] as const

/** What the score of a department is made of; each part opens the rows that it is of. */
export function ScoreMarks({ scores, row }: { scores: ScoreAnswer; row: ScoreRow }) {
  const { t, language } = useTexts()
  const said = useSaid()
  const name = said(row.department.name)
  const marks = new Map(row.marks.map((mark) => [mark.component, mark]))
  return (
    <section className="panel" aria-label={t('indicators.scores.open', { name })}>
      <div className="panel-head scores-head">
        <h2>{name}</h2>
        <span className="score-number num">{row.total === null ? '–' : plain(row.total, language)}</span>
        <span className="quiet">
          {t('indicators.scores.known')} {plain(row.known, language)}%
        </span>
      </div>
      {AIMS.map((aim) => {
        const parts = scores.components.filter((one) => one.aim === aim)
        if (parts.length === 0) return null
        return (
          <section key={aim} className="score-aim" aria-label={t(`indicators.scores.aim.${aim}`)}>
            <h3>{t(`indicators.scores.aim.${aim}`)}</h3>
            <ul className="score-marks">
              {parts.map((one) => {
                const mark = marks.get(one.component)
                return mark && <Mark key={one.component} of={one} mark={mark} scores={scores} department={row.department.code} />
              })}
            </ul>
          </section>
        )
      })}
      <p className="quiet formula">{t('indicators.scores.knownText')}</p>
    </section>
  )
}

type Props = { of: ScoreComponent; mark: ScoreMark; scores: ScoreAnswer; department: string }

function Mark({ of, mark, scores, department }: Props) {
  const { t, language } = useTexts()
  const said = useSaid()
  const { points, no_data: noData } = mark
  const full = plain(of.full, language)
  return (
    <li className={`score-mark${points === null ? ' score-out' : ''}`}>
      <span className="score-name" title={`${t('indicators.scores.source')} ${of.source.document} · ${of.source.paragraph}`}>
        {said(of.name)}
        <span className="quiet score-small">{t('indicators.scores.thresholds', { zero: of.zero_at, full: of.full_at })}</span>
      </span>
      {points === null ? (
        <span className="score-why">
          <strong>{t('indicators.scores.leftOut')}</strong> <span className="quiet">{noData && said(noData)}</span>
        </span>
      ) : (
        <>
          <span className="score-value">
            <Value value={mark.value} unit={of.unit} />
            <span className="num quiet score-small">{t('indicators.scores.violated', { violated: mark.numerator ?? 0, denominator: mark.denominator ?? 0 })}</span>
          </span>
          <span className="bar-track" aria-hidden>
            <i style={{ width: `${(points / of.full) * 100}%` }} />
          </span>
          <span className="num score-points">
            {t('indicators.scores.points', { points: plain(points, language), full })} {mark.before !== null && <ScoreMoved now={points} before={mark.before} />}
          </span>
        </>
      )}
      <Behind of={of} mark={mark} scores={scores} department={department} />
    </li>
  )
}

/** The rows that did not reach it: of an indicator, or of each rule that some violate. */
function Behind({ of, mark, scores, department }: Props) {
  const { t } = useTexts()
  const said = useSaid()
  const may = useMay()
  const hospital = scores.hospital.code
  const period = scores.period.period
  if (of.indicator !== '') {
    if (mark.denominator === null || mark.denominator === 0) return <span className="score-behind" />
    const left = mark.denominator - (mark.numerator ?? 0)
    return (
      <span className="score-behind">
        <Link to="/indicators/$code" params={{ code: of.indicator }} search={{ period, hospital, department, ...(of.caliber && { caliber: of.caliber }), ...(left > 0 && { side: 'rest' as const }) }}>
          {left > 0 ? t('indicators.scores.rows', { count: left }) : t('indicators.scores.allRows')}
        </Link>
      </span>
    )
  }
  const violated = mark.rules.filter((one) => one.violated > 0)
  if (violated.length === 0) return <span className="score-behind" />
  return (
    <ul className="score-behind">
      {violated.map((one) => (
        <li key={one.rule}>
          {may('quality.read') ? (
            <Link to="/quality/$rule" params={{ rule: one.rule }} search={{ hospital, department, month: period }}>
              {said(one.name)}
            </Link>
          ) : (
            said(one.name)
          )}{' '}
          <span className="num quiet">{t('indicators.scores.violated', { violated: one.violated, denominator: one.denominator })}</span>
        </li>
      ))}
    </ul>
  )
}
