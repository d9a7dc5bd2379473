import { useQuery } from '@tanstack/react-query'
import { Drawer } from 'antd'

import { AtAddress } from '@/components/AtAddress'
import { Failed, Loading } from '@/components/StatePage'
import { client, type RecordItem, type RecordItemDetail, take } from '@/lib/api'
import { useSession } from '@/lib/session'
import { useTexts } from '@/lib/texts'
import { fullTime } from '@/lib/time'

import { Measure, Source, StatusMark, Usual, When } from './parts'

export type Named = { type: string; id: string }

/** One item with everything that was ever said of it. */
export function ItemDrawer({ person, named, close, open }: { person: string; named: Named | null; close: () => void; open: (named: Named) => void }) {
  const { t } = useTexts()
  return (
    <Drawer open={named !== null} onClose={close} size="large" title={t('record.item')} destroyOnHidden>
      {named && <Detail person={person} named={named} open={open} />}
    </Drawer>
  )
}

function Detail({ person, named, open }: { person: string; named: Named; open: (named: Named) => void }) {
  const { type, id } = named
  const detail = useQuery({
    queryKey: ['record', person, 'item', type, id],
    queryFn: () => take(client.GET('/api/v1/record/{person}/items/{type}/{id}', { params: { path: { person, type, id } } })),
    retry: false,
  })
  if (detail.isPending) return <Loading rows={8} />
  if (!detail.data) return <Failed error={detail.error} retry={() => void detail.refetch()} />
  return (
    <div className="stack">
      <Facts item={detail.data.item} />
      <Files person={person} item={detail.data.item} />
      <Results item={detail.data.item} open={open} />
      <Versions detail={detail.data} />
    </div>
  )
}

function Facts({ item }: { item: RecordItem }) {
  const { t } = useTexts()
  return (
    <section className="stack">
      <h2 className="item-title">{item.title || item.codes[0]?.code}</h2>
      <dl className="facts">
        <dt>{t('record.when')}</dt>
        <dd>
          <When at={item.at} until={item.until} />
        </dd>
        {item.value.text !== '' && (
          <>
            <dt>{t('record.value')}</dt>
            <dd className="row">
              <Measure value={item.value} /> <Usual value={item.value} />
            </dd>
          </>
        )}
        {item.parts.map((part) => (
          <Part key={part.title} title={part.title} value={part.value} />
        ))}
        {item.detail !== '' && (
          <>
            <dt>{t('record.detail')}</dt>
            <dd className="item-text">{item.detail}</dd>
          </>
        )}
        {item.by !== '' && (
          <>
            <dt>{t('record.by')}</dt>
            <dd>{item.by}</dd>
          </>
        )}
        <dt>{t('record.state')}</dt>
        <dd>
          <StatusMark status={item.status} />
        </dd>
        {item.codes.length > 0 && (
          <>
            <dt>{t('record.codes')}</dt>
            <dd>
              <ul>
                {item.codes.map((code) => (
                  <li key={`${code.system}|${code.code}`}>
                    <code>{code.code}</code> {code.display} <span className="quiet">{code.system}</span>
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
        <dt>{t('record.source')}</dt>
        <dd>
          <Source item={item} />
        </dd>
      </dl>
    </section>
  )
}

function Part({ title, value }: { title: string; value: RecordItem['value'] }) {
  return (
    <>
      <dt>{title}</dt>
      <dd className="row">
        <Measure value={value} /> <Usual value={value} />
      </dd>
    </>
  )
}

/** Files: pictures, pages and texts are shown in place; what a browser could run is only kept. */
function Files({ person, item }: { person: string; item: RecordItem }) {
  const { t } = useTexts()
  return item.attached.map((file) => {
    const address = `/api/v1/record/${encodeURIComponent(person)}/items/${item.type}/${item.id}/files/${file.index}`
    const name = file.title || t('record.file', { number: file.index + 1 })
    return (
      <section key={file.index} className="item-file" aria-label={name}>
        <p className="row">
          <strong>{name}</strong> <span className="quiet">{file.content_type}</span>
          <AtAddress address={address}>
            {(shown) => (
              <a className="push" href={shown} target="_blank" rel="noreferrer">
                {t('record.openFile')}
              </a>
            )}
          </AtAddress>
        </p>
        <AtAddress address={address}>{(shown) => (file.content_type.startsWith('image/') ? <img src={shown} alt={name} /> : <iframe src={shown} title={name} />)}</AtAddress>
      </section>
    )
  })
}

function Results({ item, open }: { item: RecordItem; open: (named: Named) => void }) {
  const { t } = useTexts()
  if (item.results.length === 0) return null
  return (
    <section>
      <h3>{t('record.results', { count: item.results.length })}</h3>
      <ul className="row">
        {item.results.map((reference) => {
          const [type = '', id = ''] = reference.split('/')
          return (
            <li key={reference}>
              <button type="button" className="record-open mono" onClick={() => open({ type, id })}>
                {reference}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** What was said when, and by which message; the newest is open. */
function Versions({ detail }: { detail: RecordItemDetail }) {
  const { t } = useTexts()
  const { timezone } = useSession()
  if (detail.versions.length === 0) return <p className="quiet">{t('record.hidden')}</p>
  return (
    <section className="stack">
      <h3>{t('record.versions', { count: detail.versions.length })}</h3>
      {detail.versions.map((one) => (
        <details key={one.version} className="item-version">
          <summary>
            <span className="num">{t('record.version', { number: one.version })}</span>
            <span className="num">{fullTime(one.updated_at, timezone)}</span>
            <span className="quiet">
              {one.channel} <code>{one.position}</code>
            </span>
          </summary>
          <pre>{pretty(one.resource)}</pre>
        </details>
      ))}
    </section>
  )
}

/** JSON with its levels indented, digits as they are written. */
function pretty(text: string): string {
  let [depth, inside, found] = [0, false, '']
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (inside) {
      found += sign
      if (sign === '\\') found += text[++at] ?? ''
      else if (sign === '"') inside = false
      continue
    }
    if (sign === '"') inside = true
    if (sign === '}' || sign === ']') found += `\n${'  '.repeat(--depth)}`
    found += sign === ':' ? ': ' : sign
    if (sign === '{' || sign === '[') found += `\n${'  '.repeat(++depth)}`
    if (sign === ',') found += `\n${'  '.repeat(depth)}`
  }
  return found
}
