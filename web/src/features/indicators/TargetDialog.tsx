import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { DialogForm } from '@/components/DialogForm'
import { client, type IndicatorDetail, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { unitOf, useSaid } from './parts'
import { lastWhole, parsePeriod, periodText, stepped } from './periods'
import { PeriodPicker, useToday } from './Pickers'
import { type Cell, CellFields } from './CellFields'

/** What is to be reached, when and by whom. */
export function TargetDialog({ indicator, close }: { indicator: IndicatorDetail; close: () => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const queries = useQueryClient()
  const year = stepped(lastWhole('year', useToday()), 1)
  const [cell, setCell] = useState<Cell>({ caliber: indicator.calibers[0]?.caliber ?? '', hospital: '', department: '' })
  const [period, setPeriod] = useState(periodText(year))
  const [value, setValue] = useState('')
  const set = useMutation({
    gcTime: 0,
    mutationFn: async () => {
      await take(client.POST('/api/v1/indicators/{code}/targets', { params: { path: { code: indicator.code } }, body: { ...cell, period, value: Number(value) } }))
      await queries.invalidateQueries({ queryKey: ['indicators'] })
      close()
    },
  })
  const sign = { up: '≥', down: '≤', neither: '=' }[indicator.better]
  return (
    <DialogForm title={t('indicators.watch.targetOf', { name: said(indicator.name) })} confirm={t('indicators.watch.setTarget')} ready={value !== '' && Number.isFinite(Number(value))} pending={set.isPending} error={set.error} submit={() => set.mutate()} close={close}>
      <CellFields indicator={indicator} cell={cell} put={(change) => setCell((now) => ({ ...now, ...change }))} departments />
      <div className="field">
        {t('indicators.period')}
        <PeriodPicker period={parsePeriod(period) ?? year} change={setPeriod} ahead />
      </div>
      <label className="field">
        {t('indicators.watch.targetValue', { sign, unit: t(`indicators.unitName.${unitOf(indicator.unit)}`) })}
        <input className="native num" type="number" step="any" required value={value} onChange={({ target }) => setValue(target.value)} />
      </label>
    </DialogForm>
  )
}
