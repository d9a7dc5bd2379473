import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'

import { Failed, Loading } from '@/components/StatePage'
import { client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { RowTable } from './Rows'

type Asked = { period: string; hospital: string; before: string; after: string; side: 'numerator' | 'denominator'; way: 'out' | 'in' }

const PAGE = 50

/** The rows that only one of two definitions counts. */
export function MovedRows({ code, asked, close }: { code: string; asked: Asked; close: () => void }) {
  const { t } = useTexts()
  const found = useInfiniteQuery({
    queryKey: ['indicators', 'moved', code, asked],
    queryFn: ({ pageParam }) => take(client.GET('/api/v1/indicators/{code}/moved', { params: { path: { code }, query: { ...asked, skip: pageParam, limit: PAGE } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next_skip ?? undefined,
    retry: false,
  })
  const [first] = found.data?.pages ?? []
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  const title = t(`indicators.change.list.${asked.way}`, { side: t(`indicators.sides.${asked.side}`) })
  return (
    <section className="counted" aria-label={title}>
      <div className="panel-head">
        <h3>{title}</h3>
        <Button size="small" className="push" onClick={close}>
          {t('common.close')}
        </Button>
      </div>
      {found.isPending ? (
        <Loading rows={4} />
      ) : !first ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <RowTable columns={first.columns} rows={rows} />
          <div className="resource-end">
            {found.hasNextPage ? (
              <Button size="small" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t('common.more')}
              </Button>
            ) : (
              t('common.total', { count: first.total })
            )}
          </div>
        </>
      )}
    </section>
  )
}
