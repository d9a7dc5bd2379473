import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Input, Modal } from 'antd'
import { useState } from 'react'

import { Trouble } from '@/components/Trouble'
import { client, type DecidedOnPersons, type IndexRecord, type Person, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { called, standing } from './align'
import { parted } from './history'
import { day, PersonLink, PersonNumber } from './parts'

const FORM = 'split'

/** Says which records of a person are somebody else's, shows what will be apart, and asks why. */
export function SplitDialog({ person, close }: { person: Person; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [away, setAway] = useState<ReadonlySet<string>>(new Set())
  const [reason, setReason] = useState('')
  const parts = parted(person.records, away)
  const split = useMutation({
    gcTime: 0,
    mutationFn: async (leave: readonly IndexRecord[]) => {
      const records = leave.map(({ source, mrn }) => ({ source, mrn }))
      const answer = await take(
        client.POST('/api/v1/identity/persons/{person}/split', { params: { path: { person: person.id } }, body: { records, reason: reason.trim() } }),
      )
      await queries.invalidateQueries({ queryKey: ['identity'] })
      return answer
    },
  })
  const whole = parts !== null && reason.trim() !== ''
  const toggle = (id: string) => setAway((now) => (now.has(id) ? new Set([...now].filter((one) => one !== id)) : new Set([...now, id])))
  return (
    <Modal
      open
      title={t('identity.splitTitle')}
      okText={split.data ? t('common.close') : t('identity.split')}
      cancelText={t('common.cancel')}
      okButtonProps={split.data ? {} : { htmlType: 'submit', form: FORM, disabled: !whole, danger: true }}
      {...(split.data ? { onOk: close } : {})}
      confirmLoading={split.isPending}
      onCancel={close}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
    >
      {split.data ? (
        <Done answer={split.data} />
      ) : (
        <form
          id={FORM}
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (whole) split.mutate(parts.leave)
          }}
        >
          <fieldset className="choices">
            <legend>{t('identity.splitWhich')}</legend>
            {standing(person).map((record) => (
              <label key={record.id}>
                <input type="checkbox" checked={away.has(record.id)} onChange={() => toggle(record.id)} />
                <code>{called(record)}</code>
                <span>{[record.names[0], day(record.born)].filter(Boolean).join(' ')}</span>
              </label>
            ))}
          </fieldset>
          {parts ? (
            <dl className="facts split-parts">
              <dt>{t('identity.stays')}</dt>
              <dd className="mono">{parts.stay.map(called).join(t('common.comma'))}</dd>
              <dt>{t('identity.leaves')}</dt>
              <dd className="mono">{parts.leave.map(called).join(t('common.comma'))}</dd>
            </dl>
          ) : (
            <p className="quiet">{t('identity.splitHint')}</p>
          )}
          <label className="field">
            {t('common.reason')}
            <Input.TextArea rows={2} maxLength={500} value={reason} placeholder={t('common.reasonHint')} onChange={({ target }) => setReason(target.value)} />
          </label>
          <Trouble error={split.error} />
        </form>
      )}
    </Modal>
  )
}

function Done({ answer: { persons, proposed } }: { answer: DecidedOnPersons }) {
  const { t } = useTexts()
  if (proposed)
    return (
      <div className="stack" role="status">
        <p>{t('identity.second.proposedText')}</p>
        <Link to="/identity/waiting">{t('identity.second.title')}</Link>
      </div>
    )
  return (
    <div className="stack" role="status">
      <p>{t('identity.splitDone', { count: persons.length })}</p>
      <ul className="stack">
        {persons.map((id) => (
          <li key={id}>
            <PersonLink id={id}>
              <PersonNumber id={id} />
            </PersonLink>
          </li>
        ))}
      </ul>
    </div>
  )
}
