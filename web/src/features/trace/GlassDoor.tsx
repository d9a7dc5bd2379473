import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react'

import { BreakGlass, type Said } from '@/components/BreakGlass'
import { focusLook } from '@/components/LookBar'
import { useLookEnd } from '@/components/OpenedLook'
import { client, type MessageTrace, take } from '@/lib/api'
import { isMasked, seeMore } from '@/lib/looks'
import { useMay } from '@/lib/session'

type Then = (clear: MessageTrace) => void
/** Ask why, open, and then do something with the message as it is. */
type Open = (then?: Then) => void

const OpenContext = createContext<Open>(() => undefined)

/** Opens the message of a page in an emergency, for whatever on the page asks for it. */
export function GlassDoor({ position, trace, children }: { position: string; trace: MessageTrace | undefined; children: ReactNode }) {
  const queries = useQueryClient()
  const [asks, setAsks] = useState(false)
  const then = useRef<Then | undefined>(undefined)
  const opened = useRef(false)
  useLookEnd(trace?.look.glass_until ?? null)
  const open = useCallback((next?: Then) => {
    then.current = next
    opened.current = false
    setAsks(true)
  }, [])
  const look = (said: Said) => take(client.POST('/api/v1/privacy/glass', { body: { position, ...said } }))
  const broken = async () => {
    await seeMore(queries)
    opened.current = true
    setAsks(false)
  }
  const closed = () => {
    if (!opened.current) return
    const clear = queries.getQueryData<MessageTrace>(['trace', position])
    if (then.current && clear?.look.clear) then.current(clear)
    else focusLook()
  }
  return (
    <OpenContext value={open}>
      {children}
      <BreakGlass open={asks} look={look} broken={broken} close={() => setAsks(false)} closed={closed} />
    </OpenContext>
  )
}

/** What can be done with a message that may be shown masked. */
export function useGlass(trace: MessageTrace) {
  const open = useContext(OpenContext)
  const may = useMay()('glass.break')
  const { clear } = trace.look
  return {
    /** Whether he sees it as it is, or can if need be. */
    reachable: clear || may,
    may,
    open,
    /** Do something with the message as it is: what is masked is opened first. */
    withClear: (then: Then) => (clear ? then(trace) : open(then)),
    /** Do something that was offered for a clear message; the look may be over by now. */
    whileClear: async <T,>(work: Promise<T>): Promise<T> => {
      try {
        return await work
      } catch (error) {
        if (isMasked(error) && may) open()
        throw error
      }
    },
  }
}
