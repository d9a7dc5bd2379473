import type { Choice } from './Pickers'
import { usePlaces } from './usePlaces'

/** The hospitals that the reader may see, as far as anything was counted of them in a year. */
export function useHospitals(year: string): { hospitals: Choice[]; pending: boolean; error: unknown } {
  const { places, pending, error } = usePlaces({ period: year })
  return { hospitals: places.hospitals, pending, error }
}
