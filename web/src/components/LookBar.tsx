import './look.css'

import { type ReactNode, useLayoutEffect, useRef } from 'react'

const ID = 'look'

/** Whether the reader was led to the bar and has gone nowhere else since. */
let stands = false
document.addEventListener('focusin', ({ target }) => {
  stands = target instanceof Element && target.id === ID
})

/**
 * Where the reader goes on when the button that he pressed is gone: what says how he sees things.
 * What he opened may not be drawn yet; then he stands there as soon as it is.
 */
export function focusLook(): void {
  requestAnimationFrame(() => {
    stands = true
    document.getElementById(ID)?.focus()
  })
}

type Props = {
  /** Masked, withheld or opened. */
  kind: 'masked' | 'withheld' | 'open'
  label: string
  /** Beside another one that the reader goes to. */
  second?: boolean
  children: ReactNode
}

/** Says how things are seen. Whoever stands on it still does when another one takes its place. */
export function LookBar({ kind, label, second = false, children }: Props) {
  const bar = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (stands && !second) bar.current?.focus()
  }, [second])
  return (
    <section ref={bar} id={second ? undefined : ID} tabIndex={-1} className={`look look-${kind}`} aria-label={label}>
      {children}
    </section>
  )
}
