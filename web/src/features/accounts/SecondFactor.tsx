import './accounts.css'

import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { CopyButton } from '@/components/CopyButton'
import { Once } from '@/components/Once'
import { ProveAgain } from '@/components/ProveAgain'
import { Trouble } from '@/components/Trouble'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Set up one's own second factor: take the secret over, prove it with a code, keep the recovery codes. */
export function SecondFactor({ done }: { done: () => void }) {
  const { t } = useTexts()
  const [code, setCode] = useState('')
  const offer = useMutation({ gcTime: 0, mutationFn: () => take(client.POST('/api/v1/me/second-factor')) })
  const confirm = useMutation({
    gcTime: 0,
    mutationFn: () => take(client.POST('/api/v1/me/second-factor/confirm', { body: { code: code.trim() } })),
  })
  if (confirm.data)
    return (
      <Once title={t('me.recovery')} text={t('me.recoveryText')} secret={confirm.data.codes.join('\n')} print done={done} />
    )
  if (!offer.data)
    return (
      <div className="account-form">
        <p>{t('me.factorText')}</p>
        <Trouble error={offer.error} />
        <ProveAgain error={offer.error} />
        <Button type="primary" loading={offer.isPending} onClick={() => offer.mutate()}>
          {t('me.factorBegin')}
        </Button>
      </div>
    )
  const { qr_svg: qr, secret } = offer.data
  return (
    <form
      className="account-form"
      aria-label={t('me.factor')}
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate()
      }}
    >
      <p>{t('me.factorScan')}</p>
      {/* An image runs nothing, whatever stands in it. */}
      <img className="factor-qr" src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr)}`} alt={t('me.factorQr')} />
      <div className="field">
        {t('me.factorSecret')}
        <span className="row">
          <code className="factor-secret">{secret.match(/.{1,4}/g)?.join(' ')}</code>
          <CopyButton text={secret} />
        </span>
      </div>
      <label className="field">
        {t('me.factorCode')}
        <Input value={code} inputMode="numeric" autoComplete="one-time-code" maxLength={10} onChange={(event) => setCode(event.target.value)} />
      </label>
      <Trouble error={confirm.error} />
      <Button type="primary" htmlType="submit" loading={confirm.isPending} disabled={code.trim() === ''}>
        {t('me.factorConfirm')}
      </Button>
    </form>
  )
}
