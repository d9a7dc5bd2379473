import { useTexts } from '@/lib/texts'

export const LEVELS = [1, 2, 3, 4, 5] as const

/** A level of sensitivity as a word and as bars: nobody needs colours to tell one from another. */
export function Level({ level }: { level: number }) {
  const { t } = useTexts()
  return (
    <span className="level">
      <span className="level-bars" aria-hidden="true">
        {LEVELS.map((one) => (
          <i key={one} className={one <= level ? 'full' : ''} />
        ))}
      </span>
      <span className="num">{level === 0 ? t('privacy.noLevel') : t('privacy.level', { level })}</span>
    </span>
  )
}
