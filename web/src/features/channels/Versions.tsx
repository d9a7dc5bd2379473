import { Link } from '@tanstack/react-router'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import type { ChannelDetail } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** Every definition that the channel had; each can be opened. */
export function Versions({ channel, open }: { channel: ChannelDetail; open: string | undefined }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('channels.versions')}>
      <div className="panel-head">
        <h2>{t('channels.versions')}</h2>
      </div>
      <ol className="switches">
        {channel.versions.map(({ version, activated_at, from_position }) => (
          <li key={version} className={String(version) === open ? 'version-open' : ''}>
            <span>
              <Link
                to="/channels/$name"
                params={{ name: channel.name }}
                search={{ version: String(version) }}
                activeOptions={{ includeSearch: true }}
                aria-current={String(version) === open ? 'true' : undefined}
              >
                {t('channels.versionNo', { version })}
              </Link>{' '}
              {version === channel.version && <Mark tone="good">{t('channels.inForce')}</Mark>}
            </span>
            <span className="quiet">
              <Instant at={activated_at} /> · {t('channels.fromPosition')} <span className="mono">{from_position}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
