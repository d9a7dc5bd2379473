import { useQueryClient } from '@tanstack/react-query'

/** Ask anew for an account and for the list that it stands in. */
export function useRenew(name: string): () => Promise<void> {
  const queries = useQueryClient()
  return async () => {
    await queries.invalidateQueries({ queryKey: ['account', name] })
    await queries.invalidateQueries({ queryKey: ['accounts'] })
  }
}
