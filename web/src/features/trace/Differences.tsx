import type { Difference } from '@/lib/api'
import { useTexts } from '@/lib/texts'

/** What the transformation changed: path, before, after. */
export function Differences({ diff }: { diff: Difference[] }) {
  const { t } = useTexts()
  if (diff.length === 0) return null
  const value = (text: string | null) =>
    text === null ? (
      <span className="quiet">{t('trace.absent')}</span>
    ) : text === '' ? (
      <span className="quiet">{t('trace.emptyValue')}</span>
    ) : (
      text
    )
  return (
    <div className="table-wrap">
      <table className="table diff">
        <thead>
          <tr>
            <th scope="col">{t('trace.field')}</th>
            <th scope="col">{t('trace.before')}</th>
            <th scope="col">{t('trace.after')}</th>
          </tr>
        </thead>
        <tbody>
          {diff.map(({ path, before, after }, place) => (
            <tr key={`${path} ${place}`}>
              <td className="mono">{path}</td>
              <td className="mono diff-before">{before === null || before === '' ? value(before) : <del>{before}</del>}</td>
              <td className="mono diff-after">{after === null || after === '' ? value(after) : <ins>{after}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
