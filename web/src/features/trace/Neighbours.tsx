import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useId } from 'react'

import { Instant } from '@/components/Instant'
import { useKind } from '@/components/kind'
import { ProblemLine } from '@/components/ProblemView'
import { ApiFailure, client, type Neighbour, type Neighbours as Found, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { reasonOf } from './reason'

/** How often a message that has no later one yet is asked for it again. */
const LOOK_MS = 30_000

/**
 * Leads to the message of the same patient just before this one, and just after it. The buttons stay
 * where they are while one message follows the other, so that they can be pressed again and again.
 */
export function Neighbours({ position }: { position: string }) {
  const { t } = useTexts()
  const { data, error, isPending, isPlaceholderData, refetch } = useQuery({
    queryKey: ['neighbours', position],
    queryFn: () => take(client.GET('/api/v1/messages/{position}/neighbours', { params: { path: { position } } })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.patient && state.data.next === null ? LOOK_MS : false),
  })
  const ids = { previous: useId(), next: useId() }
  // A message that is not there says so itself, below.
  if (error instanceof ApiFailure && error.status === 404) return null
  const busy = isPending || isPlaceholderData
  const patient = data?.patient
  return (
    <nav className="neighbours" aria-label={t('trace.neighbours')} aria-busy={busy}>
      <span className="neighbours-buttons">
        <Step side="previous" to={busy ? null : data?.previous} why={ids.previous} />
        <Step side="next" to={busy ? null : data?.next} why={ids.next} />
      </span>
      {patient && <Patient value={patient.value} authority={patient.authority} />}
      {data && <About side="previous" found={data} id={ids.previous} />}
      {data && <About side="next" found={data} id={ids.next} hidden={!patient} />}
      {error && (
        <span className="row">
          {error instanceof ApiFailure && error.problem ? <ProblemLine problem={error.problem} /> : t('states.failedTitle')}
          <Button size="small" onClick={() => void refetch()}>
            {t('common.retry')}
          </Button>
        </span>
      )}
    </nav>
  )
}

/** Whose messages these are, leading to all of them; what is masked leads nowhere. */
function Patient({ value, authority }: { value: string; authority: string | null }) {
  const { t } = useTexts()
  const text = (
    <>
      {t('trace.ofPatient')}{' '}
      <span className="mono">
        {value}
        <span className="quiet">^{authority}</span>
      </span>
    </>
  )
  if (value.includes('*')) return <span className="neighbours-patient">{text}</span>
  return (
    <Link to="/messages" search={{ q: `${value}^${authority}` }} className="neighbours-patient" title={t('trace.searchAll')}>
      {text}
    </Link>
  )
}

type StepProps = { side: 'previous' | 'next'; to: Neighbour | null | undefined; why: string }

/** One button. Where it leads nowhere it can still be reached, because it says why. */
function Step({ side, to, why }: StepProps) {
  const { t } = useTexts()
  const navigate = useNavigate()
  return (
    <Button
      size="small"
      icon={side === 'previous' ? <LeftOutlined /> : <RightOutlined />}
      iconPlacement={side === 'previous' ? 'start' : 'end'}
      aria-label={t(`trace.${side}OfPatient`)}
      aria-disabled={!to}
      aria-describedby={why}
      onClick={() => to && void navigate({ to: '/messages/$position', params: { position: to.position }, search: true })}
    >
      {t(`trace.${side}`)}
    </Button>
  )
}

type AboutProps = { side: 'previous' | 'next'; found: Found; id: string; hidden?: boolean }

/** Where a button leads, or why it leads nowhere. */
function About({ side, found, id, hidden = false }: AboutProps) {
  const { t } = useTexts()
  const kind = useKind()
  const to = found[side]
  const reason = reasonOf(found, side)
  return (
    <span id={id} className={hidden ? 'sr-only' : 'neighbour'}>
      {found.patient && (side === 'previous' ? <LeftOutlined aria-hidden /> : <RightOutlined aria-hidden />)}
      {to && (
        <>
          <span>{kind(to.kind)}</span>
          <Instant at={to.received_at} relative={false} />
          {to.channel !== null && <span>{to.channel}</span>}
        </>
      )}
      {reason && <span>{t(`trace.${reason}`)}</span>}
    </span>
  )
}
