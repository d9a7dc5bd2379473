import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'

import { useAsk } from '@/components/ask'
import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { type AlertRule, client, type IndicatorDetail, type IndicatorTarget, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { usePeriodName, useSaid, Value } from './parts'
import { PlaceOf } from './PlaceOf'
import { RuleDialog, ruleKind, useRuleWords } from './RuleDialog'
import { TargetDialog } from './TargetDialog'
import { WatchWords } from './WatchWords'

/** What is to be reached, when somebody is told that it is not, and who said so. */
export function Watching({ indicator }: { indicator: IndicatorDetail }) {
  const { t } = useTexts()
  const sets = useMay()('indicators.publish')
  const [open, setOpen] = useState<'target' | 'rule' | null>(null)
  const { code } = indicator
  const targets = useQuery({
    queryKey: ['indicators', 'targets', code],
    queryFn: () => take(client.GET('/api/v1/indicators/targets', { params: { query: { code } } })),
    retry: false,
  })
  const rules = useQuery({
    queryKey: ['indicators', 'rules', code],
    queryFn: () => take(client.GET('/api/v1/indicators/alert-rules', { params: { query: { code } } })),
    retry: false,
  })
  return (
    <section className="panel" aria-label={t('indicators.watch.title')}>
      <div className="panel-head">
        <h2>{t('indicators.watch.title')}</h2>
        <span className="quiet">{t('indicators.watch.text')}</span>
        {sets && (
          <span className="row push">
            <Button size="small" onClick={() => setOpen('target')}>
              {t('indicators.watch.setTarget')}
            </Button>
            <Button size="small" onClick={() => setOpen('rule')}>
              {t('indicators.watch.setRule')}
            </Button>
          </span>
        )}
      </div>
      {targets.isPending || rules.isPending ? (
        <Loading rows={3} />
      ) : !targets.data || !rules.data ? (
        <Failed error={targets.error ?? rules.error} />
      ) : targets.data.items.length + rules.data.items.length === 0 ? (
        <StatePage title={t('indicators.watch.none')} text={t('indicators.watch.noneText')} quiet />
      ) : (
        <>
          <Targets indicator={indicator} targets={targets.data.items} sets={sets} />
          <Rules indicator={indicator} rules={rules.data.items} sets={sets} />
        </>
      )}
      <WatchWords indicator={indicator} />
      {open === 'target' && <TargetDialog indicator={indicator} close={() => setOpen(null)} />}
      {open === 'rule' && <RuleDialog indicator={indicator} close={() => setOpen(null)} />}
    </section>
  )
}

function Targets({ indicator, targets, sets }: { indicator: IndicatorDetail; targets: IndicatorTarget[]; sets: boolean }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const ask = useAsk()
  const queries = useQueryClient()
  if (targets.length === 0) return null
  const { unit, better } = indicator
  const end = ({ code, caliber, period, hospital, department }: IndicatorTarget) =>
    ask({
      title: t('indicators.watch.endTarget'),
      confirm: t('indicators.watch.end'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/indicators/{code}/targets', { params: { path: { code } }, body: { caliber, period, hospital, department, value: null } }))
        await queries.invalidateQueries({ queryKey: ['indicators'] })
      },
    })
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.watch.targets')}>
      <table className="table cards">
        <thead>
          <tr>
            <th scope="col">{t('indicators.period')}</th>
            <th scope="col">{t('indicators.place')}</th>
            <th scope="col">{t('indicators.caliber')}</th>
            <th scope="col" className="right">
              {t('indicators.target')}
            </th>
            <th scope="col" className="right">
              {t('indicators.published')}
            </th>
            <th scope="col" className="right">
              {t('indicators.watch.forecast')}
            </th>
            <th scope="col">{t('indicators.watch.by')}</th>
            {sets && <th scope="col">{t('indicators.alerts.heed')}</th>}
          </tr>
        </thead>
        <tbody>
          {targets.map((one) => (
            <tr key={`${one.caliber} ${one.period} ${one.hospital} ${one.department}`}>
              <td className="head">{periodName(one.period)}</td>
              <td data-title={t('indicators.place')}>
                <PlaceOf hospital={one.hospital} department={one.department} />
              </td>
              <td data-title={t('indicators.caliber')}>
                <CaliberName indicator={indicator} caliber={one.caliber} />
              </td>
              <td data-title={t('indicators.target')} className="right">
                {{ up: '≥', down: '≤', neither: '=' }[better]} <Value value={one.target} unit={unit} />
              </td>
              <td data-title={t('indicators.published')} className="right">
                {one.value === null ? <span className="quiet">–</span> : <Value value={one.value} unit={unit} />}{' '}
                {one.reached !== null && <Mark tone={one.reached ? 'good' : 'bad'}>{t(one.reached ? 'indicators.reached' : 'indicators.missed')}</Mark>}
              </td>
              <td data-title={t('indicators.watch.forecast')} className="right">
                {one.forecast === null ? <span className="quiet">–</span> : <Value value={one.forecast} unit={unit} />}
              </td>
              <td data-title={t('indicators.watch.by')}>
                {one.set_by} <Instant at={one.set_at} relative={false} />
              </td>
              {sets && (
                <td data-title={t('indicators.alerts.heed')}>
                  <Button size="small" onClick={() => end(one)}>
                    {t('indicators.watch.end')}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Rules({ indicator, rules, sets }: { indicator: IndicatorDetail; rules: AlertRule[]; sets: boolean }) {
  const { t } = useTexts()
  const words = useRuleWords()
  const ask = useAsk()
  const queries = useQueryClient()
  const end = ({ code, caliber, hospital, kind, limit }: AlertRule) =>
    ask({
      title: t('indicators.watch.endRule'),
      confirm: t('indicators.watch.end'),
      danger: true,
      run: async () => {
        await take(client.POST('/api/v1/indicators/{code}/alert-rules', { params: { path: { code } }, body: { caliber, hospital, kind: ruleKind(kind), limit, ends: true } }))
        await queries.invalidateQueries({ queryKey: ['indicators'] })
      },
    })
  return (
    <ul className="entries" aria-label={t('indicators.watch.rules')}>
      {rules.map((rule) => (
        <li key={rule.number} className="row">
          <Mark tone="info">{t(`indicators.alerts.kind.${ruleKind(rule.kind)}`)}</Mark>
          <span>{words(ruleKind(rule.kind), rule.limit)}</span>
          <span className="quiet">
            <PlaceOf hospital={rule.hospital} /> · <CaliberName indicator={indicator} caliber={rule.caliber} /> · {rule.set_by} <Instant at={rule.set_at} relative={false} />
          </span>
          {sets && (
            <Button size="small" className="push" onClick={() => end(rule)}>
              {t('indicators.watch.end')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

export function CaliberName({ indicator, caliber }: { indicator: IndicatorDetail; caliber: string }) {
  const said = useSaid()
  const found = indicator.calibers.find((one) => one.caliber === caliber)
  return <span title={caliber}>{found ? said(found.title) : caliber}</span>
}
