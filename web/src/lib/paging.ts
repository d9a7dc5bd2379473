/** Lists that the server hands out page by page, by cursor. */

import { useInfiniteQuery, type UseQueryResult } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

import type { Page } from './api'

export type Paged<Row> = {
  rows: Row[]
  total: number | null
  /** Nothing has come yet. */
  pending: boolean
  fetching: boolean
  error: unknown
  /** Whether there may be another page. */
  more: boolean
  /** How many of the last pages were empty although the search goes on. */
  fruitless: number
  next: () => void
  refresh: () => void
}

/** A list that comes in one answer, as what shows pages takes it. */
export function wholeList<Row>(found: UseQueryResult<Page<Row>>): Paged<Row> {
  return {
    rows: found.data?.items ?? [],
    total: found.data?.total ?? null,
    pending: found.isPending,
    fetching: false,
    error: found.error,
    more: false,
    fruitless: 0,
    next: () => undefined,
    refresh: () => void found.refetch(),
  }
}

/** Ask for pages until there is no cursor. `key` must name everything that `fetch` depends on. */
export function usePages<Row>(
  key: readonly unknown[],
  fetch: (cursor: string | undefined) => Promise<Page<Row>>,
  refetchInterval: number | false = false,
): Paged<Row> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetch(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval,
  })
  const pages = query.data?.pages
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const { fetchNextPage, refetch } = query
  const next = useCallback(() => void fetchNextPage(), [fetchNextPage])
  const refresh = useCallback(() => void refetch(), [refetch])
  return {
    rows,
    total: pages?.at(-1)?.total ?? null,
    pending: query.isPending,
    fetching: query.isFetchingNextPage,
    error: query.error,
    more: query.hasNextPage,
    fruitless: fruitlessEnd(pages ?? []),
    next,
    refresh,
  }
}

function fruitlessEnd(pages: Page<unknown>[]): number {
  const last = pages.findLastIndex((page) => page.items.length > 0)
  return pages.length - 1 - last
}
