/** One clock for everything on the screen that ages. */

import { useSyncExternalStore } from 'react'

import { serverNow } from './time'

let now = serverNow()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = serverNow()
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The server's time in milliseconds, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
