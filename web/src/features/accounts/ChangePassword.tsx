import { App, Button, Input } from 'antd'
import { type FormEvent, useState } from 'react'

import { Trouble } from '@/components/Trouble'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Choose one's own password. What is wrong with it the server says, every rule at once. */
export function ChangePassword({ done }: { done: () => void }) {
  const { t } = useTexts()
  const { message } = App.useApp()
  const [old, setOld] = useState('')
  const [wanted, setWanted] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const differs = again !== '' && again !== wanted
  const send = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFailure(null)
    try {
      await take(client.POST('/api/v1/me/password', { body: { old, new: wanted } }))
      void message.success(t('me.passwordChanged'))
      setOld('')
      setWanted('')
      setAgain('')
      done()
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className="account-form" aria-label={t('me.password')} onSubmit={(event) => void send(event)}>
      <label className="field">
        {t('me.oldPassword')}
        <Input.Password value={old} autoComplete="current-password" onChange={(event) => setOld(event.target.value)} />
      </label>
      <label className="field">
        {t('me.newPassword')}
        <Input.Password value={wanted} autoComplete="new-password" onChange={(event) => setWanted(event.target.value)} />
      </label>
      <label className="field">
        {t('me.repeatPassword')}
        <Input.Password
          value={again}
          autoComplete="new-password"
          status={differs ? 'error' : ''}
          onChange={(event) => setAgain(event.target.value)}
        />
      </label>
      {differs && <p className="form-error">{t('me.differs')}</p>}
      <Trouble error={failure} />
      <Button type="primary" htmlType="submit" loading={busy} disabled={old === '' || wanted === '' || again !== wanted}>
        {t('me.changePassword')}
      </Button>
    </form>
  )
}
