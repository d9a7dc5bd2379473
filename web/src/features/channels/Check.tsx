import { ProblemView } from '@/components/ProblemView'
import { Mark } from '@/components/StateMark'
import type { CheckResult } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** What became of the examples that the channel's file carries. */
export function Check({ result }: { result: CheckResult }) {
  const { t, language } = useTexts()
  return (
    <section className="stack check" aria-live="polite">
      <Mark tone={result.ok ? 'good' : 'bad'} plain>
        <strong>{result.ok ? t('channels.checkOk') : t('channels.checkFailed')}</strong>
      </Mark>
      {result.problems.map((problem, place) => (
        <ProblemView key={`${problem.code} ${place}`} problem={problem} />
      ))}
      {result.examples.length === 0 && result.problems.length === 0 && <p className="quiet">{t('channels.noExamples')}</p>}
      <ul>
        {result.examples.map((example) => (
          <li key={example.name} className="row">
            <Mark tone={example.ok ? 'good' : 'bad'}>{t(example.ok ? 'channels.example.ok' : 'channels.example.failed')}</Mark>
            <span>{example.name}</span>
            {example.detail && <span className="quiet">{example.detail[language]}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
