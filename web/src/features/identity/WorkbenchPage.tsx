import './identity.css'

import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import type { IdentityQuestion } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { Acts } from './Acts'
import { Compare } from './Compare'
import { DecisionBar } from './DecisionBar'
import { Keys } from './Keys'
import { LOOKING, press, type Pressed, type Stage } from './keys'
import { Queue, WhyMark } from './Queue'
import { useReasons } from './reasons'
import { undoable, useBench } from './useBench'
import { useWaiting } from './waiting'
import { EvidenceList, Guards, saidOdds } from './Waterfall'
import { signed } from './waterfall'

type Bench = ReturnType<typeof useBench>

/** Are these two records the same person? */
export default function WorkbenchPage() {
  const { t } = useTexts()
  const bench = useBench()
  const [stage, setStage] = useState<Stage>(LOOKING)
  const desk = useRef<HTMLElement>(null)
  const carryOut = useCarryOut(bench, setStage)
  useKeys(stage, carryOut)
  // A reason is one question's: where that is gone from the screen, it is not given for another.
  useEffect(() => setStage((now) => (now.doing === 'reasoning' ? LOOKING : now)), [bench.pair])
  // Nothing that disappears takes the focus with it.
  useEffect(() => {
    if (stage.doing !== 'reasoning') desk.current?.focus({ preventScroll: true })
  }, [stage.doing])
  return (
    <>
      <div className="page-head">
        <h1>{t('identity.workbench')}</h1>
        <span className="quiet" role="status">
          {t('identity.waiting', { count: bench.total })}
        </span>
        <span className="push row page-links">
          <button type="button" className="native keys-button" aria-keyshortcuts="?" onClick={() => setStage({ doing: 'helping' })}>
            {t('identity.help')} <kbd>?</kbd>
          </button>
          <Seconds />
          <Link to="/identity/quality">{t('identity.quality.title')}</Link>
          <Link to="/identity/search">{t('identity.search')}</Link>
        </span>
      </div>
      {stage.doing === 'helping' && <Keys close={() => setStage(LOOKING)} />}
      <div className="bench">
        <aside className="panel bench-queue" aria-label={t('identity.queue')}>
          <Waiting bench={bench} show={bench.show} />
        </aside>
        <section ref={desk} tabIndex={-1} className="stack bench-desk" aria-label={t('identity.question')}>
          <Acts acts={bench.acts} undo={() => void bench.undo()} />
          {bench.question && <Asked bench={bench} question={bench.question} stage={stage} change={setStage} carryOut={carryOut} />}
        </section>
      </div>
    </>
  )
}

/** The decisions that wait for a second person, where there are any. */
function Seconds() {
  const { t } = useTexts()
  const count = useWaiting().data?.items.length ?? 0
  if (count === 0) return <Link to="/identity/waiting">{t('identity.second.title')}</Link>
  return (
    <Link to="/identity/waiting">
      <Mark tone="warn">{t('identity.second.link', { count })}</Mark>
    </Link>
  )
}

function useCarryOut(bench: Bench, change: (stage: Stage) => void): (pressed: Pressed) => void {
  const decides = useMay()('identity.decide')
  return ({ stage, effect }) => {
    const ready = decides && bench.detail.data !== undefined
    if (stage.doing === 'reasoning' && !ready) return
    change(stage)
    if (effect === 'next') bench.show(bench.place + 1)
    else if (effect === 'previous') bench.show(bench.place - 1)
    else if (effect === 'skip') bench.skip()
    else if (effect === 'undo') void (decides && bench.undo())
    else if (effect !== null) bench.decide(effect.said, effect.reason)
  }
}

/** Keys work wherever the focus is, but where somebody writes or chooses from a menu. */
function useKeys(stage: Stage, carryOut: (pressed: Pressed) => void) {
  const reasons = useReasons()
  const latest = useRef({ stage, carryOut, reasons })
  useEffect(() => {
    latest.current = { stage, carryOut, reasons }
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      const target = event.target as HTMLElement | null
      const reasoning = Boolean(target?.closest('.reasoning'))
      if (target?.closest('input, textarea, select, [contenteditable], [role=menu], [role=dialog]') && !reasoning) return
      if (event.key === 'Enter' && target?.closest('button, a')) return
      // A key that is held goes through the queue, and decides or undoes once.
      if (event.repeat && !/^[jk]$/i.test(event.key)) return
      const now = latest.current
      const said = now.stage.doing === 'reasoning' ? now.reasons(now.stage.said) : []
      const pressed = press(now.stage, event.key, said)
      if (!pressed.handled) return
      event.preventDefault()
      now.carryOut(pressed)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

function Waiting({ bench, show }: { bench: Bench; show: (place: number) => void }) {
  const { t } = useTexts()
  const { list, queue, place, skipped } = bench
  if (list.isPending || (queue.length === 0 && list.hasNextPage)) return <Loading rows={8} />
  if (!list.data) return <Failed error={list.error} retry={() => void list.refetch()} />
  if (queue.length === 0) return <StatePage title={t('identity.none')} text={t('identity.noneText')} quiet />
  return <Queue queue={queue} place={place} skipped={skipped} show={show} />
}

type AskedProps = {
  bench: Bench
  question: IdentityQuestion
  stage: Stage
  change: (stage: Stage) => void
  carryOut: (pressed: Pressed) => void
}

function Asked({ bench, question, stage, change, carryOut }: AskedProps) {
  const { t } = useTexts()
  const decides = useMay()('identity.decide')
  const { detail } = bench
  return (
    <>
      <section className="panel asked-head" aria-label={t('identity.decision')}>
        <div className="row">
          <h2>{t('identity.isOne')}</h2>
          <WhyMark why={question.why} />
          <Mark tone="mute" plain>
            <span className="num">{t('identity.bits', { bits: signed(question.bits) })}</span>
          </Mark>
          <span className="quiet">{saidOdds(t, question.bits)}</span>
          <span className="quiet num push">{t('identity.place', { place: bench.place + 1, count: bench.queue.length })}</span>
        </div>
        {detail.data?.evidence[0] && <Guards guards={detail.data.evidence[0].guards} />}
        {decides && <DecisionBar stage={stage} change={change} carryOut={carryOut} ready={detail.data !== undefined} canUndo={undoable(bench.acts) !== undefined} />}
      </section>
      {detail.data ? (
        <>
          <section className="panel" aria-label={t('identity.compare')}>
            <Compare person={detail.data.person} other={detail.data.other} />
          </section>
          <section className="panel" aria-label={t('identity.evidence')}>
            <div className="panel-head">
              <h2>{t('identity.evidence')}</h2>
            </div>
            <EvidenceList evidence={detail.data.evidence} />
          </section>
        </>
      ) : detail.isPending ? (
        <Loading rows={12} />
      ) : (
        <Failed error={detail.error} retry={() => void bench.list.refetch()} />
      )}
    </>
  )
}
