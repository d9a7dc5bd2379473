import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'

import { Instant } from '@/components/Instant'
import { Mark, type Tone } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { useSave } from '@/components/useSave'
import { client, type FormFiling, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import type { OfForm } from './FormSheetPanel'

/** What was filed of a form, the newest first; whoever did not file it confirms it. */
export function FormFilings({ form, period, hospital }: OfForm) {
  const { t } = useTexts()
  const filings = useQuery({
    queryKey: ['indicators', 'forms', form.form, 'filings', period, hospital],
    queryFn: () => take(client.GET('/api/v1/indicators/forms/filings', { params: { query: { form: form.form, period, hospital } } })),
    retry: false,
  })
  if (filings.isPending) return <Loading rows={4} />
  if (!filings.data) return <Failed error={filings.error} retry={() => void filings.refetch()} />
  if (filings.data.items.length === 0) return <StatePage title={t('indicators.forms.noFilings')} text={t('indicators.forms.noFilingsText')} quiet />
  return (
    <section className="panel" aria-label={t('indicators.forms.view.filings')}>
      <ul className="entries">
        {filings.data.items.map((filing) => (
          <Filing key={filing.number} filing={filing} />
        ))}
      </ul>
    </section>
  )
}

const TONES: Record<FormFiling['state'], Tone> = { waiting: 'warn', in_force: 'good', replaced: 'mute' }

function Filing({ filing }: { filing: FormFiling }) {
  const { t } = useTexts()
  const publishes = useMay()('indicators.publish')
  const queries = useQueryClient()
  const params = { path: { number: filing.number } }
  const save = useSave(filing.file, () => take(client.GET('/api/v1/indicators/forms/filings/{number}/file', { params, parseAs: 'blob' })) as Promise<Blob>)
  const confirm = useMutation({
    mutationFn: async () => {
      await take(client.POST('/api/v1/indicators/forms/filings/{number}/confirm', { params }))
      await queries.invalidateQueries({ queryKey: ['indicators'] })
    },
  })
  return (
    <li className="row">
      <Mark tone={TONES[filing.state]}>{t(`indicators.forms.filed.${filing.state}`)}</Mark>
      <span className="num">{t('indicators.forms.known', { known: filing.known, all: filing.lines })}</span>
      <span className="quiet">
        {filing.filed_by} <Instant at={filing.filed_at} relative={false} />
        {filing.confirmed_at !== null && ` · ${t('indicators.confirmedBy', { name: filing.confirmed_by })}`}
      </span>
      {filing.reason !== '' && <span>{filing.reason}</span>}
      {filing.note !== '' && <span>{filing.note}</span>}
      <code className="quiet" title={filing.sha256}>
        SHA-256 {filing.sha256.slice(0, 12)}
      </code>
      <Button size="small" loading={save.isPending} onClick={() => save.mutate()}>
        {t('indicators.forms.download')}
      </Button>
      {publishes && filing.state === 'waiting' && (
        <Button size="small" type="primary" loading={confirm.isPending} onClick={() => confirm.mutate()}>
          {t('indicators.forms.confirm')}
        </Button>
      )}
      <Trouble error={confirm.error} />
    </li>
  )
}
