import '@/components/resource.css'
import '../indicators.css'
import './quality.css'

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { ApiFailure, client, type QualityOverview, type QualityShare, take } from '@/lib/api'
import { RULE_CATEGORIES } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Share, Trend } from './parts'
import { Queue } from './Queue'
import { RuleList } from './RuleList'

const NO_RUN = 'LY-2553'

/** Whether another run is what everybody waits for: somebody asked for it, or there was none. */
function isAwaited(overview: QualityOverview | undefined, error: unknown): boolean {
  return overview?.waits ?? (error instanceof ApiFailure && error.problem?.code === NO_RUN)
}

/** Which data can't I trust, since when, whose job? */
export default function QualityPage() {
  const { t } = useTexts()
  const { list } = useSearch({ from: '/quality' })
  const overview = useQuery({
    queryKey: ['quality', 'overview'],
    queryFn: () => take(client.GET('/api/v1/quality/overview')),
    refetchInterval: ({ state }) => (isAwaited(state.data, state.error) ? 2_000 : 60_000),
    retry: false,
  })
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t('dataQuality.title')}</h1>
        <span className="quiet">{t('dataQuality.text')}</span>
        <Run overview={overview.data} />
      </div>
      {overview.isPending ? (
        <Loading rows={12} />
      ) : !overview.data ? (
        <Failed error={overview.error} retry={() => void overview.refetch()} />
      ) : (
        <>
          <Matrix overview={overview.data} />
          <Lists overview={overview.data} />
          {list === 'rules' ? <RuleList run={overview.data.run.run} /> : <Queue run={overview.data.run.run} />}
          <Unusable overview={overview.data} />
        </>
      )}
    </div>
  )
}

/** What is listed below: the work queue, or all rules. */
function Lists({ overview }: { overview: QualityOverview }) {
  const { t } = useTexts()
  const { list } = useSearch({ from: '/quality' })
  const navigate = useNavigate({ from: '/quality' })
  return (
    <nav className="indicators-pages" aria-label={t('dataQuality.lists')}>
      <button type="button" className="page-link" aria-current={list === undefined ? 'page' : false} onClick={() => void navigate({ search: {} })}>
        {t('dataQuality.queue')} <span className="num">{overview.open + overview.assigned}</span>
      </button>
      <button type="button" className="page-link" aria-current={list === 'rules' ? 'page' : false} onClick={() => void navigate({ search: { list: 'rules' } })}>
        {t('dataQuality.rules')} <span className="num">{overview.run.rules}</span>
      </button>
    </nav>
  )
}

/** When it was looked at last, and a button for whoever may ask for another look. */
function Run({ overview }: { overview: QualityOverview | undefined }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const writes = useMay()('quality.write')
  const asked = useMutation({
    mutationFn: () => take(client.POST('/api/v1/quality/runs')),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['quality'] }),
  })
  return (
    <span className="push row">
      {overview && (
        <span className="quiet">
          {t('dataQuality.runAt', { rules: overview.run.rules })} <Instant at={overview.run.ended_at} />
        </span>
      )}
      {overview?.waits && <Mark tone="info">{t('dataQuality.waits')}</Mark>}
      {writes && (
        <Button size="small" loading={asked.isPending} disabled={overview?.waits ?? false} onClick={() => asked.mutate()}>
          {t('dataQuality.runNow')}
        </Button>
      )}
    </span>
  )
}

/** Categories of rules by source: how much of what came violates them, and how that went. */
function Matrix({ overview }: { overview: QualityOverview }) {
  const { t } = useTexts()
  const sources = [...new Set(overview.shares.map(({ source }) => source))]
  const of = (source: string, category: string) => overview.shares.find((one) => one.source === source && one.category === category)
  return (
    <section className="panel" aria-label={t('dataQuality.matrix')}>
      <div className="panel-head">
        <h2>{t('dataQuality.matrix')}</h2>
      </div>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={t('dataQuality.matrix')}>
        <table className="table cards quality-matrix">
          <thead>
            <tr>
              <th scope="col">{t('dataQuality.source')}</th>
              {RULE_CATEGORIES.map((category) => (
                <th key={category} scope="col">
                  {t(`dataQuality.category.${category}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source}>
                <th scope="row" className="head">
                  <code>{source || '–'}</code>
                </th>
                {RULE_CATEGORIES.map((category) => (
                  <td key={category} data-title={t(`dataQuality.category.${category}`)}>
                    <MatrixCell share={of(source, category)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function MatrixCell({ share }: { share: QualityShare | undefined }) {
  const { t } = useTexts()
  const navigate = useNavigate({ from: '/quality' })
  if (!share) return <span className="quiet">–</span>
  const show = () => void navigate({ search: { list: 'rules', category: share.category, over: 'yes' } })
  return (
    <span className="quality-cell">
      <Share of={share} bad={share.over > 0} />
      <Trend points={share.trend} />
      {share.over > 0 ? (
        <button type="button" className="as-link" onClick={show}>
          {t('dataQuality.overRules', { count: share.over })}
        </button>
      ) : (
        <span className="quiet">{t('dataQuality.noneOver')}</span>
      )}
    </span>
  )
}

/** Files of the hospital in which a rule cannot be used. */
function Unusable({ overview }: { overview: QualityOverview }) {
  const { t, language } = useTexts()
  if (overview.unusable.length === 0) return null
  return (
    <section className="panel" aria-label={t('dataQuality.unusable')}>
      <div className="panel-head">
        <h2>{t('dataQuality.unusable')}</h2>
      </div>
      <ul className="panel-body stack">
        {overview.unusable.map((one) => (
          <li key={one.where}>
            <Mark tone="warn">{one.code}</Mark> <code>{one.where}</code> {language === 'zh' ? one.zh : one.en}
          </li>
        ))}
      </ul>
    </section>
  )
}
