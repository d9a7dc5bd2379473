import { useQuery } from '@tanstack/react-query'

import { Instant } from '@/components/Instant'
import { Purpose, usePurposeNames } from '@/components/purposes'
import type { Screen } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import { type ActRow, client, take } from '@/lib/api'
import { PURPOSES, RESULTS } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

const COMMON_KINDS = ['access.*', 'access.get_message', 'access.list_messages', 'session.*', 'account.*', 'role.*', 'delivery.*', 'glass.*', 'consent.*', 'audit.exported']
const tones = { allowed: 'good', refused: 'bad', failed: 'warn' } as const

/** What came of an act; what was allowed stays calm. */
export function ResultMark({ result }: { result: ActRow['result'] }) {
  const { t } = useTexts()
  return (
    <Mark tone={tones[result]} plain={result === 'allowed'}>
      {t(`audit.results.${result}`)}
    </Mark>
  )
}

/** The list of acts and its filters. */
export function useActScreen(): Screen<ActRow> {
  const { t } = useTexts()
  const purposes = usePurposeNames()
  const channels = useQuery({ queryKey: ['channels'], queryFn: () => take(client.GET('/api/v1/channels')), staleTime: 60_000, retry: false })
  return {
    label: t('audit.title'),
    rowKey: (row) => row.position,
    empty: { title: t('audit.empty'), text: t('audit.emptyText') },
    columns: [
      { key: 'at', title: t('audit.at'), head: true, cell: (row) => <Instant at={row.at} /> },
      { key: 'account', title: t('audit.account'), head: true, cell: (row) => <Who row={row} /> },
      { key: 'kind', title: t('audit.kind'), cell: (row) => <span className="mono">{row.kind}</span> },
      { key: 'result', title: t('audit.result'), cell: (row) => <ResultMark result={row.result} /> },
      { key: 'patients', title: t('audit.patients'), cell: (row) => <Patients row={row} /> },
      { key: 'purpose', title: t('audit.purpose'), cell: (row) => <Purpose code={row.purpose} /> },
      { key: 'channel', title: t('audit.channel'), wide: true, cell: (row) => row.channel ?? '' },
      { key: 'organisation', title: t('audit.organisation'), wide: true, cell: (row) => <Whose row={row} /> },
      { key: 'address', title: t('audit.address'), wide: true, cell: (row) => <span className="mono quiet">{row.address}</span> },
      { key: 'position', title: t('common.position'), right: true, cell: (row) => <span className="mono nowrap">{row.position}</span> },
    ],
    filters: [
      { kind: 'text', name: 'account', label: t('audit.account'), hint: t('audit.accountHint'), suggestions: [] },
      { kind: 'text', name: 'kind', label: t('audit.kind'), hint: t('audit.kindHint'), suggestions: COMMON_KINDS },
      { kind: 'choice', name: 'result', label: t('audit.result'), options: RESULTS.map((result) => ({ value: result, label: t(`audit.results.${result}`) })) },
      { kind: 'choice', name: 'purpose', label: t('audit.purpose'), options: PURPOSES.map((purpose) => ({ value: purpose, label: purposes(purpose) })) },
      { kind: 'choice', name: 'channel', label: t('audit.channel'), options: (channels.data ?? []).map(({ name }) => ({ value: name, label: name })) },
      { kind: 'text', name: 'organisation', label: t('audit.organisation'), hint: t('audit.organisationHint'), suggestions: [] },
      { kind: 'text', name: 'address', label: t('audit.address'), hint: t('audit.addressHint'), suggestions: [] },
    ],
  }
}

/** Who acted, as people call him, with what he signs in with beside it. */
export function Who({ row }: { row: ActRow }) {
  return (
    <span className="nowrap">
      <strong>{row.actor_name || row.actor}</strong>
      {row.actor_name !== '' && row.actor_name !== row.actor && <code className="quiet"> {row.actor}</code>}
    </span>
  )
}

/** Whose data it was about: the name of today, with the code beside it. */
export function Whose({ row }: { row: ActRow }) {
  const { language } = useTexts()
  const [first, second] = language === 'zh' ? [row.organisation_zh, row.organisation_en] : [row.organisation_en, row.organisation_zh]
  const name = first || second
  if (row.organisation === '') return null
  return (
    <span className="nowrap">
      {name && <>{name} </>}
      <code>{row.organisation}</code>
    </span>
  )
}

function Patients({ row }: { row: ActRow }) {
  const { t } = useTexts()
  const [first, ...others] = row.patients
  if (first === undefined) return null
  return (
    <span className="nowrap" title={row.patients.slice(0, 50).join('\n')}>
      <span className="mono">{first}</span>
      {others.length > 0 && <span className="quiet"> {t('audit.more', { count: row.patients.length })}</span>}
    </span>
  )
}
