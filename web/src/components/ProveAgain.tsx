import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { ApiFailure, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Trouble } from './Trouble'

const PROOF_NEEDED = 'LY-1897'

/** Asks for one's own password where a failure says that it must be shown again. */
export function ProveAgain({ error }: { error: unknown }) {
  if (!(error instanceof ApiFailure) || error.problem?.code !== PROOF_NEEDED) return null
  return <Ask />
}

function Ask() {
  const { t } = useTexts()
  const [password, setPassword] = useState('')
  const prove = useMutation({
    gcTime: 0,
    mutationFn: () => take(client.POST('/api/v1/me/proof', { body: { password } })),
    onSuccess: () => setPassword(''),
  })
  if (prove.isSuccess) return <p role="status">{t('me.proved')}</p>
  return (
    <form
      className="account-form"
      aria-label={t('me.prove')}
      onSubmit={(event) => {
        event.preventDefault()
        prove.mutate()
      }}
    >
      <label className="field">
        {t('me.provePassword')}
        <Input.Password value={password} autoComplete="current-password" onChange={(event) => setPassword(event.target.value)} />
      </label>
      <Trouble error={prove.error} />
      <Button htmlType="submit" loading={prove.isPending} disabled={password === ''}>
        {t('me.prove')}
      </Button>
    </form>
  )
}
