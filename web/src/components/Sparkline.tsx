import { useTexts } from '@/lib/texts'

/** One bar for each minute, oldest first. The height is relative to the busiest minute shown. */
export function Sparkline({ perMinute }: { perMinute: number[] }) {
  const { t } = useTexts()
  const peak = Math.max(...perMinute, 0)
  const total = perMinute.reduce((sum, count) => sum + count, 0)
  const said = t('overview.spark', { total, peak })
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${perMinute.length * 2} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={said}
    >
      <title>{said}</title>
      <line x1="0" x2={perMinute.length * 2} y1="19.75" y2="19.75" className="spark-floor" />
      {perMinute.map((count, minute) => {
        const height = count === 0 ? 0 : Math.max(1.5, (count / peak) * 19)
        return count === 0 ? null : (
          <rect key={minute} x={minute * 2} width="1.4" y={19.5 - height} height={height} />
        )
      })}
    </svg>
  )
}
