import type { Choice } from './Pickers'
import { placesIn } from './tiles'
import { useFigures } from './useBoard'

/** Something that every hospital has: by it the hospitals that may be seen are known. */
const USUAL = 'EX-01,EX-04'

/** The hospitals that the reader may see, as far as anything was counted of them in a year. */
export function useHospitals(year: string): { hospitals: Choice[]; pending: boolean; error: unknown } {
  const figures = useFigures({ codes: USUAL, period: year, by: 'hospital' })
  return { hospitals: placesIn(figures.data).hospitals, pending: figures.isPending, error: figures.error }
}
