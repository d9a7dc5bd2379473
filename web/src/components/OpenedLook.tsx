import { EyeOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useRef } from 'react'

import { focusLook, LookBar } from '@/components/LookBar'
import { Trouble } from '@/components/Trouble'
import { useNow } from '@/lib/clock'
import { seeLess } from '@/lib/looks'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { duration, shortTime } from '@/lib/time'

const AGAIN_MS = 10_000

/** Forget what was shown when a look is over; ask again as long as the server says that it is not. */
export function useLookEnd(until: string | null): void {
  const queries = useQueryClient()
  const now = useNow()
  const tried = useRef(-Infinity)
  useEffect(() => {
    if (until === null || now <= Date.parse(until) || now - tried.current < AGAIN_MS) return
    tried.current = now
    void seeLess(queries)
  }, [until, now, queries])
}

/** Says that something is opened in an emergency, how long still, and ends it. */
export function OpenedLook({ until, end }: { until: string; end: () => Promise<void> }) {
  const { t, language } = useTexts()
  const { timezone } = useSession()
  const now = useNow()
  const queries = useQueryClient()
  const ending = useMutation({
    mutationFn: async () => {
      await end()
      await seeLess(queries)
      focusLook()
    },
  })
  const left = duration((Date.parse(until) - now) / 1000, language)
  return (
    <LookBar kind="open" label={t('look.opened')}>
      <EyeOutlined aria-hidden />
      <p>
        <strong>{t('look.opened')}</strong> {t('look.until', { at: shortTime(until, timezone, now) })}
        <span role="timer" className="num nowrap">
          {t('look.left', { left })}
        </span>
        {t('look.reviewed')}
      </p>
      <Button size="small" loading={ending.isPending} onClick={() => ending.mutate()}>
        {t('look.end')}
      </Button>
      <Trouble error={ending.error} />
    </LookBar>
  )
}
