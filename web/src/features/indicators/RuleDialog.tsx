import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, type IndicatorDetail, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { plain } from './numbers'
import { useSaid } from './parts'
import { type Cell, CellFields } from './CellFields'

export const RULE_KINDS = ['target', 'sudden', 'missing'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

/** A kind that this console knows. */
export const ruleKind = (kind: string): RuleKind => RULE_KINDS.find((one) => one === kind) ?? 'target'

/** What is usual to begin with: five percent, three deviations, fifteen days. */
const USUAL: Record<RuleKind, string> = { target: '5', sudden: '3', missing: '15' }

/** When a rule gives alarm, as a sentence. */
export function useRuleWords(): (kind: RuleKind, limit: number) => string {
  const { t, language } = useTexts()
  return (kind, limit) => t(`indicators.watch.says.${kind}`, { limit: plain(limit, language) })
}

/** When somebody is told. */
export function RuleDialog({ indicator, close }: { indicator: IndicatorDetail; close: () => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const words = useRuleWords()
  const queries = useQueryClient()
  const [cell, setCell] = useState<Cell>({ caliber: indicator.calibers[0]?.caliber ?? '', hospital: '', department: '' })
  const [kind, setKind] = useState<RuleKind>('target')
  const [limit, setLimit] = useState(USUAL.target)
  const set = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const { caliber, hospital } = cell
      await take(client.POST('/api/v1/indicators/{code}/alert-rules', { params: { path: { code: indicator.code } }, body: { caliber, hospital, kind, limit: Number(limit), ends: false } }))
      await queries.invalidateQueries({ queryKey: ['indicators'] })
      close()
    },
  })
  const choose = (next: RuleKind) => {
    setKind(next)
    setLimit(USUAL[next])
  }
  return (
    <DialogForm title={t('indicators.watch.ruleOf', { name: said(indicator.name) })} confirm={t('indicators.watch.setRule')} ready={limit !== ''} pending={set.isPending} error={set.error} submit={() => set.mutate()} close={close}>
      <fieldset className="choices">
        <legend>{t('indicators.watch.kind')}</legend>
        {RULE_KINDS.map((one) => (
          <label key={one} className="row">
            <input type="radio" name="kind" value={one} checked={kind === one} onChange={() => choose(one)} />
            {t(`indicators.alerts.kind.${one}`)}
          </label>
        ))}
      </fieldset>
      <label className="field">
        {t(`indicators.watch.limit.${kind}`)}
        <input className="native num" type="number" min={0} max={1000} step="any" required value={limit} onChange={({ target }) => setLimit(target.value)} />
      </label>
      <p className="quiet">{words(kind, Number(limit))}</p>
      <CellFields indicator={indicator} cell={cell} put={(change) => setCell((now) => ({ ...now, ...change }))} departments={false} />
    </DialogForm>
  )
}
