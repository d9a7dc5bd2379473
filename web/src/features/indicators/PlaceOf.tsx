import { useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { lastWhole, monthsUpTo } from './periods'
import { useToday } from './Pickers'
import { usePlaceName } from './usePlaces'

/** The year up to now: of it the names of places are asked. */
export function useLastYear(): string {
  return monthsUpTo(lastWhole('month', useToday())).range
}

/** A hospital and its department by name; of neither: all of them. */
export function PlaceOf({ hospital, department = '' }: { hospital: string; department?: string }) {
  const { t } = useTexts()
  const said = useSaid()
  const named = usePlaceName(useLastYear())
  const names = named(hospital, department).map(said)
  return <span title={[hospital, department].filter(Boolean).join(' ')}>{names.length === 0 ? t('indicators.allHospitals') : names.join(' · ')}</span>
}
