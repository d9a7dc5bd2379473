import { useQuery } from '@tanstack/react-query'

import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Everything that can be permitted; it changes with releases only. */
export function usePermissions() {
  return useQuery({ queryKey: ['permissions'], queryFn: () => take(client.GET('/api/v1/permissions')), staleTime: Infinity })
}

/** Say what a permission is called in the reader's language; an ellipsis until that is known. */
export function usePermissionNames(): (permission: string) => string {
  const { language } = useTexts()
  const permissions = usePermissions()
  return (name) => permissions.data?.find((one) => one.name === name)?.[language] ?? (permissions.isPending ? '…' : name)
}
