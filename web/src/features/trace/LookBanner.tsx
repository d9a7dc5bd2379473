import { EyeInvisibleOutlined, StopOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import { LookBar } from '@/components/LookBar'
import { OpenedLook } from '@/components/OpenedLook'
import { usePurposeNames } from '@/components/purposes'
import { client, type MessageTrace, take } from '@/lib/api'
import { opens } from '@/lib/looks'
import { useTexts } from '@/lib/texts'

import { useGlass } from './GlassDoor'

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
    <LookBar kind={withheld ? 'withheld' : 'masked'} label={title}>
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
    </LookBar>
  )
}

function Opened({ trace, until }: { trace: MessageTrace; until: string }) {
  const end = async () => {
    const mine = await take(client.GET('/api/v1/privacy/glass/mine'))
    for (const { id } of mine.filter((one) => opens(one, trace)))
      await take(client.DELETE('/api/v1/privacy/glass/{glass}', { params: { path: { glass: id } } }))
  }
  return <OpenedLook until={until} end={end} />
}
