import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { Instant } from '@/components/Instant'
import { Mark, type Tone } from '@/components/StateMark'
import { Trouble } from '@/components/Trouble'
import { client, type IndicatorEntry, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { useNames } from './useLibrary'

/** What was entered for a year, with its evidence; whoever did not enter it confirms it. */
export function Entries({ year, hospital }: { year: string; hospital: string }) {
  const { t } = useTexts()
  const entries = useQuery({
    queryKey: ['indicators', 'entries', year, hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/entries', { params: { query: { period: year, hospital } } })),
    retry: false,
  })
  if (!entries.data || entries.data.items.length === 0) return null
  return (
    <section className="panel" aria-label={t('indicators.entries')}>
      <div className="panel-head">
        <h2>{t('indicators.entries')}</h2>
        <span className="quiet">{t('indicators.entriesText')}</span>
      </div>
      <ul className="entries">
        {entries.data.items.map((entry) => (
          <Entry key={entry.number} entry={entry} />
        ))}
      </ul>
    </section>
  )
}

const TONES: Record<IndicatorEntry['state'], Tone> = { waiting: 'warn', confirmed: 'good', replaced: 'mute' }

function Entry({ entry }: { entry: IndicatorEntry }) {
  const { t } = useTexts()
  const said = useSaid()
  const names = useNames()
  const enters = useMay()('indicators.enter')
  const queries = useQueryClient()
  const confirm = useMutation({
    mutationFn: async () => {
      await take(client.POST('/api/v1/indicators/entries/{number}/confirm', { params: { path: { number: entry.number } } }))
      await queries.invalidateQueries({ queryKey: ['indicators'] })
    },
  })
  return (
    <li className="row">
      <Mark tone={TONES[entry.state]}>{t(`indicators.entryState.${entry.state}`)}</Mark>
      <span>{said(names(entry.code))}</span>
      <strong className="num">
        {entry.numerator}
        {entry.denominator !== null && ` / ${entry.denominator}`}
      </strong>
      <span>{entry.evidence}</span>
      {entry.file !== '' && <code>{entry.file}</code>}
      <span className="quiet">
        {entry.entered_by} <Instant at={entry.entered_at} relative={false} />
        {entry.confirmed_at !== null && ` · ${t('indicators.confirmedBy', { name: entry.confirmed_by })}`}
      </span>
      {enters && entry.state === 'waiting' && (
        <Button size="small" loading={confirm.isPending} disabled={entry.own_work} onClick={() => confirm.mutate()}>
          {t('indicators.confirm')}
        </Button>
      )}
      {enters && entry.own_work && <span className="quiet">{t('indicators.ownEntry')}</span>}
      <Trouble error={confirm.error} />
    </li>
  )
}
