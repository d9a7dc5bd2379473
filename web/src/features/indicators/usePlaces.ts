import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { client, type IndicatorPlaces, take } from '@/lib/api'

type Asked = { period: string; hospital?: string | undefined; department?: string | undefined; doctor?: string | undefined }

/** The places and doctors that the reader may choose among: of whom something was counted. */
export function usePlaces({ period, hospital, department, doctor }: Asked, enabled = true): { places: IndicatorPlaces; pending: boolean; error: unknown } {
  const found = useQuery({
    queryKey: ['indicators', 'places', period, hospital, department, doctor],
    queryFn: () => take(client.GET('/api/v1/indicators/places', { params: { query: { period, ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }) } } })),
    placeholderData: keepPreviousData,
    enabled,
    staleTime: 60_000,
    retry: false,
  })
  return { places: found.data ?? NOWHERE, pending: found.isPending, error: found.error }
}

const NOWHERE: IndicatorPlaces = { hospitals: [], departments: [], doctors: [], unplaced: 0 }

/** What a hospital and its department are called; their codes while that is not known. */
export function usePlaceName(period: string): (hospital: string, department?: string) => { zh: string; en: string }[] {
  const { places } = usePlaces({ period })
  return (hospital, department) => {
    const of = places.hospitals.find(({ code }) => code === hospital)?.name ?? { zh: hospital, en: hospital }
    if (!department) return hospital === '' ? [] : [of]
    const at = places.departments.find((one) => one.code === department && one.hospital === hospital)
    return [...(hospital === '' ? [] : [of]), at?.name ?? { zh: department, en: department }]
  }
}
