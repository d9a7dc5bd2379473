import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useMemo } from 'react'

import { BodyText } from '@/components/BodyText'
import { CopyButton } from '@/components/CopyButton'
import { Mark } from '@/components/StateMark'
import type { MessageTrace } from '@/lib/api'
import { fieldOf, isHl7, linesOf } from '@/lib/hl7'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { InsteadOf } from './ShownBy'

/** The message exactly as it came, and what validation says about it. */
export function Raw({ trace }: { trace: MessageTrace }) {
  const { t, language } = useTexts()
  const may = useMay()
  const marked = useMemo(() => new Set(trace.findings.map(({ path }) => fieldOf(path))), [trace.findings])
  const text = trace.body_text
  return (
    <div className="stack">
      <div className="row">
        {text !== null && isHl7(text) && <span className="quiet">{t('trace.segments', { count: linesOf(text).length })}</span>}
        <span className="push row">
          {text !== null && <CopyButton text={text} />}
          <Button
            size="small"
            disabled={!may('messages.export')}
            title={may('messages.export') ? undefined : t('common.notAllowed')}
            icon={<DownloadOutlined />}
            href={`/api/v1/messages/${encodeURIComponent(trace.position)}/body`}
            download={`${trace.position}.${text !== null && isHl7(text) ? 'hl7' : 'bin'}`}
          >
            {t('common.download')}
          </Button>
        </span>
      </div>
      {trace.codec_guessed !== null && (
        <p className="quiet" role="note">
          {t('trace.guessed', { codec: trace.codec_guessed })}
        </p>
      )}
      {text === null ? <p className="quiet">{t('trace.binary')}</p> : <BodyText body={text} marked={marked} />}
      {trace.truncated && <p className="quiet">{t('trace.truncated')}</p>}
      <section aria-label={t('trace.findings')}>
        <h3>{t('trace.findings')}</h3>
        <InsteadOf by={trace.judged_by} />
        {trace.findings.length === 0 ? (
          <p className="quiet">{t('trace.noFindings')}</p>
        ) : (
          <ul className="findings">
            {trace.findings.map((finding, place) => (
              <li key={place}>
                <Mark tone={finding.severity === 'error' ? 'bad' : 'warn'}>{t(`trace.finding.${finding.severity}`)}</Mark>
                <code>{finding.path}</code>
                <span>{finding[language]}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
