import { Link, useNavigate, useSearch } from '@tanstack/react-router'

import { CopyButton } from '@/components/CopyButton'
import { Instant } from '@/components/Instant'
import { ResourcePage } from '@/components/ResourcePage'
import { client, take, type Uncoded } from '@/lib/api'
import { uncodedSearch } from '@/lib/filters'
import { usePages } from '@/lib/paging'
import { useTexts } from '@/lib/texts'

const PAGE = 50

/** Which codes does no table map, who sends them, how often, and where does one see it? */
export default function UncodedPage() {
  const { t } = useTexts()
  const navigate = useNavigate()
  const search = useSearch({ from: '/uncoded' })
  const pages = usePages<Uncoded>(['uncoded', search], async (cursor) => {
    const skip = Number(cursor ?? 0)
    const found = await take(client.GET('/api/v1/clinical/uncoded', { params: { query: { ...search, skip, limit: PAGE } } }))
    const next = skip + found.items.length
    return { ...found, next_cursor: next < found.total ? String(next) : null }
  })
  const change = (name: string, value: string | undefined) =>
    void navigate({ to: '/uncoded', search: uncodedSearch({ ...search, [name]: value }), replace: true })
  return (
    <>
      <div className="page-head">
        <h1>{t('uncoded.title')}</h1>
        <span className="quiet">{t('uncoded.text')}</span>
        <span className="push row page-links">
          <Link to="/channels">{t('nav.channels')}</Link>
        </span>
      </div>
      <ResourcePage<Uncoded>
        pages={pages}
        filter={{ values: search, change }}
        screen={{
          label: t('uncoded.title'),
          rowKey: ({ channel, sender, field, codes, system, code, display }) => JSON.stringify([channel, sender, field, codes, system, code, display]),
          empty: { title: t('uncoded.none'), text: t('uncoded.noneText') },
          filters: [
            { kind: 'text', name: 'q', label: t('uncoded.code'), hint: t('uncoded.codeHint'), suggestions: [] },
            { kind: 'text', name: 'channel', label: t('common.channel'), hint: '', suggestions: [] },
          ],
          columns: [
            { key: 'code', title: t('uncoded.code'), head: true, cell: ({ code }) => <code>{code}</code> },
            { key: 'display', title: t('uncoded.display'), head: true, cell: ({ display }) => display },
            { key: 'messages', title: t('uncoded.messages'), right: true, cell: ({ messages }) => messages.toLocaleString('en-US') },
            { key: 'field', title: t('uncoded.field'), cell: ({ field }) => <code>{field}</code> },
            { key: 'codes', title: t('uncoded.codes'), cell: ({ codes }) => (codes === '' ? t('uncoded.own') : <code>{codes}</code>) },
            { key: 'system', title: t('uncoded.system'), wide: true, cell: ({ system }) => <code>{system}</code> },
            { key: 'channel', title: t('common.channel'), cell: ({ channel }) => channel },
            { key: 'sender', title: t('uncoded.sender'), cell: ({ sender }) => sender },
            { key: 'first', title: t('uncoded.first'), wide: true, cell: ({ first, first_at }) => <Example position={first} at={first_at} /> },
            { key: 'last', title: t('uncoded.last'), cell: ({ last, last_at }) => <Example position={last} at={last_at} /> },
            { key: 'row', title: t('uncoded.map'), cell: ({ row }) => row !== '' && <CopyButton text={row} label={t('uncoded.copy')} /> },
          ],
        }}
      />
    </>
  )
}

/** A message that uses the code. */
function Example({ position, at }: { position: string; at: string }) {
  return (
    <Link to="/messages/$position" params={{ position }}>
      <Instant at={at} relative={false} />
    </Link>
  )
}
