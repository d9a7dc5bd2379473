import { useQuery } from '@tanstack/react-query'

import { client, take } from '@/lib/api'

/** What an indicator counts, asked once for every page that shows it. */
export const useIndicator = (code: string) =>
  useQuery({
    queryKey: ['indicators', 'definition', code],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}', { params: { path: { code } } })),
    staleTime: 60_000,
    retry: false,
  })
