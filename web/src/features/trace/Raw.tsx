import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useMemo } from 'react'

import { BodyText } from '@/components/BodyText'
import { CopyButton } from '@/components/CopyButton'
import { Mark } from '@/components/StateMark'
import { useSave } from '@/components/useSave'
import { client, type MessageTrace, take } from '@/lib/api'
import { fieldOf, isHl7, linesOf } from '@/lib/hl7'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { useGlass } from './GlassDoor'
import { InsteadOf } from './ShownBy'

/** Stands for a body of which nobody knows what to mask. */
const HIDDEN = '****'

/** The message as it came, as far as it is shown, and what validation says about it. */
export function Raw({ trace }: { trace: MessageTrace }) {
  const { t, language } = useTexts()
  const marked = useMemo(() => new Set(trace.findings.map(({ path }) => fieldOf(path))), [trace.findings])
  const text = trace.body_text
  return (
    <div className="stack">
      <div className="row">
        {text !== null && isHl7(text) && <span className="quiet">{t('trace.segments', { count: linesOf(text).length })}</span>}
        <span className="push row">
          {text !== null && !trace.look.withheld && <CopyButton text={text} />}
          <Download trace={trace} />
        </span>
      </div>
      {trace.codec_guessed !== null && (
        <p className="quiet" role="note">
          {t('trace.guessed', { codec: trace.codec_guessed })}
        </p>
      )}
      {trace.look.withheld ? (
        <Withheld />
      ) : text === null ? (
        <p className="quiet">{t('trace.binary')}</p>
      ) : text === HIDDEN ? (
        <p className="quiet">{t('look.unknownForm')}</p>
      ) : (
        <BodyText body={text} marked={marked} />
      )}
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

/** Stands where nothing is shown because the patient refuses. */
export function Withheld() {
  const { t } = useTexts()
  return <p className="quiet">{t('look.withheldText')}</p>
}

/** Saves the bytes as they came, for whoever may take them away and sees them as they are. */
function Download({ trace }: { trace: MessageTrace }) {
  const { t } = useTexts()
  const glass = useGlass(trace)
  const exports = useMay()('messages.export')
  const { position, body_text: text } = trace
  const save = useSave(`${position}.${text !== null && isHl7(text) ? 'hl7' : 'bin'}`, () =>
    glass.whileClear(take(client.GET('/api/v1/messages/{position}/body', { params: { path: { position } }, parseAs: 'blob' }))),
  )
  const why = exports ? (glass.reachable ? undefined : t('look.needsClear')) : t('common.notAllowed')
  return (
    <Button
      size="small"
      disabled={why !== undefined}
      title={why}
      icon={<DownloadOutlined />}
      loading={save.isPending}
      onClick={() => glass.withClear(() => save.mutate())}
    >
      {t('common.download')}
    </Button>
  )
}
