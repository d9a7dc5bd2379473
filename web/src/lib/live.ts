/** Server push: one stream for the whole console, and whether what we show is still live. */

import type { QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'

import type { Overview } from './api'
import { learnServerTime, serverNow } from './time'

export type Liveness = {
  /** `lost` only after the stream has been silent or closed for a while; a hiccup is `connecting`. */
  state: 'connecting' | 'live' | 'lost'
  /** When the last event came, by the server's clock. */
  heardAt: number | null
  /** The newest position of the log; a change means that there are new messages. */
  newest: string | null
}

/** The server says something at least every 15 seconds. */
const SILENCE_MAX_MS = 35_000
const RECONNECT_MS = 2_000

let now: Liveness = { state: 'connecting', heardAt: null, newest: null }
const listeners = new Set<() => void>()

function tell(change: Partial<Liveness>): void {
  now = { ...now, ...change }
  for (const listener of listeners) listener()
}

export const overviewKey = ['overview'] as const

/** Listen until the returned function is called. The overview goes straight into the query cache. */
export function listen(queries: QueryClient): () => void {
  let stream: EventSource | null = null
  let reconnect: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  const heard = () => {
    clearTimeout(silence)
    silence = setTimeout(again, SILENCE_MAX_MS)
    tell({ state: 'live', heardAt: serverNow() })
  }
  const again = () => {
    stream?.close()
    clearTimeout(silence)
    clearTimeout(reconnect)
    tell({ state: 'lost' })
    reconnect = setTimeout(open, RECONNECT_MS)
  }
  const open = () => {
    stream = new EventSource('/api/v1/live')
    stream.addEventListener('open', heard)
    stream.addEventListener('ping', heard)
    stream.addEventListener('overview', (event) => {
      const overview = JSON.parse(event.data as string) as Overview
      learnServerTime(overview.at)
      heard()
      queries.setQueryData(overviewKey, overview)
    })
    stream.addEventListener('messages', (event) => {
      heard()
      tell({ newest: (JSON.parse(event.data as string) as { newest: string | null }).newest })
    })
    stream.addEventListener('error', again)
  }
  open()
  return () => {
    stream?.close()
    clearTimeout(silence)
    clearTimeout(reconnect)
    now = { state: 'connecting', heardAt: null, newest: null }
  }
}

export function useLiveness(): Liveness {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => now,
  )
}
