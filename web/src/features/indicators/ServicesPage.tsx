import './indicators.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { CopyButton } from '@/components/CopyButton'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type DataService, type DataServiceDetail, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { searchOf } from './explored'
import { IndicatorPages, useSaid } from './parts'
import { told } from './QuestionPicker'
import { ServiceDialog } from './ServiceDialog'

const SERVICES = ['indicators', 'services']

/** Which figures other systems may take, who approved that, and who takes them. */
export default function ServicesPage() {
  const { t } = useTexts()
  const { service } = useSearch({ from: '/indicators/services' })
  const navigate = useNavigate({ from: '/indicators/services' })
  const offers = useMay()('services.offer')
  const [draft, setDraft] = useState<DataService | 'new' | null>(null)
  const found = useQuery({ queryKey: SERVICES, queryFn: () => take(client.GET('/api/v1/indicators/services')), refetchInterval: 15_000, retry: false })
  const items = found.data?.items ?? []
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.services.title')}>
        {offers && (
          <Button type="primary" size="small" onClick={() => setDraft('new')}>
            {t('indicators.services.offer')}
          </Button>
        )}
      </IndicatorPages>
      <p className="quiet">{t('indicators.services.text')}</p>
      {found.isPending ? (
        <Loading rows={6} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : items.length === 0 ? (
        <StatePage title={t('indicators.services.none')} text={t('indicators.services.noneText')} quiet />
      ) : (
        <ul className="reports">
          {items.map((one) => (
            <li key={one.name} className="panel">
              <Card one={one} open={service === one.name} toggle={(name) => void navigate({ search: { service: name }, replace: true })} offerAnew={offers ? setDraft : null} />
            </li>
          ))}
        </ul>
      )}
      {draft && found.data && <ServiceDialog of={draft === 'new' ? null : draft} columns={found.data.columns} roles={found.data.roles} close={() => setDraft(null)} />}
    </div>
  )
}

type CardProps = { one: DataServiceDetail; open: boolean; toggle: (name: string | undefined) => void; offerAnew: ((one: DataService) => void) | null }

function Card({ one, open, toggle, offerAnew }: CardProps) {
  const { t } = useTexts()
  const said = useSaid()
  const [newest] = one.versions
  if (!newest) return null
  const holding = one.versions.find(({ holds }) => holds)
  const calls = one.uses.reduce((sum, use) => sum + use.calls, 0)
  return (
    <article className="report request" aria-label={newest.title}>
      <header className="panel-head">
        <h2>{newest.title}</h2>
        <span className="mono quiet">{one.name}</span>
        {holding ? <Mark tone="good">{t('indicators.services.holds', { version: holding.version })}</Mark> : <Mark tone="mute">{newest.why_not ? said(newest.why_not) : ''}</Mark>}
        {holding !== newest && newest.state === 'offered' && holding && <Mark tone="warn">{t('indicators.services.waits', { version: newest.version })}</Mark>}
        <span className="push row">
          <Button size="small" aria-expanded={open} onClick={() => toggle(open ? undefined : one.name)}>
            {t(open ? 'indicators.requests.close' : 'indicators.requests.show')}
          </Button>
        </span>
      </header>
      <p className="panel-body row request-facts">
        <span>{said(newest.organisation_name)}</span>
        <span>{newest.by}</span>
        <span>{t('indicators.services.days', { first: newest.first_on, last: newest.last_on })}</span>
        <span className="quiet">{calls === 0 ? t('indicators.services.neverCalled') : t('indicators.services.called', { count: calls })}</span>
        {one.uses[0] && (
          <span className="quiet">
            {t('indicators.services.last')} <Instant at={one.uses[0].last_at} />
          </span>
        )}
      </p>
      {open && (
        <>
          {one.versions.map((version) => (
            <Version key={version.version} one={version} offerAnew={version === newest && version.own ? offerAnew : null} />
          ))}
          <Uses one={one} />
        </>
      )}
    </article>
  )
}

