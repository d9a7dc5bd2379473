import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { ResourcePage, type Screen } from '@/components/ResourcePage'
import { client, type RuleFinding, take } from '@/lib/api'
import { FINDING_STATES } from '@/lib/filters'
import { wholeList } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { type Translate, useTexts } from '@/lib/texts'

import { type Said, useSaid } from '../parts'
import { FindingState, Share } from './parts'

/** What is above its threshold, and who has it. */
export function Queue({ run }: { run: number }) {
  const { t } = useTexts()
  const said = useSaid()
  const search = useSearch({ from: '/quality' })
  const navigate = useNavigate({ from: '/quality' })
  const found = useQuery({
    queryKey: ['quality', 'findings', run, search.finding],
    queryFn: () => take(client.GET('/api/v1/quality/findings', { params: { query: search.finding ? { state: search.finding } : {} } })),
    retry: false,
  })
  const change = (name: string, value: string | undefined) => void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  return (
    <>
      <div className="page-head quality-part">
        <h2>{t('dataQuality.queue')}</h2>
        <span className="quiet">{t('dataQuality.queueText')}</span>
      </div>
      <ResourcePage screen={screenOf(t, said)} pages={wholeList(found)} filter={{ values: search, change }} />
    </>
  )
}

function screenOf(t: Translate, said: (words: Said) => string): Screen<RuleFinding> {
  return {
    label: t('dataQuality.queue'),
    rowKey: (one) => `${one.rule} ${one.source} ${one.hospital.code} ${one.department.code}`,
    columns: [
      { key: 'rule', title: t('dataQuality.rule'), head: true, cell: (one) => <RuleLink finding={one} /> },
      { key: 'state', title: t('common.state'), cell: (one) => <FindingState finding={one} /> },
      { key: 'place', title: t('dataQuality.place'), cell: (one) => `${said(one.hospital.name)} · ${said(one.department.name)}` },
      { key: 'source', title: t('dataQuality.source'), cell: (one) => <code>{one.source || '–'}</code> },
      { key: 'share', title: t('dataQuality.share'), right: true, cell: (one) => <Counted finding={one} /> },
      { key: 'since', title: t('dataQuality.since'), wide: true, cell: (one) => (one.since ? <Instant at={one.since} /> : '–') },
      { key: 'whose', title: t('dataQuality.whose'), cell: (one) => <Whose finding={one} /> },
      { key: 'act', title: t('dataQuality.act'), cell: (one) => <Act finding={one} /> },
    ],
    filters: [{ kind: 'choice', name: 'finding', label: t('common.state'), options: FINDING_STATES.map((value) => ({ value, label: t(`dataQuality.state.${value}`) })) }],
    empty: { title: t('dataQuality.noFinding'), text: t('dataQuality.noFindingText') },
  }
}

function RuleLink({ finding }: { finding: RuleFinding }) {
  const said = useSaid()
  const place = finding.department.code === '' ? { unplaced: 'yes' as const } : { department: finding.department.code }
  return (
    <Link to="/quality/$rule" params={{ rule: finding.rule }} search={{ source: finding.source || undefined, hospital: finding.hospital.code || undefined, ...place }}>
      {said(finding.name)}
    </Link>
  )
}

function Counted({ finding }: { finding: RuleFinding }) {
  const { t } = useTexts()
  return (
    <span>
      <Share of={finding} bad />{' '}
      <span className="quiet nowrap">{t('dataQuality.shareOf', { violated: finding.violated, denominator: finding.denominator })}</span>
    </span>
  )
}

function Whose({ finding }: { finding: RuleFinding }) {
  const { t } = useTexts()
  return (
    <span>
      {finding.assigned_to || <span className="quiet">{t('dataQuality.nobody')}</span>}
      {finding.note !== '' && (
        <span className="quiet">
          {' '}
          {finding.by} “{finding.note}”
        </span>
      )}
    </span>
  )
}

function Act({ finding }: { finding: RuleFinding }) {
  const { t } = useTexts()
  const ask = useAsk()
  const queries = useQueryClient()
  const allowed = useMay()('quality.write')
  if (!allowed) return null
  const about = { rule: finding.rule, source: finding.source, hospital: finding.hospital.code, department: finding.department.code }
  const done = () => queries.invalidateQueries({ queryKey: ['quality'] })
  const assign = () =>
    ask({
      title: t('dataQuality.assignTo'),
      confirm: t('dataQuality.assign'),
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/quality/findings/assign', { body: { ...about, to: reason } }))
        await done()
      },
    })
  const acknowledge = () =>
    ask({
      title: t('dataQuality.acknowledge'),
      text: t('dataQuality.acknowledgeText'),
      confirm: t('dataQuality.acknowledge'),
      reason: 'required',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/quality/findings/acknowledge', { body: { ...about, note: reason } }))
        await done()
      },
    })
  const reopen = () =>
    ask({
      title: t('dataQuality.reopen'),
      confirm: t('dataQuality.reopen'),
      run: async () => {
        await take(client.POST('/api/v1/quality/findings/reopen', { body: about }))
        await done()
      },
    })
  return (
    <span className="row nowrap">
      {finding.state === 'acknowledged' ? (
        <Button size="small" onClick={reopen}>
          {t('dataQuality.reopen')}
        </Button>
      ) : (
        <>
          <Button size="small" onClick={assign}>
            {t('dataQuality.assign')}
          </Button>
          <Button size="small" onClick={acknowledge}>
            {t('dataQuality.acknowledge')}
          </Button>
        </>
      )}
    </span>
  )
}
