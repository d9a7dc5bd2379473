import { useQuery } from '@tanstack/react-query'

import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** The roles of this installation; they change with files, hardly ever. */
export function useRoles() {
  return useQuery({ queryKey: ['roles'], queryFn: () => take(client.GET('/api/v1/roles')), staleTime: 60_000 })
}

/** Say what a role is called in the reader's language; a role that is gone by its name. */
export function useRoleNames(): (role: string) => string {
  const { language } = useTexts()
  const roles = useRoles()
  return (name) => {
    const role = roles.data?.find((one) => one.name === name)
    return role ? (language === 'zh' ? role.title_zh : role.title_en) : name
  }
}
