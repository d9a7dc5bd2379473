import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { client, type IndicatorDetail, take, type WatchWord } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { tell } from './numbers'
import { unitOf, unitWord, usePeriodName } from './parts'
import { PlaceOf } from './PlaceOf'
import { ruleKind, useRuleWords } from './RuleDialog'

/** Who set which target and rule, and who took note of what: asked for when it is opened. */
export function WatchWords({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const [open, setOpen] = useState(false)
  const history = useQuery({
    queryKey: ['indicators', 'watched', indicator.code],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/watched', { params: { path: { code: indicator.code } } })),
    enabled: open,
    retry: false,
  })
  return (
    <details className="watch-words" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('indicators.watch.history')}</summary>
      {history.data?.items.length === 0 && <p className="quiet">{t('indicators.watch.nothingSaid')}</p>}
      <ul className="approval-words" aria-label={t('indicators.watch.history')}>
        {history.data?.items.map((word) => (
          <li key={word.position} className="row">
            <Instant at={word.at} relative={false} />
            <span>{word.by}</span>
            <strong>
              <Said word={word} indicator={indicator} />
            </strong>
            <span className="quiet">
              <PlaceOf hospital={word.hospital} department={word.department} />
            </span>
            {word.note !== '' && <span>“{word.note}”</span>}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Said({ word, indicator }: { word: WatchWord; indicator: IndicatorDetail }) {
  const { t, language } = useTexts()
  const periodName = usePeriodName()
  const rule = useRuleWords()
  const kind = ruleKind(word.kind)
  if (word.said === 'targeted') {
    const unit = unitOf(indicator.unit)
    const period = periodName(word.period)
    return word.value === null ? t('indicators.watch.word.untargeted', { period }) : t('indicators.watch.word.targeted', { period, value: `${tell(word.value, unit, language).text}${unitWord(t, unit)}` })
  }
  if (word.said === 'ruled') return t(word.ends ? 'indicators.watch.word.unruled' : 'indicators.watch.word.ruled', { rule: rule(kind, word.limit ?? 0) })
  return t(word.said === 'silenced' ? 'indicators.watch.word.silenced' : 'indicators.watch.word.acknowledged', { kind: t(`indicators.alerts.kind.${kind}`) })
}
