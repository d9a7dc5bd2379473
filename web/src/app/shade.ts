import { createContext, useContext } from 'react'

import type { Shade } from '@/lib/theme'

export const ShadeContext = createContext<{ shade: Shade; toggle: () => void }>({
  shade: 'light',
  toggle: () => undefined,
})

export const useShade = () => useContext(ShadeContext)
