import { Link } from '@tanstack/react-router'

import { CopyButton } from '@/components/CopyButton'
import { Instant } from '@/components/Instant'
import { useKind } from '@/components/kind'
import { DataSet } from '@/components/MessageCells'
import type { Key, MessageTrace } from '@/lib/api'
import { bytes } from '@/lib/format'
import { useTexts } from '@/lib/texts'

import { HeldActions } from './HeldActions'

/** Who, what and when; the keys lead to everything else with the same key. */
export function Header({ trace }: { trace: MessageTrace }) {
  const { t } = useTexts()
  const kind = useKind()
  return (
    <section className="panel trace-head" aria-label={t('trace.about')}>
      <div className="trace-title">
        <h1>
          {kind(trace.kind)} <span className="mono quiet">{trace.position}</span>
        </h1>
        <Instant at={trace.received_at} />
        <span className="push row">
          <HeldActions trace={trace} />
          <CopyButton
            text={`${window.location.origin}/messages/${trace.position}`}
            label={t('common.permalink')}
          />
        </span>
      </div>
      <dl className="trace-facts">
        {trace.keys.map((key) => (
          <div key={`${key.kind} ${key.value} ${key.authority ?? ''}`}>
            <dt>{t(`keyKind.${key.kind}`)}</dt>
            <dd>
              <Identifier of={key} />
            </dd>
          </div>
        ))}
        <Fact name={t('trace.sender')} value={trace.sender.replaceAll('|', ' · ')} />
        {trace.channel !== null && (
          <div>
            <dt>{t('trace.channel')}</dt>
            <dd>
              <Link to="/channels/$name" params={{ name: trace.channel }}>
                {trace.channel}
              </Link>{' '}
              {trace.definition_version !== null && (
                <Link
                  className="quiet"
                  to="/channels/$name"
                  params={{ name: trace.channel }}
                  search={{ version: String(trace.definition_version) }}
                >
                  {t('trace.version', { version: trace.definition_version })}
                </Link>
              )}
            </dd>
          </div>
        )}
        {trace.data_set !== null && (
          <div>
            <dt>{t('messages.dataSet')}</dt>
            <dd>
              <DataSet of={trace.data_set} /> <span className="quiet">{t(`privacy.sharings.${trace.data_set.sharing}`)}</span>
            </dd>
          </div>
        )}
        <Fact name={t('trace.size')} value={bytes(trace.size_bytes)} />
        <Fact
          name={t('trace.codec')}
          value={trace.codec_guessed === null ? trace.codec : t('trace.codecGuessed', { codec: trace.codec_guessed })}
        />
        {trace.caused_by !== null && (
          <div>
            <dt>{t('trace.causedBy')}</dt>
            <dd>
              <Position position={trace.caused_by} />
            </dd>
          </div>
        )}
        {trace.causes.length > 0 && (
          <div>
            <dt>{t('trace.causes')}</dt>
            <dd className="row">
              {trace.causes.map((position) => (
                <Position key={position} position={position} />
              ))}
            </dd>
          </div>
        )}
        {trace.trace_id && <Fact name={t('trace.traceId')} value={trace.trace_id} mono />}
        <Fact name={t('trace.chain')} value={`${trace.chain_hex.slice(0, 16)}…`} mono title={trace.chain_hex} />
      </dl>
    </section>
  )
}

/** Leads to everything with the same key; what is masked leads nowhere. */
function Identifier({ of: { kind, value, authority } }: { of: Key }) {
  const { t } = useTexts()
  const text = (
    <>
      {value}
      {authority && <span className="quiet">^{authority}</span>}
    </>
  )
  if (kind === 'patient' && value.includes('*')) return <span className="mono">{text}</span>
  return (
    <Link
      className="mono"
      to="/messages"
      search={{ q: authority ? `${value}^${authority}` : value }}
      title={kind === 'patient' ? t('trace.samePatient') : undefined}
    >
      {text}
    </Link>
  )
}

function Fact({ name, value, mono = false, title }: { name: string; value: string; mono?: boolean; title?: string }) {
  if (value === '') return null
  return (
    <div>
      <dt>{name}</dt>
      <dd className={mono ? 'mono' : ''} title={title}>
        {value}
      </dd>
    </div>
  )
}

function Position({ position }: { position: string }) {
  return (
    <Link className="mono" to="/messages/$position" params={{ position }}>
      {position}
    </Link>
  )
}
