import { useMutation } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'

import { usePurposeNames } from '@/components/purposes'
import { Trouble } from '@/components/Trouble'
import { client, type NewConsent as Wanted, type PurposeCode, take } from '@/lib/api'
import { PURPOSES } from '@/lib/filters'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { instantFromLocal } from '@/lib/time'

import { codesIn } from './standing'

const FORM = 'new-consent'

type Props = { open: boolean; patient: string; close: () => void; recorded: () => Promise<void> }

/** Writes down what a patient signed. */
export function NewConsent({ open, patient, close, recorded }: Props) {
  const { t } = useTexts()
  const [ready, setReady] = useState(false)
  const record = useMutation({
    mutationFn: async (body: Wanted) => {
      await take(client.POST('/api/v1/privacy/consents', { body }))
      await recorded()
      close()
    },
  })
  return (
    <Modal
      open={open}
      title={t('privacy.record')}
      okText={t('privacy.recordNow')}
      cancelText={t('common.cancel')}
      okButtonProps={{ htmlType: 'submit', form: FORM, disabled: !ready }}
      confirmLoading={record.isPending}
      onCancel={close}
      afterClose={() => {
        record.reset()
        setReady(false)
      }}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
      width={680}
    >
      <Fields patient={patient} ready={setReady} submit={record.mutate} error={record.error} />
    </Modal>
  )
}

type FieldsProps = { patient: string; ready: (ready: boolean) => void; submit: (body: Wanted) => void; error: unknown }

function Fields({ patient, ready, submit, error }: FieldsProps) {
  const { t } = useTexts()
  const { account, timezone } = useSession()
  const [said, setSaid] = useState({
    patient,
    against: '',
    from: '',
    until: '',
    given_by: '',
    document: '',
    organisation: account?.organisation ?? '',
  })
  const [decision, setDecision] = useState<Wanted['decision'] | null>(null)
  const [purposes, setPurposes] = useState<PurposeCode[]>([])
  const whole = decision !== null && said.patient.trim() !== '' && said.given_by.trim() !== ''
  useEffect(() => ready(whole), [ready, whole])
  const text = (name: keyof typeof said) => ({
    value: said[name],
    onChange: ({ target }: { target: { value: string } }) => setSaid({ ...said, [name]: target.value }),
  })
  const send = () => {
    if (!whole) return
    submit({
      patient: said.patient.trim(),
      decision,
      purposes,
      against: codesIn(said.against),
      valid_from: said.from === '' ? null : instantFromLocal(said.from, timezone),
      valid_until: said.until === '' ? null : instantFromLocal(said.until, timezone),
      given_by: said.given_by.trim(),
      document: said.document.trim(),
      organisation: said.organisation.trim(),
    })
  }
  return (
    <form
      id={FORM}
      className="consent-form"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <p className="whole">{t('privacy.recordText')}</p>
      <Labelled label={t('privacy.patient')} hint={t('privacy.patientHint')}>
        <Input maxLength={200} {...text('patient')} />
      </Labelled>
      <fieldset className="choices">
        <legend>{t('privacy.decision')}</legend>
        <span className="row">
          {(['permit', 'refuse'] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="decision" checked={decision === one} onChange={() => setDecision(one)} />
              {t(`privacy.${one}`)}
            </label>
          ))}
        </span>
      </fieldset>
      <Purposes chosen={purposes} choose={setPurposes} />
      <Labelled label={t('privacy.against')} hint={t('privacy.againstHint')} whole>
        <Input maxLength={2000} {...text('against')} />
      </Labelled>
      <Labelled label={t('privacy.from')} hint={t('privacy.fromHint')}>
        <input className="native" type="datetime-local" {...text('from')} />
      </Labelled>
      <Labelled label={t('privacy.until')} hint={t('privacy.untilHint')}>
        <input className="native" type="datetime-local" {...text('until')} />
      </Labelled>
      <Labelled label={t('privacy.givenBy')} hint={t('privacy.givenByHint')}>
        <Input maxLength={200} {...text('given_by')} />
      </Labelled>
      <Labelled label={t('privacy.document')} hint={t('privacy.documentHint')}>
        <Input maxLength={200} {...text('document')} />
      </Labelled>
      <Labelled label={t('privacy.takenBy')} hint={t('privacy.takenByHint')} whole>
        <Input maxLength={200} {...text('organisation')} />
      </Labelled>
      <div className="whole">
        <Trouble error={error} />
      </div>
    </form>
  )
}

function Labelled({ label, hint, whole = false, children }: { label: string; hint: string; whole?: boolean; children: ReactNode }) {
  return (
    <label className={`field${whole ? ' whole' : ''}`}>
      {label}
      {children}
      <span className="quiet">{hint}</span>
    </label>
  )
}

function Purposes({ chosen, choose }: { chosen: PurposeCode[]; choose: (purposes: PurposeCode[]) => void }) {
  const { t } = useTexts()
  const names = usePurposeNames()
  return (
    <fieldset className="choices choices-wide whole">
      <legend>{t('privacy.purposes')}</legend>
      {PURPOSES.map((purpose) => (
        <label key={purpose}>
          <input
            type="checkbox"
            checked={chosen.includes(purpose)}
            onChange={({ target }) => choose(target.checked ? [...chosen, purpose] : chosen.filter((one) => one !== purpose))}
          />
          {names(purpose)}
        </label>
      ))}
      <span className="quiet">{t('privacy.purposesHint')}</span>
    </fieldset>
  )
}
