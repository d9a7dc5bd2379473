import { Fragment, type ReactNode, useMemo } from 'react'

import { type Line, readLines, type Token } from '@/lib/hl7'
import { useTexts } from '@/lib/texts'

/** Lines after which a text is cut off on the screen; the download is always whole. */
const LINES_MAX = 2_000

/** The text of a message: one segment on each line, delimiters dimmed, marked fields highlighted. */
export function BodyText({ body, marked }: { body: string; marked?: ReadonlySet<string> }) {
  const { t } = useTexts()
  const lines = useMemo(() => readLines(body), [body])
  if (body === '') return <p className="quiet">{t('trace.emptyBody')}</p>
  return (
    <>
      <pre className="body-text" tabIndex={0}>
        {lines.slice(0, LINES_MAX).map((line, number) => (
          <Fragment key={number}>{lineOf(line, marked)}</Fragment>
        ))}
      </pre>
      {lines.length > LINES_MAX && <p className="quiet">{t('trace.truncated')}</p>}
    </>
  )
}

function lineOf(line: Line, marked: ReadonlySet<string> | undefined): ReactNode {
  const parts: ReactNode[] = []
  let at = 0
  while (at < line.tokens.length) {
    const { field } = line.tokens[at] as Token
    let end = at + 1
    while (end < line.tokens.length && line.tokens[end]?.field === field) end++
    const spans = line.tokens.slice(at, end).map((token, index) =>
      token.kind === 'value' ? (
        <Fragment key={index}>{token.text}</Fragment>
      ) : (
        <span key={index} className={`hl7-${token.kind}`}>
          {token.text}
        </span>
      ),
    )
    parts.push(
      field !== '' && marked?.has(field) ? (
        <mark key={at} title={field}>
          {spans}
        </mark>
      ) : (
        <Fragment key={at}>{spans}</Fragment>
      ),
    )
    at = end
  }
  return <span className="body-line">{parts}</span>
}
