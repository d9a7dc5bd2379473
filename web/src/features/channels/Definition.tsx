import type { RefObject } from 'react'

import { CopyButton } from '@/components/CopyButton'
import { useTexts } from '@/lib/texts'

/** The definition in force. */
export function Definition({ yaml, title }: { yaml: string; title: RefObject<HTMLHeadingElement | null> }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('channels.definition')}>
      <div className="panel-head">
        <h2 ref={title} tabIndex={-1}>
          {t('channels.definition')}
        </h2>
        <span className="push">
          <CopyButton text={yaml} />
        </span>
      </div>
      <Yaml text={yaml} />
    </section>
  )
}

/** A definition to read. */
export function Yaml({ text }: { text: string }) {
  return (
    <pre className="yaml" tabIndex={0}>
      {text}
    </pre>
  )
}
