import { useMutation } from '@tanstack/react-query'
import { App } from 'antd'

import { ApiFailure } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Saves what the server sends as a file; says why when it does not. */
export function useSave(name: string | (() => string), fetch: () => Promise<Blob>) {
  const { t, language } = useTexts()
  const { message } = App.useApp()
  return useMutation({
    gcTime: 0,
    mutationFn: async () => {
      const address = URL.createObjectURL(await fetch())
      const link = document.createElement('a')
      link.href = address
      link.download = typeof name === 'string' ? name : name()
      link.click()
      URL.revokeObjectURL(address)
    },
    onError: (error) => {
      const words = error instanceof ApiFailure ? error.problem?.[language] : undefined
      void message.error(words ? `${words.what}: ${words.why}` : t('states.noServerTitle'))
    },
  })
}
