import { keepPreviousData, useQuery } from '@tanstack/react-query'

import { client, type IndicatorBoard, type IndicatorTile, take } from '@/lib/api'
import type { BoardSearch } from '@/lib/filters'

import { monthsUpTo, type Period, periodText } from './periods'
import { overlaid } from './tiles'

const CODES_MAX = 30

const codesOf = (board: IndicatorBoard | undefined) => (board?.tiles ?? []).filter(({ way }) => way === 'counted' || way === 'no_data').map(({ code }) => code).slice(0, CODES_MAX).join(',')

/** Figures of several indicators, divided in one way. */
export function useFigures(asked: { codes: string; period: string; by: 'hospital' | 'department' | 'doctor' | 'month'; hospital?: string | undefined; department?: string | undefined; doctor?: string | undefined; caliber?: string | undefined; role?: string | undefined; where?: string | undefined }, enabled = true) {
  const { codes, period, by, hospital, department, doctor, caliber, role, where } = asked
  return useQuery({
    queryKey: ['indicators', 'values', codes, period, by, hospital, department, doctor, caliber, role, where],
    queryFn: () =>
      take(
        client.GET('/api/v1/indicators/values', {
          params: { query: { codes, period, by, ...(hospital && { hospital }), ...(department && { department }), ...(doctor && { doctor }), ...(caliber && { caliber }), ...(role && { role }), ...(where && { where }) } },
        }),
      ),
    enabled: enabled && codes !== '',
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
}

/** A board for any period and place: the server's own for a month of whole hospitals, else what is counted laid over it. */
export function useBoard(search: BoardSearch, period: Period) {
  const month = period.kind === 'month' ? periodText(period) : undefined
  const board = useQuery({
    queryKey: ['indicators', 'board', search.board, month, search.hospital],
    queryFn: () =>
      take(
        client.GET('/api/v1/indicators/board', {
          params: { query: { ...(search.board && { board: search.board }), ...(month && { month }), ...(search.hospital && { hospital: search.hospital }) } },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  const codes = codesOf(board.data)
  const over = month === undefined || search.department !== undefined
  const place = { hospital: search.hospital, department: search.department }
  const whole = useFigures({ codes, period: periodText(period), by: 'hospital', ...place }, over)
  const months = useFigures({ codes, period: monthsUpTo(period).range, by: 'month', ...place }, over)
  const tiles: IndicatorTile[] | undefined = over ? board.data && whole.data && months.data && overlaid(board.data.tiles, whole.data, months.data) : board.data?.tiles
  const failed = [board, ...(over ? [whole, months] : [])].find(({ isError, data }) => isError && !data)
  return { board: board.data, tiles, failed, changing: board.isPlaceholderData || (over && (whole.isPlaceholderData || months.isPlaceholderData)) }
}
