import { useQuery } from '@tanstack/react-query'

import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { client, type SetAside, take } from '@/lib/api'
import { wholeList } from '@/lib/paging'
import { useTexts } from '@/lib/texts'

import { Said } from './parts'

/** What came in about master data and could not be learned, and why. */
export function Aside() {
  const { t, language } = useTexts()
  const found = useQuery({
    queryKey: ['masterdata', 'aside'],
    queryFn: () =>
      take(client.GET('/api/v1/projections/{name}/set-aside', { params: { path: { name: 'masterdata' }, query: { limit: 200 } } })),
  })
  return (
    <ResourcePage<SetAside>
      pages={wholeList(found)}
      screen={{
        label: t('masterdata.aside'),
        rowKey: ({ position, part }) => `${position} ${part}`,
        empty: { title: t('masterdata.asideNone'), text: t('masterdata.asideNoneText') },
        columns: [
          { key: 'position', title: t('common.position'), head: true, cell: ({ position }) => <Said position={position} /> },
          { key: 'code', title: t('common.state'), head: true, cell: (row) => <span>{`${row.code} ${row[language].what}`}</span> },
          { key: 'why', title: t('masterdata.why'), cell: (row) => row[language].why },
          { key: 'next', title: t('masterdata.next'), wide: true, cell: (row) => row[language].next_step },
          { key: 'kind', title: t('common.kind'), wide: true, cell: ({ kind }) => <code>{kind}</code> },
          { key: 'at', title: t('masterdata.at'), wide: true, cell: ({ received_at: at }) => <Instant at={at} /> },
        ],
      }}
    />
  )
}
