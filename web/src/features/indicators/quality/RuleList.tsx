import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { ResourcePage, type Screen } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import { client, type QualityRule, take } from '@/lib/api'
import { RULE_CATEGORIES } from '@/lib/filters'
import { wholeList } from '@/lib/paging'
import { type Translate, useTexts } from '@/lib/texts'

import { type Said, useSaid } from '../parts'
import { Share } from './parts'

/** All rules, each with how much violates it. */
export function RuleList({ run }: { run: number }) {
  const { t } = useTexts()
  const said = useSaid()
  const search = useSearch({ from: '/quality' })
  const navigate = useNavigate({ from: '/quality' })
  const found = useQuery({ queryKey: ['quality', 'rules', run], queryFn: () => take(client.GET('/api/v1/quality/rules')), retry: false })
  const pages = wholeList(found)
  const shown = pages.rows.filter((rule) => (search.category === undefined || rule.category === search.category) && (search.over === undefined || rule.over))
  const change = (name: string, value: string | undefined) => void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  return (
    <>
      <div className="page-head quality-part">
        <h2>{t('dataQuality.rules')}</h2>
      </div>
      <ResourcePage screen={screenOf(t, said)} pages={{ ...pages, rows: shown }} filter={{ values: search, change }} />
    </>
  )
}

function screenOf(t: Translate, said: (words: Said) => string): Screen<QualityRule> {
  return {
    label: t('dataQuality.rules'),
    rowKey: ({ code }) => code,
    columns: [
      { key: 'code', title: t('dataQuality.rule'), head: true, cell: (rule) => <RuleLink rule={rule} /> },
      { key: 'state', title: t('common.state'), cell: (rule) => <Standing rule={rule} /> },
      { key: 'share', title: t('dataQuality.share'), right: true, cell: (rule) => <Share of={rule} bad={rule.over} /> },
      { key: 'threshold', title: t('dataQuality.threshold'), right: true, cell: (rule) => <span className="num">{rule.threshold}%</span> },
      { key: 'table', title: t('dataQuality.table'), cell: (rule) => [said(rule.table_name), said(rule.field_name)].filter(Boolean).join(' · ') },
      { key: 'category', title: t('indicators.class'), cell: (rule) => t(`dataQuality.category.${categoryOf(rule.category)}`) },
      { key: 'check', title: t('dataQuality.check'), wide: true, cell: (rule) => <code>{rule.check}</code> },
      { key: 'matters', title: t('dataQuality.matters'), wide: true, cell: (rule) => said(rule.matters) },
    ],
    filters: [
      { kind: 'choice', name: 'category', label: t('indicators.class'), options: RULE_CATEGORIES.map((value) => ({ value, label: t(`dataQuality.category.${value}`) })) },
      { kind: 'choice', name: 'over', label: t('dataQuality.over'), options: [{ value: 'yes', label: t('dataQuality.onlyOver') }] },
    ],
    empty: { title: t('dataQuality.noFinding'), text: t('dataQuality.noFindingText') },
  }
}

/** A category that this console knows. */
export const categoryOf = (category: string) => RULE_CATEGORIES.find((one) => one === category) ?? 'conformance'

function RuleLink({ rule }: { rule: QualityRule }) {
  const said = useSaid()
  return (
    <span>
      <Link to="/quality/$rule" params={{ rule: rule.code }}>
        {said(rule.name)}
      </Link>{' '}
      <code className="quiet">{rule.code}</code>
    </span>
  )
}

export function Standing({ rule }: { rule: Pick<QualityRule, 'denominator' | 'over'> }) {
  const { t } = useTexts()
  if (rule.denominator === 0) return <Mark tone="mute">{t('dataQuality.notAsked')}</Mark>
  return <Mark tone={rule.over ? 'bad' : 'good'}>{t(rule.over ? 'dataQuality.over' : 'dataQuality.within')}</Mark>
}
