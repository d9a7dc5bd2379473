import { PURPOSES } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

/** Say what a purpose is called; a code that nobody knows stays a code. */
export function usePurposeNames(): (code: string) => string {
  const { t } = useTexts()
  return (code) => {
    const known = PURPOSES.find((purpose) => purpose === code)
    return known ? t(`purposes.${known}`) : code
  }
}

/** A purpose in words. */
export function Purpose({ code }: { code: string }) {
  return <span title={code}>{usePurposeNames()(code)}</span>
}
