import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Tabs } from 'antd'
import type { RefObject } from 'react'

import { CopyButton } from '@/components/CopyButton'
import { Instant } from '@/components/Instant'
import { Failed, Loading } from '@/components/StatePage'
import { Mark } from '@/components/StateMark'
import { type ChannelDetail, client, type DefinitionDetail, type DefinitionLine, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Yaml } from './Definition'
import { Lines } from './Lines'
import { SharedFiles } from './SharedFiles'

type VersionProps = { channel: ChannelDetail; version: string; title: RefObject<HTMLHeadingElement | null> }

/** What did the channel say then, and what does it say differently now? */
export function Version({ channel, version, title }: VersionProps) {
  const { t } = useTexts()
  const { name } = channel
  const detail = useQuery({
    // What it is compared with changes when another version comes into force.
    queryKey: ['version', name, version, channel.version],
    queryFn: () => take(client.GET('/api/v1/channels/{name}/versions/{version}', { params: { path: { name, version: Number(version) } } })),
    staleTime: Infinity,
  })
  const label = t('channels.versionNo', { version })
  return (
    <section className="panel" aria-label={label}>
      <div className="panel-head">
        <h2 ref={title} tabIndex={-1}>
          {label}
        </h2>
        {detail.data?.in_force === detail.data?.version && detail.data && <Mark tone="good">{t('channels.inForce')}</Mark>}
        <Link to="/channels/$name" params={{ name }} search={{}}>
          {t('channels.back')}
        </Link>
        <span className="push row">
          {detail.data && <CopyButton text={detail.data.yaml} />}
          <CopyButton
            text={`${window.location.origin}/channels/${encodeURIComponent(name)}?version=${version}`}
            label={t('common.permalink')}
          />
        </span>
      </div>
      {detail.isPending ? (
        <Loading rows={8} />
      ) : detail.data ? (
        <Opened detail={detail.data} name={name} />
      ) : (
        <Failed error={detail.error} retry={() => void detail.refetch()} />
      )}
    </section>
  )
}

function Opened({ detail, name }: { detail: DefinitionDetail; name: string }) {
  const { t } = useTexts()
  const navigate = useNavigate()
  const { show } = useSearch({ from: '/channels/$name' })
  const text = <Yaml text={detail.yaml} />
  return (
    <>
      <Facts detail={detail} />
      {detail.lines === null ? (
        <>
          {detail.in_force !== detail.version && (
            <p className="version-remark">{detail.in_force === null ? t('channels.nothingInForce') : t('channels.tooLong')}</p>
          )}
          {text}
        </>
      ) : (
        <Tabs
          className="version-tabs"
          activeKey={show ?? 'differences'}
          onChange={(key) =>
            void navigate({
              to: '/channels/$name',
              params: { name },
              search: key === 'text' ? { version: String(detail.version), show: 'text' } : { version: String(detail.version) },
              replace: true,
              resetScroll: false,
            })
          }
          items={[
            {
              key: 'differences',
              label: t('channels.differences'),
              children: <Differences key={detail.version} detail={detail} lines={detail.lines} inForce={detail.in_force ?? 0} />,
            },
            { key: 'text', label: t('channels.wholeText'), children: text },
          ]}
          destroyOnHidden
        />
      )}
    </>
  )
}

/** What the channel's own file says differently, then each file that it shares with others. */
function Differences({ detail, lines, inForce }: { detail: DefinitionDetail; lines: DefinitionLine[]; inForce: number }) {
  const { version, files } = detail
  return (
    <>
      <Lines lines={lines} version={version} inForce={inForce} />
      <SharedFiles files={files} version={version} inForce={inForce} />
    </>
  )
}

/** When it came into force, when it was replaced, and which messages it judged. */
function Facts({ detail }: { detail: DefinitionDetail }) {
  const { t } = useTexts()
  const { from_position: from, followed_by: next } = detail
  return (
    <dl className="facts version-facts">
      <dt>{t('channels.cameIntoForce')}</dt>
      <dd>
        <Instant at={detail.activated_at} />
      </dd>
      {next && (
        <>
          <dt>{t('channels.replacedBy', { version: next.version })}</dt>
          <dd>
            <Instant at={next.activated_at} />
          </dd>
        </>
      )}
      <dt>{t('channels.judged')}</dt>
      <dd>
        {!next
          ? t('channels.judgedFrom', { from })
          : next.from_position === from
            ? t('channels.judgedNone')
            : t('channels.judgedFromTo', { from, to: next.from_position })}
      </dd>
    </dl>
  )
}