function Version({ one, offerAnew }: { one: DataService; offerAnew: ((one: DataService) => void) | null }) {
  const { t } = useTexts()
  const said = useSaid()
  const address = `${window.location.origin}/api/v1/indicators/services/${one.name}/data`
  const callers = [...(one.roles ?? []), ...(one.accounts ?? [])].join(t('common.comma'))
  return (
    <section className="service-version" aria-label={t('indicators.services.version', { version: one.version })}>
      <h3 className="panel-body row">
        {t('indicators.services.version', { version: one.version })}{' '}
        <Mark tone={one.holds ? 'good' : one.state === 'offered' ? 'warn' : 'mute'}>{one.holds ? t('indicators.services.inForce') : one.why_not ? said(one.why_not) : ''}</Mark>
      </h3>
      <dl className="facts panel-body">
        <dt>{t('indicators.requests.purpose')}</dt>
        <dd>{one.purpose}</dd>
        <dt>{t('indicators.services.gives')}</dt>
        <dd className="row">
          <Mark tone={one.gives === 'rows' ? 'warn' : 'mute'}>{t(`indicators.services.giving.${one.gives}`)}</Mark>
          {one.gives === 'rows' && t(`indicators.sides.${one.side}`)}
          <Link to="/indicators/explore" search={searchOf(one.question)} className="mono">
            {told(one.question)}
          </Link>
        </dd>
        <dt>{t('indicators.services.columns')}</dt>
        <dd className="mono">{one.columns.join(', ')}</dd>
        {one.masked.length > 0 && (
          <>
            <dt>{t('indicators.services.masked')}</dt>
            <dd className="mono">{one.masked.join(', ')}</dd>
          </>
        )}
        <dt>{t('indicators.services.callers')}</dt>
        <dd>{callers}</dd>
        <dt>{t('indicators.services.limits')}</dt>
        <dd>{t('indicators.services.limitsText', { rows: one.rows_max, calls: one.calls_per_minute })}</dd>
        {one.decided_at !== null && (
          <>
            <dt>{t('indicators.services.decided')}</dt>
            <dd>
              {one.decided_by} <Instant at={one.decided_at} relative={false} /> {one.note !== '' && `“${one.note}”`}
            </dd>
          </>
        )}
        <dt>{t('indicators.services.address')}</dt>
        <dd className="row">
          <span className="mono service-address">{address}</span> <CopyButton text={address} />
        </dd>
      </dl>
      <Actions one={one} offerAnew={offerAnew} />
    </section>
  )
}

function Actions({ one, offerAnew }: { one: DataService; offerAnew: ((one: DataService) => void) | null }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const ask = useAsk()
  const path = { name: one.name, version: one.version }
  const decide = (said: 'approved' | 'refused') => () =>
    ask({
      title: t(`indicators.services.decision.${said}`),
      text: t(said === 'approved' ? 'indicators.services.approveText' : 'indicators.services.refuseText', { title: one.title }),
      confirm: t(`indicators.services.decision.${said}`),
      danger: said === 'refused',
      reason: said === 'refused' ? 'required' : 'optional',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/indicators/services/{name}/versions/{version}/decision', { params: { path }, body: { said, hash: one.hash, note: reason } }))
        await queries.invalidateQueries({ queryKey: SERVICES })
      },
    })
  const revoke = () =>
    ask({
      title: t('indicators.services.revoke'),
      text: t('indicators.services.revokeText', { title: one.title }),
      confirm: t('indicators.services.revoke'),
      danger: true,
      reason: 'optional',
      run: async ({ reason }) => {
        await take(client.POST('/api/v1/indicators/services/{name}/versions/{version}/revoke', { params: { path }, body: { note: reason } }))
        await queries.invalidateQueries({ queryKey: SERVICES })
      },
    })
  const buttons = one.may.filter((said) => said !== 'called')
  if (buttons.length === 0 && !offerAnew) return null
  return (
    <p className="panel-body row">
      {one.may.includes('approved') && (
        <Button type="primary" size="small" onClick={decide('approved')}>
          {t('indicators.services.decision.approved')}
        </Button>
      )}
      {one.may.includes('refused') && (
        <Button size="small" onClick={decide('refused')}>
          {t('indicators.services.decision.refused')}
        </Button>
      )}
      {offerAnew && (
        <Button size="small" onClick={() => offerAnew(one)}>
          {t('indicators.services.offerAnew')}
        </Button>
      )}
      {one.may.includes('revoked') && (
        <Button size="small" danger onClick={revoke}>
          {t('indicators.services.revoke')}
        </Button>
      )}
    </p>
  )
}

function Uses({ one }: { one: DataServiceDetail }) {
  const { t } = useTexts()
  if (one.uses.length === 0) return null
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.services.uses')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('indicators.services.caller')}</th>
            <th scope="col" className="right">
              {t('indicators.services.calls')}
            </th>
            <th scope="col">{t('indicators.services.last')}</th>
          </tr>
        </thead>
        <tbody>
          {one.uses.map((use) => (
            <tr key={use.by}>
              <td className="head">{use.by}</td>
              <td className="right num">{use.calls}</td>
              <td>
                <Instant at={use.last_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
