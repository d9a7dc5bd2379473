import { Mark, type Tone } from '@/components/StateMark'
import type { Evidence } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { RecordName } from './parts'
import { type Bar, odds, signed, waterfall } from './waterfall'
import { ELEMENTS, LANES, LEVELS } from './words'

const TONES: Record<(typeof LANES)[number], Tone> = { AUTO: 'good', REVIEW: 'warn', NEW: 'mute', SUPPRESS: 'mute' }

/** Pairs of records and why each is, or is not, taken for one person's; the first is open. */
export function EvidenceList({ evidence }: { evidence: readonly Evidence[] }) {
  const { t } = useTexts()
  return (
    <div className="pairs">
      {evidence.map((one, place) => (
        <details key={`${one.record.id} ${one.other.id}`} open={place === 0}>
          <summary>
            <RecordName {...one.record} /> <span aria-hidden="true">↔</span> <RecordName {...one.other} />
            <LaneMark lane={one.lane} />
            <span className="num push">{t('identity.bits', { bits: signed(one.bits) })}</span>
          </summary>
          <EvidenceView evidence={one} />
        </details>
      ))}
    </div>
  )
}

/** Why two records are, or are not, taken for one person's: guards, and each element in bits. */
export function EvidenceView({ evidence }: { evidence: Evidence }) {
  const { t } = useTexts()
  return (
    <div className="evidence">
      <Guards guards={evidence.guards} />
      <Steps evidence={evidence} />
      <p className="quiet evidence-model">{t('identity.model', { name: evidence.model })}</p>
    </div>
  )
}

/** What keeps two records from being linked by themselves, whatever the score. */
export function Guards({ guards }: { guards: Evidence['guards'] }) {
  const { t, language } = useTexts()
  if (guards.length === 0) return null
  return (
    <ul className="guards" aria-label={t('identity.guards')}>
      {guards.map((guard) => (
        <li key={guard.en}>
          <Mark tone="warn">{guard[language]}</Mark>
        </li>
      ))}
    </ul>
  )
}

export function LaneMark({ lane }: { lane: string }) {
  const { t } = useTexts()
  const known = LANES.find((one) => one === lane)
  return known ? <Mark tone={TONES[known]}>{t(`identity.lane.${known}`)}</Mark> : <span>{lane}</span>
}

function Steps({ evidence }: { evidence: Evidence }) {
  const { t } = useTexts()
  const { bars, total, zero, totalLeft, totalWidth } = waterfall(evidence.steps)
  return (
    <table className="waterfall">
      <caption className="sr-only">{t('identity.waterfall')}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">{t('identity.elementTitle')}</th>
          <th scope="col">{t('identity.levelTitle')}</th>
          <th scope="col">{t('identity.bitsTitle')}</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <Step key={bar.step.element} bar={bar} zero={zero} />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {t('identity.sum')} <span className="quiet">{saidOdds(t, total)}</span>
          </th>
          <td className="num right">{signed(total)}</td>
          <td className="waterfall-room" aria-hidden="true">
            <Stripe zero={zero} left={totalLeft} width={totalWidth} className={total < 0 ? 'bar-total bar-less' : 'bar-total'} />
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

function Step({ bar, zero }: { bar: Bar; zero: number }) {
  const { t, language } = useTexts()
  const { element, zh, level, bits } = bar.step
  const known = ELEMENTS.find((one) => one === element)
  return (
    <tr>
      <th scope="row">{language === 'zh' || !known ? zh : t(`identity.element.${known}`)}</th>
      <td className="waterfall-level">{levelName(t, level)}</td>
      <td className="num right">{signed(bits)}</td>
      <td className="waterfall-room" aria-hidden="true">
        <Stripe zero={zero} left={bar.left} width={bar.width} className={bits < 0 ? 'bar-less' : 'bar-more'} />
      </td>
    </tr>
  )
}

/** What speaks for one person is a full bar, what speaks against it a hollow one. */
function Stripe({ zero, left, width, className }: { zero: number; left: number; width: number; className: string }) {
  return (
    <svg viewBox="0 0 100 12" preserveAspectRatio="none" className="waterfall-bar">
      <line x1={100 * zero} x2={100 * zero} y1="0" y2="12" className="waterfall-zero" vectorEffect="non-scaling-stroke" />
      <rect x={100 * left} width={Math.max(100 * width, 0.5)} y="2" height="8" className={className} vectorEffect="non-scaling-stroke" />
    </svg>
  )
}

export function levelName(t: Translate, level: string): string {
  const known = LEVELS.find((one) => one === level)
  return known ? t(`identity.level.${known}`) : level
}

/** Bits as people say chances. */
export function saidOdds(t: Translate, bits: number): string {
  const { times, beyond } = odds(bits)
  if (times <= 1) return t('identity.oddsEven')
  const text = beyond ? t('identity.oddsMany') : times.toLocaleString('en-US')
  return bits < 0 ? t('identity.oddsAgainst', { times: text }) : t('identity.oddsFor', { times: text })
}
