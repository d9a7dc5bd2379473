import { compact } from '@/lib/format'

/** The name of a tab, and how many wait there. */
export function Counted({ text, count = 0 }: { text: string; count: number | undefined }) {
  return (
    <span>
      {text}
      {count > 0 && <span className="tab-count">{compact(count)}</span>}
    </span>
  )
}
