import { EyeInvisibleOutlined, EyeOutlined, StopOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import { usePurposeNames } from '@/components/purposes'
import { Trouble } from '@/components/Trouble'
import { client, type MessageTrace, take } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { opens, seeLess } from '@/lib/looks'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { duration, shortTime } from '@/lib/time'

import { focusLook, useGlass } from './GlassDoor'

/** Says how the message is seen: masked, and why; or opened in an emergency, and how long. */
export function LookBanner({ trace }: { trace: MessageTrace }) {
  const { why, clear, glass_until: until } = trace.look
  if (why === 'glass') return until && <Opened trace={trace} until={until} />
  return clear ? null : <Masked trace={trace} why={why} />
}

function Masked({ trace, why }: { trace: MessageTrace; why: Exclude<MessageTrace['look']['why'], 'glass'> }) {
  const { t } = useTexts()
  const names = usePurposeNames()
  const glass = useGlass(trace)
  const { purpose, withheld } = trace.look
  const title = withheld ? t('look.withheld') : t('look.masked')
  return (
    <section id="look" tabIndex={-1} className={`look${withheld ? ' look-withheld' : ''}`} aria-label={title}>
      {withheld ? <StopOutlined aria-hidden /> : <EyeInvisibleOutlined aria-hidden />}
      <p>
        <strong>{title}</strong> {t(`look.why.${why}`, { purpose: names(purpose) })}{' '}
        <Link to="/privacy" search={{ tab: 'classification' }}>
          {t('look.rules')}
        </Link>
      </p>
      {glass.may && (
        <Button size="small" onClick={() => glass.open()}>
          {t('look.break')}
        </Button>
      )}
    </section>
  )
}

function Opened({ trace, until }: { trace: MessageTrace; until: string }) {
  const { t, language } = useTexts()
  const { timezone } = useSession()
  const now = useNow()
  const queries = useQueryClient()
  const end = useMutation({
    mutationFn: async () => {
      const mine = await take(client.GET('/api/v1/privacy/glass/mine'))
      for (const { id } of mine.filter((one) => opens(one, trace)))
        await take(client.DELETE('/api/v1/privacy/glass/{glass}', { params: { path: { glass: id } } }))
      await seeLess(queries)
      focusLook()
    },
  })
  const left = duration((Date.parse(until) - now) / 1000, language)
  return (
    <section id="look" tabIndex={-1} className="look look-open" aria-label={t('look.opened')}>
      <EyeOutlined aria-hidden />
      <p>
        <strong>{t('look.opened')}</strong> {t('look.until', { at: shortTime(until, timezone, now) })}
        <span role="timer" className="num nowrap">
          {t('look.left', { left })}
        </span>
        {t('look.reviewed')}
      </p>
      <Button size="small" loading={end.isPending} onClick={() => end.mutate()}>
        {t('look.end')}
      </Button>
      <Trouble error={end.error} />
    </section>
  )
}
