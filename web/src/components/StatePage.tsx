import { Button } from 'antd'
import type { ReactNode } from 'react'

import { ApiFailure } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { ProblemView } from './ProblemView'

/** A page, or a part of one, that has something to say instead of something to show. */
export function StatePage({ title, text, children, quiet = false }: { title: string; text?: string; children?: ReactNode; quiet?: boolean }) {
  return (
    <div className={`state-page${quiet ? ' state-quiet' : ''}`}>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </div>
  )
}

/** Bars where the content will be. Nothing is said aloud before half a second has passed. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTexts()
  return (
    <div className="loading" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="loading-bar" />
      ))}
    </div>
  )
}

/** What failed, why and what to do, in the server's words; or that the server is gone. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTexts()
  const failure = error instanceof ApiFailure ? error : null
  const again = retry && <Button onClick={retry}>{t('common.retry')}</Button>
  if (failure?.problem)
    return (
      <div className="state-page">
        {failure.status === 403 && <h2>{t('states.forbiddenTitle')}</h2>}
        <ProblemView problem={failure.problem} />
        {again}
      </div>
    )
  if (failure?.status === 0)
    return (
      <StatePage title={t('states.noServerTitle')} text={t('states.noServerText')}>
        {again}
      </StatePage>
    )
  return (
    <StatePage
      title={t('states.failedTitle')}
      text={failure ? t('states.unknownFailure', { status: failure.status }) : t('states.crashedText')}
    >
      {again}
    </StatePage>
  )
}
