import { PlusOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { usePurposeNames } from '@/components/purposes'
import { type Column, ResourcePage } from '@/components/ResourcePage'
import { Mark } from '@/components/StateMark'
import { client, type Consent, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { cleanText, type PrivacySearch } from '@/lib/filters'
import { usePages } from '@/lib/paging'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { NewConsent } from './NewConsent'
import { standing, standingTone } from './standing'

type Props = { search: PrivacySearch; change: (part: PrivacySearch) => void }

/** What patients permit and refuse, the newest first. */
export function Consents({ search: { patient }, change }: Props) {
  const { t } = useTexts()
  const may = useMay()
  const queries = useQueryClient()
  const [records, setRecords] = useState(false)
  const columns = useColumns()
  const pages = usePages<Consent>(['consents', patient], (cursor) =>
    take(client.GET('/api/v1/privacy/consents', { params: { query: { patient: patient ?? null, cursor: cursor ?? null } } })),
  )
  return (
    <div className="stack">
      <div className="row">
        <FindPatient patient={patient} find={(wanted) => change({ patient: wanted })} />
        {may('consents.record') && (
          <Button className="push" icon={<PlusOutlined />} onClick={() => setRecords(true)}>
            {t('privacy.record')}
          </Button>
        )}
      </div>
      <ResourcePage
        pages={pages}
        screen={{
          label: t('privacy.consents'),
          rowKey: ({ id }) => id,
          columns,
          empty: { title: t('privacy.consentsNone'), text: t('privacy.consentsNoneText') },
        }}
      />
      <NewConsent
        open={records}
        patient={patient ?? ''}
        close={() => setRecords(false)}
        recorded={() => queries.invalidateQueries({ queryKey: ['consents'] })}
      />
    </div>
  )
}

function FindPatient({ patient, find }: { patient: string | undefined; find: (patient: string | undefined) => void }) {
  const { t } = useTexts()
  const [text, setText] = useState(patient ?? '')
  useEffect(() => setText(patient ?? ''), [patient])
  return (
    <form
      role="search"
      className="find-patient"
      onSubmit={(event) => {
        event.preventDefault()
        find(cleanText(text))
      }}
    >
      <Input value={text} allowClear aria-label={t('privacy.patient')} placeholder={t('privacy.patientHint')} onChange={({ target }) => setText(target.value)} />
      <Button htmlType="submit" type="primary">
        {t('privacy.find')}
      </Button>
    </form>
  )
}

function useColumns(): Column<Consent>[] {
  const { t } = useTexts()
  const purposes = usePurposeNames()
  const now = useNow()
  const words = (list: string[], none: string) => (list.length === 0 ? none : list.join(t('common.comma')))
  return [
    { key: 'patient', title: t('privacy.whose'), head: true, cell: (row) => <strong className="mono">{row.patient}</strong> },
    { key: 'decision', title: t('privacy.decision'), head: true, cell: (row) => <strong>{t(`privacy.${row.decision}`)}</strong> },
    {
      key: 'state',
      title: t('common.state'),
      head: true,
      cell: (row) => {
        const state = standing(row, now)
        return <Mark tone={standingTone[state]}>{t(`privacy.${state}`)}</Mark>
      },
    },
    { key: 'purposes', title: t('privacy.purposes'), cell: (row) => words(row.purposes.map(purposes), t('privacy.allPurposes')) },
    { key: 'against', title: t('privacy.against'), cell: (row) => words(row.against, t('privacy.everybody')) },
    {
      key: 'span',
      title: t('privacy.span'),
      cell: (row) => (
        <span className="nowrap">
          <Instant at={row.valid_from} relative={false} /> – {row.valid_until === null ? t('privacy.endless') : <Instant at={row.valid_until} relative={false} />}
        </span>
      ),
    },
    { key: 'given', title: t('privacy.givenBy'), cell: (row) => row.given_by },
    { key: 'document', title: t('privacy.document'), wide: true, cell: (row) => row.document },
    { key: 'organisation', title: t('privacy.takenBy'), wide: true, cell: (row) => row.organisation && <span className="mono">{row.organisation}</span> },
    { key: 'recorded', title: t('privacy.recordedBy'), wide: true, cell: (row) => row.recorded_by },
    { key: 'withdraw', title: t('privacy.withdraw'), cell: (row) => <Withdraw consent={row} /> },
  ]
}

/** Who withdrew it and when, or the button to do so. */
function Withdraw({ consent }: { consent: Consent }) {
  const { t } = useTexts()
  const ask = useAsk()
  const may = useMay()
  const queries = useQueryClient()
  if (consent.withdrawn_at !== null)
    return (
      <span>
        {consent.withdrawn_by} <Instant at={consent.withdrawn_at} relative={false} />
      </span>
    )
  if (!may('consents.record')) return null
  const withdraw = () =>
    ask({
      title: t('privacy.withdrawConfirm', { patient: consent.patient, decision: t(`privacy.${consent.decision}`) }),
      text: t('privacy.withdrawText'),
      confirm: t('privacy.withdraw'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/privacy/consents/{consent}/withdraw', { params: { path: { consent: consent.id } } }))
        await queries.invalidateQueries({ queryKey: ['consents'] })
      },
    })
  return (
    <Button size="small" danger onClick={withdraw}>
      {t('privacy.withdraw')}
    </Button>
  )
}
