import { useQuery } from '@tanstack/react-query'

import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { type Balance, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

const RENEW_MS = 5_000
const PARTS = ['delivered', 'filtered', 'held', 'dismissed', 'waiting', 'parked', 'behind', 'erased'] as const

/** Is every message that passed a destination accounted for? */
export function Balances({ name }: { name: string }) {
  const { t } = useTexts()
  const books = useQuery({
    queryKey: ['balances', name],
    queryFn: () => take(client.GET('/api/v1/channels/{name}/balances', { params: { path: { name } } })),
    refetchInterval: RENEW_MS,
  })
  return (
    <section className="panel" aria-label={t('balance.title')}>
      <div className="panel-head">
        <h2>{t('balance.title')}</h2>
      </div>
      <p className="quiet balance-intro">{t('balance.intro')}</p>
      {books.isPending && <Loading rows={3} />}
      {books.isError && <Failed error={books.error} retry={() => void books.refetch()} />}
      <ul className="switches">
        {books.data?.map((one) => (
          <li key={one.id}>
            <div className="row balance-head">
              <strong>{one.name}</strong>
              <span className="num">{t('balance.passed', { count: one.passed })}</span>
              <span className="push">
                <Verdict balance={one} />
              </span>
            </div>
            <div className="row quiet num">
              {PARTS.filter((part) => one[part] > 0).map((part) => (
                <span key={part}>{t(`balance.${part}`, { count: one[part] })}</span>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Verdict({ balance: { off_by } }: { balance: Balance }) {
  const { t } = useTexts()
  if (off_by === 0) return <Mark tone="good">{t('balance.addsUp')}</Mark>
  if (off_by == null)
    return (
      <span title={t('balance.unknownHint')}>
        <Mark tone="mute">{t('balance.unknown')}</Mark>
      </span>
    )
  return <Mark tone="bad">{t('balance.offBy', { count: off_by })}</Mark>
}
