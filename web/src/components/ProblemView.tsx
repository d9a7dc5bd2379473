import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { client, take, type Problem } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** A failure whole: code, what, where, why and the next step, in the reader's language. */
export function ProblemView({ problem }: { problem: Problem }) {
  const { t, language } = useTexts()
  const [explained, setExplained] = useState(false)
  const words = problem[language]
  return (
    <section className="problem" aria-label={words.what}>
      <header>
        <strong>{words.what}</strong>
        <button type="button" className="code-button" onClick={() => setExplained(!explained)} aria-expanded={explained}>
          {problem.code} · {t('problem.explain')}
        </button>
      </header>
      <dl className="facts">
        {words.why && (
          <>
            <dt>{t('problem.why')}</dt>
            <dd>{words.why}</dd>
          </>
        )}
        {problem.where && (
          <>
            <dt>{t('problem.where')}</dt>
            <dd className="mono">{problem.where}</dd>
          </>
        )}
        <dt>{t('problem.next')}</dt>
        <dd>{words.next_step}</dd>
      </dl>
      {explained && <Explanation code={problem.code} />}
    </section>
  )
}

function Explanation({ code }: { code: string }) {
  const { t, language } = useTexts()
  const page = useQuery({
    queryKey: ['error', code],
    queryFn: () => take(client.GET('/api/v1/errors/{code}', { params: { path: { code } } })),
    staleTime: Infinity,
  })
  if (page.isPending) return <p className="problem-more">{t('common.loading')}</p>
  if (page.isError) return <p className="problem-more">{t('common.unknown')}</p>
  return (
    <p className="problem-more">
      <strong>{language === 'zh' ? page.data.zh_title : page.data.en_title}</strong>{' '}
      {language === 'zh' ? page.data.zh_text : page.data.en_text}
    </p>
  )
}

/** A failure in one line, for lists. */
export function ProblemLine({ problem }: { problem: Problem }) {
  const { language } = useTexts()
  const words = problem[language]
  return (
    <span className="problem-line" title={`${words.why}\n${words.next_step}`}>
      <span>{words.what}</span>
      {words.why && <span className="problem-line-why">{words.why}</span>}
      <code>{problem.code}</code>
    </span>
  )
}
