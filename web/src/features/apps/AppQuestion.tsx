import './apps.css'

import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { client, type AppQuestion as Asked, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

type Request = Record<string, string>
type Numbers = { value: string; authority: string }
const NONE: Numbers = { value: '', authority: '' }

/** Who asks to act for me, and for what? With yes or no the browser goes back to the app. */
export function AppQuestion({ search }: { search: string }) {
  const request = Object.fromEntries(new URLSearchParams(search))
  const asked = useQuery({
    queryKey: ['app-question', search],
    queryFn: () => take(client.POST('/api/v1/apps/question', { body: { request } })),
    staleTime: Infinity,
  })
  if (asked.isPending) return <Loading rows={6} />
  if (!asked.data) return <Failed error={asked.error} />
  return <Question asked={asked.data} request={request} />
}

function Question({ asked, request }: { asked: Asked; request: Request }) {
  const { t } = useTexts()
  const [patient, setPatient] = useState(NONE)
  const [encounter, setEncounter] = useState(NONE)
  const misses = (name: string) => asked.misses.includes(name)
  const decide = useMutation({
    gcTime: 0,
    mutationFn: (approve: boolean) =>
      take(
        client.POST('/api/v1/apps/decisions', {
          body: {
            request,
            approve,
            patient: approve && misses('patient') ? patient : null,
            encounter: approve && misses('encounter') ? encounter : null,
          },
        }),
      ),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const going = decide.isPending || decide.isSuccess
  const missing = (misses('patient') && !whole(patient)) || (misses('encounter') && !whole(encounter))
  return (
    <form
      className="app-question"
      aria-label={t('appQuestion.title')}
      onSubmit={(event) => {
        event.preventDefault()
        decide.mutate(true)
      }}
    >
      <p>
        <strong>{asked.display_name}</strong> <code>{asked.app}</code> {t('appQuestion.asks')}
      </p>
      <Scopes asked={asked} />
      <Context asked={asked} />
      {misses('patient') && <Entry title={t('appQuestion.choosePatient')} numbers={patient} change={setPatient} />}
      {misses('encounter') && <Entry title={t('appQuestion.chooseEncounter')} numbers={encounter} change={setEncounter} />}
      <p className="quiet">{t('appQuestion.onward', { host: asked.host })}</p>
      <Trouble error={decide.error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={going} disabled={missing}>
          {t('appQuestion.approve')}
        </Button>
        <Button disabled={going} onClick={() => decide.mutate(false)}>
          {t('appQuestion.refuse')}
        </Button>
      </div>
    </form>
  )
}

/** What the app would be let do, in words. */
function Scopes({ asked }: { asked: Asked }) {
  const { t, language } = useTexts()
  return (
    <ul className="app-scopes" aria-label={t('appQuestion.scopes')}>
      {asked.scopes.map((one) => (
        <li key={one.scope}>
          <span>
            {language === 'zh' ? one.zh : one.en} {one.changes && <Mark tone="warn">{t('appQuestion.changes')}</Mark>}
          </span>
          <code>{one.scope}</code>
        </li>
      ))}
    </ul>
  )
}

/** About whom the app was started from here. */
function Context({ asked }: { asked: Asked }) {
  const { t } = useTexts()
  if (asked.patient === '' && asked.encounter === '') return null
  return (
    <dl className="facts">
      {asked.patient !== '' && (
        <>
          <dt>{t('appQuestion.patient')}</dt>
          <dd className="mono">{asked.patient}</dd>
        </>
      )}
      {asked.encounter !== '' && (
        <>
          <dt>{t('appQuestion.encounter')}</dt>
          <dd className="mono">{asked.encounter}</dd>
        </>
      )}
    </dl>
  )
}

function Entry({ title, numbers, change }: { title: string; numbers: Numbers; change: (numbers: Numbers) => void }) {
  const { t } = useTexts()
  return (
    <fieldset className="app-entry">
      <legend>{title}</legend>
      <label className="field">
        {t('appQuestion.value')}
        <Input value={numbers.value} maxLength={100} autoComplete="off" onChange={(event) => change({ ...numbers, value: event.target.value })} />
      </label>
      <label className="field">
        {t('appQuestion.authority')}
        <Input value={numbers.authority} maxLength={100} autoComplete="off" onChange={(event) => change({ ...numbers, authority: event.target.value })} />
      </label>
    </fieldset>
  )
}

function whole({ value, authority }: Numbers): boolean {
  return value.trim() !== '' && authority.trim() !== ''
}
