import { ApiFailure } from '@/lib/api'

export type BulkResult = { done: number; failed: number; first: ApiFailure | null }

/** Do one thing to each row, in order, one after the other; a failure does not stop the rest. */
export async function forEach<Row>(rows: Row[], act: (row: Row) => Promise<unknown>): Promise<BulkResult> {
  const result: BulkResult = { done: 0, failed: 0, first: null }
  for (const row of rows) {
    try {
      await act(row)
      result.done++
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error
      result.failed++
      result.first ??= error
    }
  }
  // When nothing worked, the reason says more than a count.
  if (result.done === 0 && result.first) throw result.first
  return result
}
