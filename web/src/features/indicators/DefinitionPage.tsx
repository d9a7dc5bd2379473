import './indicators.css'
import '@/components/resource.css'

import { Link, useParams } from '@tanstack/react-router'

import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import type { IndicatorDetail } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Approval } from './Approval'
import { Calibers } from './Calibers'
import { Change } from './Change'
import { classOf } from './DeskPage'
import { IndicatorPages, unitOf, useSaid } from './parts'
import { PublishedValues } from './PublishedValues'
import { useIndicator } from './useIndicator'
import { Watching } from './Watching'

/** What does this indicator count, by whose rule, and who approved it? */
export default function DefinitionPage() {
  const { code } = useParams({ from: '/indicators/desk/$code' })
  const detail = useIndicator(code)
  if (detail.isPending) return <Loading rows={12} />
  if (!detail.data) return <Failed error={detail.error} retry={() => void detail.refetch()} />
  return <Definition indicator={detail.data} />
}

function Definition({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  const may = useMay()
  const reads = may('indicators.read')
  return (
    <div className="stack">
      <IndicatorPages title={said(indicator.name)} />
      <section className="panel" aria-label={t('indicators.definition')}>
        <div className="panel-head">
          <h2>{t('indicators.definition')}</h2>
          <code>{indicator.code}</code>
          <span className="push row">
            {may('quality.read') && (
              <Link to="/quality/lineage/$code" params={{ code: indicator.code }}>
                {t('dataQuality.lineage')}
              </Link>
            )}
            <Link to="/indicators/$code" params={{ code: indicator.code }}>
              {t('indicators.toFigures')}
            </Link>
          </span>
        </div>
        <div className="panel-body definition">
          <p className="definition-meaning">{indicator.meaning}</p>
          <dl className="facts">
            <dt>{t('indicators.englishName')}</dt>
            <dd>{indicator.name.en}</dd>
            <dt>{t('indicators.class')}</dt>
            <dd>{t(`indicators.classes.${classOf(indicator.category)}`)}</dd>
            <dt>{t('indicators.unitTitle')}</dt>
            <dd>{t(`indicators.unitName.${unitOf(indicator.unit)}`)}</dd>
            <dt>{t('indicators.direction')}</dt>
            <dd>{t(`indicators.better.${indicator.better}`)}</dd>
            <dt>{t('indicators.owner')}</dt>
            <dd>{indicator.owner}</dd>
            <dt>{t('indicators.source')}</dt>
            <dd>
              {indicator.source.document} · {indicator.source.paragraph}
            </dd>
            {indicator.exam > 0 && (
              <>
                <dt>{t('indicators.exam.title')}</dt>
                <dd>{t('indicators.exam.numbered', { number: indicator.exam })}</dd>
              </>
            )}
            {indicator.drill.length > 0 && (
              <>
                <dt>{t('indicators.drillColumns')}</dt>
                <dd>{indicator.drill.map(({ name }) => said(name)).join(t('common.comma'))}</dd>
              </>
            )}
          </dl>
        </div>
      </section>
      <Findings indicator={indicator} />
      <Calibers indicator={indicator} />
      {reads && <Change indicator={indicator} />}
      {reads && <Watching indicator={indicator} />}
      {reads && <Approval indicator={indicator} />}
      {reads && <PublishedValues code={indicator.code} />}
    </div>
  )
}

/** The faults that were looked for in the definition, and found. */
function Findings({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const said = useSaid()
  if (indicator.findings.length === 0)
    return (
      <p>
        <Mark tone="good">{t('indicators.sound')}</Mark>
      </p>
    )
  return (
    <section className="panel" aria-label={t('indicators.findings')}>
      <div className="panel-head">
        <h2>{t('indicators.findings')}</h2>
      </div>
      <ul className="panel-body stack">
        {indicator.findings.map((finding) => (
          <li key={`${finding.caliber} ${finding.fault}`} className="row">
            <Mark tone="warn">{t(`indicators.fault.${faultOf(finding.fault)}`)}</Mark> <code>{finding.caliber}</code> {said(finding.words)}
          </li>
        ))}
      </ul>
    </section>
  )
}

const FAULTS = ['unclear', 'without-standard', 'misused', 'mixed', 'overused', 'confused', 'changed', 'out-of-date'] as const

const faultOf = (fault: string) => FAULTS.find((one) => one === fault) ?? 'unclear'
