import './indicators.css'
import '@/components/resource.css'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Select } from 'antd'
import { useCallback } from 'react'

import { CopyButton } from '@/components/CopyButton'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { client, type Dimension, take } from '@/lib/api'
import type { ExploreSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { ExploredTable } from './ExploredTable'
import { ExportMenu } from './ExportMenu'
import { listOf, slicesOf, whereOf, withSlice } from './explored'
import { IndicatorPages, useSaid } from './parts'
import { periodText } from './periods'
import { PeriodPicker, PlacePickers, usePeriod } from './Pickers'
import { SavedExplorations } from './SavedExplorations'
import { SliceChips, SlicePicker } from './Slices'
import { library } from './useLibrary'

const CODES_MAX = 6
const BY_MAX = 3

/** Any indicators, put together by whatever their rows say: on the calibers of the library. */
export default function ExplorePage() {
  const { t } = useTexts()
  const search = useSearch({ from: '/indicators/explore' })
  const navigate = useNavigate({ from: '/indicators/explore' })
  const put = (change: ExploreSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const open = useCallback((next: ExploreSearch) => void navigate({ search: next, replace: true }), [navigate])
  const period = usePeriod(search.period)
  const by = listOf(search.by ?? 'department')
  const { hospital, department, doctor, where, codes } = search
  const query = { codes: codes ?? '', by: by.join(','), period: periodText(period), ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(where && { where }) }
  const found = useQuery({
    queryKey: ['indicators', 'explored', query],
    queryFn: () => take(client.GET('/api/v1/indicators/explored', { params: { query } })),
    enabled: codes !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  const dimensions = found.data?.dimensions ?? []
  const slices = slicesOf(where)
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.explore.title')} />
      <SavedExplorations search={search} open={open} />
      <div className="explore-asked" role="search" aria-label={t('common.filters')}>
        <Which codes={listOf(codes)} change={(chosen) => put({ codes: chosen.join(',') || undefined })} />
        <div className="indicators-bar">
          <PeriodPicker period={period} change={(text) => put({ period: text })} />
          <PlacePickers period={periodText(period)} place={search} put={put} />
        </div>
        {codes !== undefined && (
          <div className="indicators-bar">
            <By dimensions={dimensions} by={by} change={(next) => put({ by: next.join(',') || undefined })} />
            <SlicePicker dimensions={dimensions} add={(column, value) => put({ where: whereOf(withSlice(slices, column, value)) })} />
            <SliceChips slices={slices} told={found.data?.narrowed} remove={(column) => put({ where: whereOf(withSlice(slices, column, '')) })} />
          </div>
        )}
      </div>
      {codes === undefined ? (
        <StatePage title={t('indicators.explore.choose')} text={t('indicators.explore.chooseText')} quiet />
      ) : found.isPending ? (
        <Loading rows={10} />
      ) : !found.data ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <section className="panel" aria-label={t('indicators.explore.result')} aria-busy={found.isPlaceholderData}>
          <div className="panel-head">
            <h2>{t('indicators.explore.result')}</h2>
            <span className="quiet">{t('indicators.explore.notPublished')}</span>
            <span className="row push">
              <CopyButton text={window.location.href} label={t('indicators.explore.link')} />
              <ExportMenu
                name={`exploration-${query.period}`}
                forms={['csv', 'xlsx']}
                fetch={(form, language) => take(client.GET('/api/v1/indicators/files/explored', { params: { query: { ...query, form: form === 'csv' ? 'csv' : 'xlsx', language } }, parseAs: 'blob' }))}
              />
            </span>
          </div>
          <ExploredTable view={found.data} asked={{ period: query.period, hospital, department, doctor, where }} />
        </section>
      )}
    </div>
  )
}

/** One indicator or several, found by typing. */
function Which({ codes, change }: { codes: string[]; change: (codes: string[]) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const found = useQuery(library)
  const counted = found.data?.items.filter(({ calibers }) => calibers.some(({ way }) => way === 'counted')) ?? []
  return (
    <Select
      mode="multiple"
      className="explore-which"
      aria-label={t('indicators.name')}
      placeholder={t('indicators.explore.which')}
      value={codes}
      maxCount={CODES_MAX}
      loading={found.isPending}
      options={counted.map(({ code, name }) => ({ value: code, label: `${said(name)} ${code}`, find: `${code} ${name.zh} ${name.en}`.toLowerCase() }))}
      showSearch={{ filterOption: (text, option) => (option?.find ?? '').includes(text.toLowerCase()) }}
      onChange={change}
    />
  )
}

/** By what figures are put together: up to three, one after the other. */
function By({ dimensions, by, change }: { dimensions: Dimension[]; by: string[]; change: (by: string[]) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const places = by.length < BY_MAX ? [...by, ''] : by
  const usual: Record<string, string> = { hospital: t('indicators.hospital'), department: t('indicators.department'), doctor: t('indicators.doctor'), month: t('indicators.kind.month') }
  return (
    <span className="row">
      <span className="quiet">{t('indicators.explore.by')}</span>
      {places.map((chosen, at) => (
        <select
          key={`${at} ${chosen}`}
          className="native"
          aria-label={t('indicators.explore.byPlace', { place: at + 1 })}
          value={chosen}
          onChange={({ target }) => change([...by.slice(0, at), target.value, ...by.slice(at + 1)].filter((one, place, all) => one !== '' && all.indexOf(one) === place))}
        >
          {(at > 0 || chosen === '') && <option value="">{at === 0 ? t('indicators.explore.byNothing') : t('indicators.explore.byMore')}</option>}
          {chosen !== '' && !dimensions.some(({ column }) => column === chosen) && <option value={chosen}>{usual[chosen] ?? '…'}</option>}
          {dimensions
            .filter(({ column }) => column === chosen || !by.includes(column))
            .map(({ column, name }) => (
              <option key={column} value={column}>
                {said(name)}
              </option>
            ))}
        </select>
      ))}
    </span>
  )
}
