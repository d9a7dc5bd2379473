import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type FigureRequest, type FigureRequestDetail, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { useTexts } from '@/lib/texts'

import { AnswerDialog } from './AnswerDialog'
import { DecisionDialog } from './DecisionDialog'
import { searchOf } from './explored'
import { usePeriodName, useSaid } from './parts'
import { useToday } from './Pickers'
import { told } from './QuestionPicker'
import { RequestAnswer } from './RequestAnswer'
import { daysSince, isLate, REQUEST_TONES, REQUESTS } from './requests'

type Props = { one: FigureRequest; open: boolean; toggle: (request: string | undefined) => void; amend: (one: FigureRequestDetail) => void }

/** A request: what is asked, by whom, how long it waits; opened, all that was done with it. */
export function RequestCard({ one, open, toggle, amend }: Props) {
  const { t } = useTexts()
  const said = useSaid()
  const periodName = usePeriodName()
  const days = daysSince(one.filed_at, useNow())
  const late = isLate(one, useToday())
  return (
    <article className="report request" aria-label={one.words}>
      <header className="panel-head">
        <h2>{one.words}</h2>
        <Mark tone={REQUEST_TONES[one.state]}>{t(`indicators.requests.state.${one.state}`)}</Mark>
        {late && <Mark tone="bad">{t('indicators.requests.late')}</Mark>}
        <span className="push row">
          <Button size="small" aria-expanded={open} onClick={() => toggle(open ? undefined : one.request)}>
            {t(open ? 'indicators.requests.close' : 'indicators.requests.show')}
          </Button>
        </span>
      </header>
      <p className="panel-body row request-facts">
        <span>{one.own ? t('indicators.requests.mine') : one.by}</span>
        <span>{said(one.organisation_name)}</span>
        <span>{periodName(one.period)}</span>
        {one.wants_rows && <span>{t('indicators.requests.withRows')}</span>}
        {one.needed_on && <span>{t('indicators.requests.until', { day: one.needed_on })}</span>}
        <span className="quiet">{days === 0 ? t('indicators.requests.today') : t('indicators.requests.days', { count: days })}</span>
      </p>
      {open && <Opened request={one.request} amend={amend} />}
    </article>
  )
}

function Opened({ request, amend }: { request: string; amend: (one: FigureRequestDetail) => void }) {
  const { t } = useTexts()
  const found = useQuery({ queryKey: [...REQUESTS, 'one', request], queryFn: () => take(client.GET('/api/v1/indicators/requests/{request}', { params: { path: { request } } })), refetchInterval: 15_000, retry: false })
  if (found.isPending) return <Loading rows={4} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  const one = found.data
  return (
    <>
      <dl className="facts panel-body">
        <dt>{t('indicators.requests.purpose')}</dt>
        <dd>{one.purpose}</dd>
        {one.question && (
          <>
            <dt>{t('indicators.requests.attached')}</dt>
            <dd>
              <Link to="/indicators/explore" search={{ ...searchOf(one.question), period: one.period }} className="mono">
                {told(one.question)}
              </Link>
            </dd>
          </>
        )}
        {one.open_days > 0 && (
          <>
            <dt>{t('indicators.requests.granted')}</dt>
            <dd>
              {t(one.rows_granted ? 'indicators.requests.grantedRows' : 'indicators.requests.grantedFigures', { count: one.open_days })}
              {one.open_until && (
                <>
                  {' · '}
                  {t('indicators.requests.openUntil')} <Instant at={one.open_until} relative={false} />
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      <Actions one={one} amend={amend} />
      {one.is_open && <RequestAnswer one={one} />}
      <ol className="runs" aria-label={t('indicators.requests.history')}>
        {one.history.map((word) => (
          <li key={word.version} className="row request-facts">
            <b>{t(`indicators.requests.said.${word.said}`)}</b>
            <span>{word.by}</span>
            {word.note !== '' && <span>“{word.note}”</span>}
            <span className="quiet">
              <Instant at={word.at} />
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}

/** What whoever reads may do with it now, as the server says. */
function Actions({ one, amend }: { one: FigureRequestDetail; amend: (one: FigureRequestDetail) => void }) {
  const { t } = useTexts()
  const queries = useQueryClient()
  const ask = useAsk()
  const [dialog, setDialog] = useState<'decide' | 'answer' | null>(null)
  if (one.may.length === 0) return null
  const path = { request: one.request }
  const end = (said: 'withdraw' | 'revoke') => () =>
    ask({
      title: t(`indicators.requests.${said}`),
      text: t(`indicators.requests.${said}Text`),
      confirm: t(`indicators.requests.${said}`),
      danger: true,
      reason: 'optional',
      run: async ({ reason }) => {
        const body = { version: one.version, note: reason }
        await take(said === 'withdraw' ? client.POST('/api/v1/indicators/requests/{request}/withdraw', { params: { path }, body }) : client.POST('/api/v1/indicators/requests/{request}/revoke', { params: { path }, body }))
        await queries.invalidateQueries({ queryKey: REQUESTS })
      },
    })
  return (
    <p className="panel-body row">
      {one.may.includes('approved') && (
        <Button type="primary" size="small" onClick={() => setDialog('decide')}>
          {t('indicators.requests.decide')}
        </Button>
      )}
      {one.may.includes('answered') && (
        <Button type={one.answer ? 'default' : 'primary'} size="small" onClick={() => setDialog('answer')}>
          {t(one.answer ? 'indicators.requests.answerAnew' : 'indicators.requests.answer')}
        </Button>
      )}
      {one.may.includes('amended') && (
        <Button size="small" onClick={() => amend(one)}>
          {t('indicators.requests.amend')}
        </Button>
      )}
      {one.may.includes('withdrawn') && (
        <Button size="small" danger onClick={end('withdraw')}>
          {t('indicators.requests.withdraw')}
        </Button>
      )}
      {one.may.includes('revoked') && (
        <Button size="small" danger onClick={end('revoke')}>
          {t('indicators.requests.revoke')}
        </Button>
      )}
      {dialog === 'decide' && <DecisionDialog one={one} close={() => setDialog(null)} />}
      {dialog === 'answer' && <AnswerDialog one={one} close={() => setDialog(null)} />}
    </p>
  )
}
