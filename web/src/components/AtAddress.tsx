import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { ApiFailure } from '@/lib/api'
import { bearer } from '@/lib/embedding'

/**
 * Gives the address at which a browser finds a file of the API. In a frame of another system it
 * would ask without the token of the page, so the file is fetched and shown from memory.
 */
export function AtAddress({ address, children }: { address: string; children: (shown: string) => ReactNode }) {
  return bearer() === null ? children(address) : <FromMemory address={address}>{children}</FromMemory>
}

function FromMemory({ address, children }: { address: string; children: (shown: string) => ReactNode }) {
  const file = useQuery({ queryKey: ['record', 'file', address], queryFn: () => fetched(address), staleTime: Infinity, retry: false })
  if (file.isPending) return <Loading rows={2} />
  if (!file.data) return <Failed error={file.error} />
  return children(file.data)
}

async function fetched(address: string): Promise<string> {
  const answer = await fetch(address, { headers: { Authorization: `Bearer ${bearer() ?? ''}` }, credentials: 'omit' })
  if (!answer.ok) throw new ApiFailure(answer.status, null)
  return URL.createObjectURL(await answer.blob())
}
