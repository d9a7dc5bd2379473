import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input, Modal } from 'antd'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { Trouble } from '@/components/Trouble'
import { client, type Glass, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useReasonNames, Whose } from './parts'

const FORM = 'review'

/** Asks whether somebody's look in an emergency was justified. */
export function ReviewDialog({ glass, close }: { glass: Glass | null; close: () => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [justified, setJustified] = useState<boolean | null>(null)
  const [remark, setRemark] = useState('')
  const review = useMutation({
    mutationFn: async (said: { id: string; justified: boolean }) => {
      const body = { justified: said.justified, remark: remark.trim() }
      await take(client.POST('/api/v1/privacy/glass/{glass}/review', { params: { path: { glass: said.id } }, body }))
      await queries.invalidateQueries({ queryKey: ['glass'] })
      close()
    },
  })
  const whole = justified !== null && remark.trim() !== ''
  return (
    <Modal
      open={glass !== null}
      title={t('privacy.reviewTitle')}
      okText={t('privacy.reviewSubmit')}
      cancelText={t('common.cancel')}
      okButtonProps={{ htmlType: 'submit', form: FORM, disabled: !whole }}
      confirmLoading={review.isPending}
      onCancel={close}
      afterClose={() => {
        review.reset()
        setJustified(null)
        setRemark('')
      }}
      destroyOnHidden
      transitionName=""
      maskTransitionName=""
    >
      <form
        id={FORM}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (glass && whole) review.mutate({ id: glass.id, justified })
        }}
      >
        {glass && <Facts glass={glass} />}
        <fieldset className="choices">
          <legend>{t('privacy.verdict')}</legend>
          <label>
            <input type="radio" name="verdict" checked={justified === true} onChange={() => setJustified(true)} />
            {t('privacy.justified')}
          </label>
          <label>
            <input type="radio" name="verdict" checked={justified === false} onChange={() => setJustified(false)} />
            {t('privacy.unjustified')}
          </label>
        </fieldset>
        <label className="field">
          {t('privacy.remark')}
          <Input.TextArea rows={2} value={remark} maxLength={200} placeholder={t('privacy.remarkHint')} onChange={({ target }) => setRemark(target.value)} />
        </label>
        <Trouble error={review.error} />
      </form>
    </Modal>
  )
}

function Facts({ glass }: { glass: Glass }) {
  const { t } = useTexts()
  const reasons = useReasonNames()
  return (
    <dl className="facts">
      <dt>{t('privacy.who')}</dt>
      <dd>{glass.name}</dd>
      <dt>{t('privacy.whose')}</dt>
      <dd>
        <Whose glass={glass} />
      </dd>
      <dt>{t('privacy.reason')}</dt>
      <dd>{reasons(glass.reason)}</dd>
      <dt>{t('privacy.words')}</dt>
      <dd>{glass.words}</dd>
      <dt>{t('privacy.span')}</dt>
      <dd>
        <Instant at={glass.began_at} relative={false} /> – <Instant at={glass.until} relative={false} />
      </dd>
    </dl>
  )
}
