import { useQuery } from '@tanstack/react-query'

import { client, take } from '@/lib/api'

/** All definitions in short. */
export const library = {
  queryKey: ['indicators', 'library'],
  queryFn: () => take(client.GET('/api/v1/indicators')),
  staleTime: 60_000,
  retry: false,
} as const

/** What an indicator is called; its code while that is not known. */
export function useNames(): (code: string) => { zh: string; en: string } {
  const found = useQuery(library)
  const names = new Map(found.data?.items.map(({ code, name }) => [code, name]))
  return (code) => names.get(code) ?? { zh: code, en: code }
}

/** In what an indicator is told. */
export function useUnits(): (code: string) => string {
  const found = useQuery(library)
  const units = new Map(found.data?.items.map(({ code, unit }) => [code, unit]))
  return (code) => units.get(code) ?? 'ratio'
}
