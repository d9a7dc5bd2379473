import { useLayoutEffect, useRef, useState } from 'react'

import { Mark } from '@/components/StateMark'
import type { IdentityQuestion } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Who } from './parts'
import { drawn, pairOf, scrolledTo } from './queue'
import { signed } from './waterfall'
import { WHYS } from './words'

const ROW = 68

type Props = { queue: readonly IdentityQuestion[]; place: number; skipped: readonly string[]; show: (place: number) => void }

/** The questions, the likeliest first. However many there are, only what is seen is drawn. */
export function Queue({ queue, place, skipped, show }: Props) {
  const { t } = useTexts()
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, room: 600 })
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return undefined
    const measure = () => setSeen({ top: element.scrollTop, room: element.clientHeight })
    const watcher = new ResizeObserver(measure)
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])
  useLayoutEffect(() => {
    const element = box.current
    if (element) element.scrollTop = scrolledTo(place, ROW, element.scrollTop, element.clientHeight)
  }, [place, queue.length])
  const { from, to } = drawn(queue.length, ROW, seen.top, seen.room)
  return (
    <div
      ref={box}
      className="queue"
      role="listbox"
      aria-label={t('identity.queue')}
      onScroll={({ currentTarget }) => setSeen({ top: currentTarget.scrollTop, room: currentTarget.clientHeight })}
    >
      <div className="queue-whole" style={{ height: queue.length * ROW }}>
        {queue.slice(from, to).map((question, index) => {
          const at = from + index
          return (
            <div
              key={pairOf(question)}
              role="option"
              aria-selected={at === place}
              aria-setsize={queue.length}
              aria-posinset={at + 1}
              className="queue-row"
              style={{ top: at * ROW }}
              onClick={() => show(at)}
            >
              <Who person={question.person} />
              <Who person={question.other} />
              <span className="queue-why">
                <WhyMark why={question.why} />
                {skipped.includes(pairOf(question)) && <span className="quiet">{t('identity.skipped')}</span>}
                <span className="num push">{t('identity.bits', { bits: signed(question.bits) })}</span>
              </span>
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** Why somebody must look. */
export function WhyMark({ why }: { why: string }) {
  const { t } = useTexts()
  const known = WHYS.find((one) => one === why)
  if (!known) return <span>{why}</span>
  return (
    <Mark tone={known === 'score' ? 'info' : 'warn'} plain>
      {t(`identity.why.${known}`)}
    </Mark>
  )
}
