import { Mark } from '@/components/StateMark'
import type { QualityPoint, RuleFinding } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { linePoints, percentOf, percentText } from './share'

/** A share with the rows behind it. */
export function Share({ of, bad }: { of: { violated: number; denominator: number }; bad: boolean }) {
  const { t } = useTexts()
  const said = percentOf(of)
  return (
    <span className={`share${bad ? ' share-bad' : ''}`} title={t('dataQuality.shareOf', of)}>
      <span className="num">{percentText(said)}</span>
      {said !== null && <span className="value-unit">%</span>}
    </span>
  )
}

/** How a share went from run to run. */
export function Trend({ points }: { points: readonly QualityPoint[] }) {
  const { t } = useTexts()
  if (points.length === 0) return null
  const shares = points.map((one) => percentOf(one) ?? 0)
  const said = t('dataQuality.trendSays', { count: points.length, first: percentText(shares[0] ?? 0), last: percentText(shares.at(-1) ?? 0) })
  return (
    <svg className="quality-trend" viewBox="0 -2 80 24" role="img" aria-label={said} preserveAspectRatio="none">
      <title>{said}</title>
      <polyline points={linePoints(shares, 80, 20)} />
    </svg>
  )
}

const TONES = { open: 'bad', assigned: 'warn', acknowledged: 'good' } as const

/** How a finding stands. */
export function FindingState({ finding }: { finding: RuleFinding }) {
  const { t } = useTexts()
  return (
    <span className="row">
      <Mark tone={TONES[finding.state]}>{t(`dataQuality.state.${finding.state}`)}</Mark>
      {finding.came_back && <Mark tone="warn">{t('dataQuality.cameBack')}</Mark>}
    </span>
  )
}
