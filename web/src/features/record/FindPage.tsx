import './record.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type PersonSummary, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { bornOn, sexName, Unregistered } from './parts'

/** Whose record is wanted? */
export default function FindPage() {
  const { t } = useTexts()
  const { q } = useSearch({ from: '/record' })
  const navigate = useNavigate({ from: '/record' })
  const [text, setText] = useState(q ?? '')
  return (
    <>
      <div className="page-head">
        <h1>{t('record.find')}</h1>
      </div>
      <section className="panel" aria-label={t('record.find')}>
        <form
          role="search"
          className="record-find"
          onSubmit={(event) => {
            event.preventDefault()
            void navigate({ search: { q: text.trim() || undefined } })
          }}
        >
          <Input autoFocus allowClear maxLength={100} value={text} aria-label={t('identity.searchLabel')} placeholder={t('identity.searchHint')} onChange={({ target }) => setText(target.value)} />
          <Button type="primary" htmlType="submit" disabled={text.trim() === ''}>
            {t('identity.find')}
          </Button>
        </form>
        {q === undefined ? <StatePage title={t('record.findTitle')} text={t('record.findText')} quiet /> : <Found q={q} />}
      </section>
    </>
  )
}

function Found({ q }: { q: string }) {
  const { t } = useTexts()
  const found = useQuery({
    queryKey: ['record', 'find', q],
    queryFn: () => take(client.GET('/api/v1/record', { params: { query: { q, limit: 50 } } })),
    retry: false,
  })
  if (found.isPending) return <Loading rows={4} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (found.data.items.length === 0) return <StatePage title={t('record.nobody')} text={t('record.nobodyText')} quiet />
  return (
    <ul className="record-lines">
      {found.data.items.map((person) => (
        <li key={person.id}>
          <Patient person={person} />
        </li>
      ))}
    </ul>
  )
}

function Patient({ person }: { person: PersonSummary }) {
  const { t } = useTexts()
  return (
    <Link to="/record/$person" params={{ person: person.id }} className="record-patient">
      <strong>{person.name || t('record.nameless')}</strong>
      <span>{sexName(t, person.sex)}</span>
      <span className="num">{bornOn(person.born)}</span>
      <span className="mono quiet">{person.records.map(({ source, mrn }) => `${mrn}^${source}`).join(' ')}</span>
      {!person.registered && <Unregistered />}
    </Link>
  )
}
