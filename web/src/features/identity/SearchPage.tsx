import './identity.css'

import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type PersonSummary, take } from '@/lib/api'
import { type PersonSearch, SEXES } from '@/lib/filters'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Desk } from './Desk'
import { sexName } from './parts'
import { PersonCard } from './PersonCard'
import { pick, Picked } from './Picked'

const PAGE = 20
const SKIP_MAX = 1000

/** Where is this patient? And, at the desk: is he new? */
export default function SearchPage() {
  const { t } = useTexts()
  const may = useMay()
  const search = useSearch({ from: '/identity/search' })
  const [picked, setPicked] = useState<readonly PersonSummary[]>([])
  const toggle = (person: PersonSummary) => setPicked((now) => pick(now, person))
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.search')}</h1>
        <span className="push row page-links">
          <Link to="/identity/quality">{t('identity.quality.title')}</Link>
          {may('identity.decide') && <Link to="/identity">{t('identity.workbench')}</Link>}
        </span>
      </div>
      <div className={may('identity.match') ? 'search-body' : ''}>
        <section className="panel" aria-label={t('identity.search')}>
          <Wanted key={JSON.stringify(search)} search={search} />
          <Picked picked={picked} toggle={toggle} />
          {search.q === undefined ? (
            <StatePage title={t('identity.searchTitle')} text={t('identity.searchText')} quiet />
          ) : (
            <Found q={search.q} search={search} picked={picked} toggle={toggle} />
          )}
        </section>
        {may('identity.match') && <Desk />}
      </div>
    </>
  )
}

function Wanted({ search }: { search: PersonSearch }) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const [wanted, setWanted] = useState({ q: search.q ?? '', born: search.born ?? '', sex: String(search.sex ?? '') })
  return (
    <form
      role="search"
      aria-label={t('identity.search')}
      className="wanted"
      onSubmit={(event) => {
        event.preventDefault()
        const sex = SEXES.find((one) => one === wanted.sex)
        void navigate({ to: '/identity/search', search: { q: wanted.q.trim() || undefined, born: wanted.born.replace(/\D/g, '') || undefined, sex } })
      }}
    >
      <Input
        autoFocus={search.q === undefined}
        allowClear
        maxLength={100}
        value={wanted.q}
        aria-label={t('identity.searchLabel')}
        placeholder={t('identity.searchHint')}
        onChange={({ target }) => setWanted({ ...wanted, q: target.value })}
      />
      <input
        className="native wanted-born"
        inputMode="numeric"
        maxLength={10}
        value={wanted.born}
        aria-label={t('identity.field.born')}
        placeholder={t('identity.bornHint')}
        onChange={({ target }) => setWanted({ ...wanted, born: target.value })}
      />
      <select className="native" value={wanted.sex} aria-label={t('identity.field.sex')} onChange={({ target }) => setWanted({ ...wanted, sex: target.value })}>
        <option value="">{t('common.any')}</option>
        {SEXES.map((sex) => (
          <option key={sex} value={sex}>
            {sexName(t, sex)}
          </option>
        ))}
      </select>
      <Button type="primary" htmlType="submit" disabled={wanted.q.trim() === ''}>
        {t('identity.find')}
      </Button>
    </form>
  )
}

type FoundProps = { q: string; search: PersonSearch; picked: readonly PersonSummary[]; toggle: (person: PersonSummary) => void }

function Found({ q, search, picked, toggle }: FoundProps) {
  const { t } = useTexts()
  const decides = useMay()('identity.decide')
  const { born = '', sex = '' } = search
  const found = useInfiniteQuery({
    queryKey: ['identity', 'persons', q, born, sex],
    queryFn: ({ pageParam: skip }) => take(client.GET('/api/v1/identity/persons', { params: { query: { q, born, sex, skip, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last, _, skip) => (last.more && skip + PAGE <= SKIP_MAX ? skip + PAGE : undefined),
    retry: false,
  })
  const persons = found.data?.pages.flatMap((page) => page.items) ?? []
  if (found.isPending) return <Loading rows={6} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  if (persons.length === 0) return <StatePage title={t('identity.nobody')} text={t('identity.nobodyText')} quiet />
  return (
    <>
      <ul className="person-list" aria-label={t('identity.found')}>
        {persons.map((person) => (
          <li key={person.id}>
            <PersonCard
              person={person}
              mark={
                decides && (
                  <label className="row person-pick">
                    <input type="checkbox" checked={picked.some(({ id }) => id === person.id)} onChange={() => toggle(person)} />
                    {t('identity.pick')}
                  </label>
                )
              }
            />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <p className="panel-body">
          <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('common.more')}
          </Button>
        </p>
      )}
    </>
  )
}
