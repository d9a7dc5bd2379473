import { EyeInvisibleOutlined, SafetyOutlined, StopOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { BreakGlass, type Said } from '@/components/BreakGlass'
import { focusLook, LookBar } from '@/components/LookBar'
import { OpenedLook, useLookEnd } from '@/components/OpenedLook'
import { usePurposeNames } from '@/components/purposes'
import { useRoleNames } from '@/components/roles'
import { client, type RecordLook as Look, type RecordReason, type RecordRight, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { seeMore } from '@/lib/looks'
import { useMay, useSession } from '@/lib/session'
import { type Translate, useTexts } from '@/lib/texts'
import { shortTime } from '@/lib/time'

/** Why the reader sees this record as he does, hospital by hospital; what is masked can be opened. */
export function RecordLook({ person }: { person: string }) {
  const queries = useQueryClient()
  const [asks, setAsks] = useState(false)
  const look = useQuery({
    queryKey: ['record', person, 'look'],
    queryFn: () => take(client.GET('/api/v1/record/{person}/look', { params: { path: { person } } })),
    retry: false,
  })
  useLookEnd(look.data?.glass_until ?? null)
  if (!look.data) return null
  const open = async (said: Said) => {
    const [first] = await take(client.POST('/api/v1/record/{person}/glass', { params: { path: { person } }, body: said }))
    return first
  }
  return (
    <div className="stack record-look">
      <Opened look={look.data} />
      <Hidden look={look.data} open={() => setAsks(true)} />
      <Why rights={look.data.rights} roles={look.data.roles} />
      <BreakGlass
        open={asks}
        look={open}
        broken={async () => {
          await seeMore(queries)
          setAsks(false)
        }}
        close={() => setAsks(false)}
        closed={focusLook}
      />
    </div>
  )
}

function Opened({ look: { glasses, glass_until: until } }: { look: Look }) {
  if (until === null) return null
  const end = async () => {
    for (const glass of glasses) await take(client.DELETE('/api/v1/privacy/glass/{glass}', { params: { path: { glass } } }))
  }
  return <OpenedLook until={until} end={end} />
}

/** What is masked or withheld, of which hospital and why; one line for those of one reason. */
function Hidden({ look, open }: { look: Look; open: () => void }) {
  const { t } = useTexts()
  const names = usePurposeNames()
  const breaks = useMay()('glass.break')
  const hidden = look.rights.filter((right) => !right.look.clear)
  const [first] = hidden
  if (!first) return null
  const reasons = [...new Set(hidden.map((right) => right.look.why))]
  const withheld = hidden.every((right) => right.look.withheld)
  const title = withheld ? t('look.withheld') : t('look.masked')
  return (
    <LookBar kind={withheld ? 'withheld' : 'masked'} label={title} second={look.glass_until !== null}>
      {withheld ? <StopOutlined aria-hidden /> : <EyeInvisibleOutlined aria-hidden />}
      <p>
        <strong>{title}</strong>{' '}
        {reasons.map((why) => {
          const of = hidden.filter((right) => right.look.why === why)
          return (
            <span key={why}>
              {look.rights.length > of.length && `${hospitals(t, of)}${t('common.colon')}`}
              {why !== 'glass' && t(`look.why.${why}`, { purpose: names(first.look.purpose) })}{' '}
            </span>
          )
        })}
        <Link to="/privacy" search={{ tab: 'classification' }}>
          {t('look.rules')}
        </Link>
      </p>
      {breaks && (
        <Button size="small" onClick={open}>
          {t('look.break')}
        </Button>
      )}
    </LookBar>
  )
}

/** Of each hospital whose record is seen as it is: by which encounter and until when, or for which purpose. */
function Why({ rights, roles }: { rights: RecordRight[]; roles: string[] }) {
  const { t } = useTexts()
  const shown = rights.filter(({ look }) => look.clear && look.why !== 'glass')
  if (shown.length === 0) return null
  const ways = new Map<string, RecordRight[]>()
  for (const right of shown) {
    const way = JSON.stringify([right.look.purpose, right.reasons.map(({ rule, visit, role, until }) => [rule, visit, role, until])])
    ways.set(way, [...(ways.get(way) ?? []), right])
  }
  return (
    <section className="record-why quiet" aria-label={t('record.why.title')}>
      <SafetyOutlined aria-hidden />
      <ul>
        {[...ways].map(([way, of]) => (
          <li key={way}>
            {rights.length > 1 && `${hospitals(t, of)}${t('common.colon')}`}
            <Grounds right={of[0]} roles={roles} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Grounds({ right, roles }: { right: RecordRight | undefined; roles: string[] }) {
  const { t } = useTexts()
  const purposes = usePurposeNames()
  const role = useRoleNames()
  if (!right) return null
  const [best] = right.reasons
  const purpose = purposes(right.look.purpose)
  if (!best) return t('record.why.purpose', { purpose, roles: roles.map(role).join(t('common.comma')) })
  return (
    <>
      {t('record.why.treats', { purpose })} <Ground reason={best} />
    </>
  )
}

function Ground({ reason }: { reason: RecordReason }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  const now = useNow()
  const role = useRoleNames()
  const reads = useMay()('messages.read')
  const [visit] = reason.visit.split('^')
  const until = reason.counts_until === null ? t('record.why.lasts') : t('record.why.until', { at: shortTime(reason.counts_until, timezone, now) })
  return (
    <>
      {t(`record.why.${reason.rule}`, { unit: reason.unit, role: role(reason.role), organisation: reason.role_organisation })}
      {visit && t('record.why.visit', { visit })}
      {until}
      {reads && (
        <Link to="/messages/$position" params={{ position: reason.position }} title={t('record.toMessage')} className="mono">
          {' '}
          {reason.position}
        </Link>
      )}
    </>
  )
}

function hospitals(t: Translate, rights: RecordRight[]): string {
  return [...new Set(rights.map(({ name, organisation, authority }) => name || organisation || authority))].join(t('common.comma'))
}
