import type { IndicatorDetail } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useSaid } from './parts'
import { useLastYear } from './PlaceOf'
import { usePlaces } from './usePlaces'

export type Cell = { caliber: string; hospital: string; department: string }

/** Which caliber and whose: what a target and a rule are about. */
export function CellFields({ indicator, cell, put, departments }: { indicator: IndicatorDetail; cell: Cell; put: (change: Partial<Cell>) => void; departments: boolean }) {
  const { t } = useTexts()
  const said = useSaid()
  const period = useLastYear()
  const { places } = usePlaces({ period })
  const calibers = [...new Map(indicator.calibers.map((one) => [one.caliber, one.title]))]
  const below = places.departments.filter(({ hospital }) => hospital === cell.hospital)
  return (
    <>
      {calibers.length > 1 && (
        <label className="field">
          {t('indicators.caliber')}
          <select className="native" value={cell.caliber} onChange={({ target }) => put({ caliber: target.value })}>
            {calibers.map(([caliber, title]) => (
              <option key={caliber} value={caliber}>
                {said(title)}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        {t('indicators.hospital')}
        <select className="native" value={cell.hospital} onChange={({ target }) => put({ hospital: target.value, department: '' })}>
          <option value="">{t('indicators.allHospitals')}</option>
          {places.hospitals.map(({ code, name }) => (
            <option key={code} value={code}>
              {said(name)}
            </option>
          ))}
        </select>
      </label>
      {departments && cell.hospital !== '' && (
        <label className="field">
          {t('indicators.department')}
          <select className="native" value={cell.department} onChange={({ target }) => put({ department: target.value })}>
            <option value="">{t('indicators.watch.wholeHospital')}</option>
            {below.map(({ code, name }) => (
              <option key={code} value={code}>
                {said(name)}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  )
}
