import { useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'

import { useAsk } from '@/components/ask'
import type { DeliveryRow } from '@/lib/api'
import { overviewKey } from '@/lib/live'
import { useTexts } from '@/lib/texts'

import { forEach } from './bulk'

type Bulk = {
  title: string
  text: string
  confirm: string
  danger?: boolean
  reason: 'required' | 'optional'
  act: (row: DeliveryRow, reason: string) => Promise<unknown>
}

/** Asks once, then does the same to all the rows, and says how many of them it worked for. */
export function useBulk(): (rows: DeliveryRow[], bulk: Bulk) => void {
  const { t } = useTexts()
  const { message } = App.useApp()
  const ask = useAsk()
  const queries = useQueryClient()
  return (rows, { act, ...question }) =>
    ask({
      ...question,
      run: async ({ reason }) => {
        try {
          const { done, failed } = await forEach(rows, (row) => act(row, reason))
          if (failed > 0) void message.warning(t('queues.bulkDone', { done, failed }))
        } finally {
          await queries.invalidateQueries({ queryKey: ['deliveries'] })
          await queries.invalidateQueries({ queryKey: overviewKey })
        }
      },
    })
}
