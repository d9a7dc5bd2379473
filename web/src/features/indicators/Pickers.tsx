import { LeftOutlined, RightOutlined } from '@ant-design/icons'
import { Button } from 'antd'

import type { IndicatorPlaces } from '@/lib/api'
import { useNow } from '@/lib/clock'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { dayIn } from '@/lib/time'

import { usePeriodName, useSaid, type Said } from './parts'
import { usePlaces } from './usePlaces'
import { asKind, choices, lastWhole, parsePeriod, type Period, type PeriodKind, PERIOD_KINDS, periodText, stepped } from './periods'

/** Today, by the hospital's clock. */
export function useToday(): string {
  const { timezone } = useSession()
  return dayIn(timezone, useNow())
}

/** The period that an address says; else the last month that is over. */
export function usePeriod(text: string | undefined): Period {
  const day = useToday()
  return parsePeriod(text) ?? lastWhole('month', day)
}

/** How far one plans: a year. */
const AHEAD = { month: 12, quarter: 4, year: 1 } as const

/** A month, a quarter or a year; steps go to the one before and the one after. */
export function PeriodPicker({ period, change, ahead = false, kinds = PERIOD_KINDS }: { period: Period; change: (period: string) => void; ahead?: boolean; kinds?: readonly PeriodKind[] }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const day = useToday()
  const put = (next: Period) => change(periodText(next))
  const newest = stepped(lastWhole(period.kind, day), 1 + (ahead ? AHEAD[period.kind] : 0))
  return (
    <div className="period-picker" role="group" aria-label={t('indicators.period')}>
      {kinds.length > 1 && (
        <span className="period-kinds">
          {kinds.map((kind) => (
            <button key={kind} type="button" aria-pressed={kind === period.kind} onClick={() => put(asKind(period, kind))}>
              {t(`indicators.kind.${kind}`)}
            </button>
          ))}
        </span>
      )}
      <Button size="small" icon={<LeftOutlined />} aria-label={t('indicators.earlier')} onClick={() => put(stepped(period, -1))} />
      <select className="native" aria-label={t('indicators.period')} value={periodText(period)} onChange={({ target }) => change(target.value)}>
        {choices(period, day, ahead ? AHEAD[period.kind] : 0).map((one) => (
          <option key={periodText(one)} value={periodText(one)}>
            {periodName(one)}
          </option>
        ))}
      </select>
      <Button size="small" icon={<RightOutlined />} aria-label={t('indicators.later')} disabled={periodText(period) === periodText(newest)} onClick={() => put(stepped(period, 1))} />
    </div>
  )
}

export type Choice = { code: string; name: Said }

/** One of the places that the reader may see, or all of them. */
export function PlacePicker({ label, all, value, places, change }: { label: string; all: string; value: string | undefined; places: Choice[]; change: (code: string | undefined) => void }) {
  const said = useSaid()
  const known = value === undefined || places.some(({ code }) => code === value)
  if (places.length < 2 && value === undefined) return null
  return (
    <select className="native place-picker" aria-label={label} value={value ?? ''} onChange={({ target }) => change(target.value || undefined)}>
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {places.map((place) => (
        <option key={place.code} value={place.code}>
          {said(place.name)}
        </option>
      ))}
    </select>
  )
}

export type PlaceSearch = { hospital?: string | undefined; department?: string | undefined; doctor?: string | undefined }

/** Hospital, department and doctor, one below the other: of whom something was counted. */
export function PlacePickers({ period, place, put, doctors = true }: { period: string; place: PlaceSearch; put: (change: PlaceSearch) => void; doctors?: boolean }) {
  const { t } = useTexts()
  const { hospital, department, doctor } = place
  const { places } = usePlaces({ period })
  const whose = doctors && (department !== undefined || doctor !== undefined)
  const below = usePlaces({ period, hospital, department, doctor: department === undefined ? doctor : undefined }, whose)
  const choose = (kind: 'department' | 'doctor', found: PlaceOf | undefined) =>
    kind === 'department' ? put({ hospital: found?.hospital || hospital, department: found?.code, doctor: undefined }) : put({ hospital: found?.hospital || hospital, department, doctor: found?.code })
  return (
    <>
      <PlacePicker label={t('indicators.hospital')} all={t('indicators.allHospitals')} value={hospital} places={places.hospitals} change={(code) => put({ hospital: code, department: undefined, doctor: undefined })} />
      <OfHospital label={t('indicators.department')} all={t('indicators.allDepartments')} value={department} hospital={hospital} places={places.departments} change={(found) => choose('department', found)} />
      {places.unplaced > 0 && (
        <span className="mark mark-warn mark-plain" title={t('indicators.unplacedText')}>
          {t('indicators.unplaced', { count: places.unplaced })}
        </span>
      )}
      {whose && <OfHospital label={t('indicators.doctor')} all={t('indicators.allDoctors')} value={doctor} hospital={hospital} places={below.places.doctors} change={(found) => choose('doctor', found)} />}
    </>
  )
}

type PlaceOf = IndicatorPlaces['departments'][number]

/** Departments or doctors: codes are a hospital's own, so each is chosen with its hospital. */
function OfHospital({ label, all, value, hospital, places, change }: { label: string; all: string; value: string | undefined; hospital: string | undefined; places: PlaceOf[]; change: (found: PlaceOf | undefined) => void }) {
  const said = useSaid()
  const here = places.filter((one) => hospital === undefined || one.hospital === hospital)
  const known = value === undefined || here.some(({ code }) => code === value)
  const several = new Set(here.map((one) => one.hospital)).size > 1
  if (here.length === 0 && value === undefined) return null
  const chosen = here.findIndex(({ code }) => code === value)
  return (
    <select className="native place-picker" aria-label={label} value={value === undefined ? '' : known ? String(chosen) : 'unknown'} onChange={({ target }) => change(here[Number(target.value || -1)])}>
      <option value="">{all}</option>
      {!known && <option value="unknown">{value}</option>}
      {here.map((place, at) => (
        <option key={`${place.hospital} ${place.code}`} value={at}>
          {said(place.name)}
          {several && place.hospital !== '' && ` · ${place.hospital}`}
        </option>
      ))}
    </select>
  )
}
