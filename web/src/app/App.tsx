import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { App as AntdApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { useMemo, useState } from 'react'

import { ApiFailure } from '@/lib/api'
import { isEmbedded } from '@/lib/embedding'
import { keepShade, preferredShade } from '@/lib/preferences'
import { useTexts } from '@/lib/texts'
import { antdTheme, paint, type Shade } from '@/lib/theme'

import { AUTHORISE, Authorise } from './Authorise'
import { Embedded } from './Embedded'
import { makeRouter } from './routes'
import { SessionGate } from './SessionGate'
import { ShadeContext } from './shade'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused stays refused; only a lost connection is worth another try.
      retry: (count, error) => count < 2 && error instanceof ApiFailure && error.status === 0,
    },
  },
})

const embedded = isEmbedded()

function Pages() {
  const [router] = useState(() => makeRouter())
  return <RouterProvider router={router} />
}

/** Everything that surrounds the pages: palette, language, data, session, routes. */
export function App() {
  const { language } = useTexts()
  const [shade, setShade] = useState<Shade>(preferredShade)
  const shading = useMemo(
    () => ({
      shade,
      toggle: () => {
        const next = shade === 'light' ? 'dark' : 'light'
        paint(next)
        keepShade(next)
        setShade(next)
      },
    }),
    [shade],
  )
  return (
    <ConfigProvider
      theme={antdTheme(shade)}
      locale={language === 'zh' ? zhCN : enUS}
      button={{ autoInsertSpace: false }}
    >
      <AntdApp component={false} message={{ top: 56 }}>
        <QueryClientProvider client={queries}>
          <ShadeContext value={shading}>
            {embedded ? (
              <Embedded />
            ) : (
              <SessionGate>
                {window.location.pathname === AUTHORISE ? <Authorise /> : <Pages />}
              </SessionGate>
            )}
          </ShadeContext>
        </QueryClientProvider>
      </AntdApp>
    </ConfigProvider>
  )
}
