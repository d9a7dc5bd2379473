import { useQuery } from '@tanstack/react-query'

import { client, take } from '@/lib/api'

/** What the installation says of its data; it changes with a file, hardly ever. */
export function useClassification() {
  return useQuery({ queryKey: ['classification'], queryFn: () => take(client.GET('/api/v1/privacy/classification')), staleTime: 60_000 })
}
