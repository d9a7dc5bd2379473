import './indicators.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { ResourcePage, type Screen } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import type { IndicatorRow } from '@/lib/api'
import { CALIBER_STATES, COUNTING_WAYS, type DeskSearch, INDICATOR_CLASSES } from '@/lib/filters'
import { wholeList } from '@/lib/paging'
import { type Translate, useTexts } from '@/lib/texts'

import { isAsked } from './library'
import { IndicatorPages, unitOf, useSaid } from './parts'
import { StandingMark, type StandingState, stateOf, useStandings } from './standing'
import { library } from './useLibrary'

/** What exactly does each indicator mean, who answers for it, and is its definition sound? */
export default function DeskPage() {
  const { t, language } = useTexts()
  const said = useSaid()
  const search = useSearch({ from: '/indicators/desk' })
  const navigate = useNavigate({ from: '/indicators/desk' })
  const standings = useStandings()
  const statesOf = (code: string) => [...new Set(standings.get(code)?.map(stateOf))]
  const found = useQuery({
    ...library,
    select: (whole) => {
      const items = whole.items.filter((row) => isAsked(row, search, statesOf(row.code)))
      return { unusable: whole.unusable, items, total: items.length }
    },
  })
  const change = (name: string, value: string | undefined) => void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  const open = (row: IndicatorRow) => void navigate({ to: '/indicators/desk/$code', params: { code: row.code } })
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.desk')} />
      {found.data && found.data.unusable.length > 0 && (
        <section className="panel" aria-label={t('indicators.unusable')}>
          <div className="panel-head">
            <h2>{t('indicators.unusable')}</h2>
            <span className="quiet">{t('indicators.unusableText')}</span>
          </div>
          <ul className="panel-body stack">
            {found.data.unusable.map((file) => (
              <li key={file.where}>
                <Mark tone="bad">{file.code}</Mark> <code>{file.where}</code> {file[language]}
              </li>
            ))}
          </ul>
        </section>
      )}
      <ResourcePage screen={screenOf(t, said, open, statesOf)} pages={wholeList(found)} filter={{ values: search satisfies DeskSearch, change }} />
    </div>
  )
}

function screenOf(t: Translate, said: ReturnType<typeof useSaid>, open: (row: IndicatorRow) => void, statesOf: (code: string) => StandingState[]): Screen<IndicatorRow> {
  const option = (value: string, label: string) => ({ value, label })
  return {
    label: t('indicators.desk'),
    rowKey: (row) => row.code,
    open,
    columns: [
      {
        key: 'name',
        title: t('indicators.name'),
        head: true,
        cell: (row) => (
          <Link to="/indicators/desk/$code" params={{ code: row.code }}>
            <strong>{said(row.name)}</strong>
          </Link>
        ),
      },
      { key: 'code', title: t('indicators.code'), cell: (row) => <code>{row.code}</code> },
      { key: 'class', title: t('indicators.class'), cell: (row) => t(`indicators.classes.${classOf(row.category)}`) },
      { key: 'unit', title: t('indicators.unitTitle'), wide: true, cell: (row) => t(`indicators.unitName.${unitOf(row.unit)}`) },
      { key: 'calibers', title: t('indicators.calibers'), cell: (row) => [...new Set(row.calibers.map(({ title }) => said(title)))].join(t('common.comma')) },
      { key: 'way', title: t('indicators.way.title'), cell: (row) => <Ways row={row} /> },
      { key: 'state', title: t('indicators.approval'), cell: (row) => <span className="marks">{statesOf(row.code).map((state) => <StandingMark key={state} state={state} />)}</span> },
      { key: 'owner', title: t('indicators.owner'), wide: true, cell: (row) => row.owner },
      { key: 'exam', title: t('indicators.exam.number'), right: true, wide: true, cell: (row) => (row.exam > 0 ? row.exam : '') },
      { key: 'findings', title: t('indicators.findings'), right: true, cell: (row) => (row.findings > 0 ? <Mark tone="warn">{row.findings}</Mark> : '') },
    ],
    filters: [
      { kind: 'text', name: 'q', label: t('indicators.find'), hint: t('indicators.findHint'), suggestions: [] },
      { kind: 'choice', name: 'class', label: t('indicators.class'), options: INDICATOR_CLASSES.map((one) => option(one, t(`indicators.classes.${one}`))) },
      { kind: 'choice', name: 'way', label: t('indicators.way.title'), options: COUNTING_WAYS.map((one) => option(one, t(`indicators.counting.${one}`))) },
      { kind: 'choice', name: 'standing', label: t('indicators.approval'), options: CALIBER_STATES.map((one) => option(one, t(`indicators.state.${one}`))) },
      { kind: 'choice', name: 'faulty', label: t('indicators.findings'), options: [option('yes', t('indicators.withFindings'))] },
    ],
    empty: { title: t('indicators.noneFound'), text: t('indicators.noneFoundText') },
  }
}

export const classOf = (category: string) => INDICATOR_CLASSES.find((one) => one === category) ?? 'quality'

function Ways({ row }: { row: IndicatorRow }) {
  const { t } = useTexts()
  const ways = COUNTING_WAYS.filter((way) => row.calibers.some((one) => one.way === way))
  return <span className="marks">{ways.map((way) => <Mark key={way} tone={WAY_TONES[way]}>{t(`indicators.counting.${way}`)}</Mark>)}</span>
}

const WAY_TONES = { counted: 'good', by_form: 'info', not_available: 'mute' } as const
