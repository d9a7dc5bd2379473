import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'

import { Instant } from '@/components/Instant'
import { Mark } from '@/components/StateMark'
import { Failed, Loading, StatePage } from '@/components/StatePage'
import { Trouble } from '@/components/Trouble'
import { client, type PublishedCell, type PublishedList, take } from '@/lib/api'
import { useMay } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { plain } from './numbers'
import { usePeriodName, Value } from './parts'
import { PlaceOf } from './PlaceOf'

/** What was published, and what it is told as now: both stay. */
export function PublishedValues({ code }: { code: string }) {
  const { t } = useTexts()
  const publishes = useMay()('indicators.publish')
  const published = useQuery({
    queryKey: ['indicators', 'published', code],
    queryFn: () => take(client.GET('/api/v1/indicators/{code}/published', { params: { path: { code } } })),
    retry: false,
  })
  return (
    <section className="panel" aria-label={t('indicators.published')}>
      <div className="panel-head">
        <h2>{t('indicators.published')}</h2>
        <span className="quiet">{t('indicators.publishedText')}</span>
        {publishes && (
          <Link to="/indicators/publish" search={{ code }} className="push">
            {t('indicators.publish.open')}
          </Link>
        )}
      </div>
      {published.isPending ? (
        <Loading rows={3} />
      ) : !published.data ? (
        <Failed error={published.error} retry={() => void published.refetch()} />
      ) : published.data.items.length === 0 ? (
        <StatePage title={t('indicators.nonePublished')} text={t('indicators.nonePublishedText')} quiet />
      ) : (
        <Cells list={published.data} />
      )}
    </section>
  )
}

const SHOWN_MAX = 200

function Cells({ list }: { list: PublishedList }) {
  const { t } = useTexts()
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label={t('indicators.published')}>
      <table className="table cards">
        <thead>
          <tr>
            <th scope="col">{t('indicators.period')}</th>
            <th scope="col">{t('indicators.place')}</th>
            <th scope="col">{t('indicators.caliber')}</th>
            <th scope="col" className="right">
              {t('indicators.asPublished')}
            </th>
            <th scope="col" className="right">
              {t('indicators.asRestated')}
            </th>
            <th scope="col">{t('indicators.publishedBy')}</th>
            <th scope="col">{t('indicators.recount')}</th>
          </tr>
        </thead>
        <tbody>
          {list.items.slice(0, SHOWN_MAX).map((cell) => (
            <Cell key={`${cell.caliber} ${cell.hospital} ${cell.department} ${cell.period}`} cell={cell} unit={list.unit} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell({ cell, unit }: { cell: PublishedCell; unit: string }) {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const { as_published: first, as_restated: last } = cell
  return (
    <tr>
      <td className="head">{periodName(cell.period)}</td>
      <td data-title={t('indicators.place')}><PlaceOf hospital={cell.hospital} department={cell.department} /></td>
      <td data-title={t('indicators.caliber')}>
        <code title={first.hash}>{cell.caliber}</code>
      </td>
      <td data-title={t('indicators.asPublished')} className="right">
        <Value value={first.value} unit={unit} />
      </td>
      <td data-title={t('indicators.asRestated')} className="right">
        {cell.restated === 0 ? <span className="quiet">{t('indicators.neverRestated')}</span> : <Value value={last.value} unit={unit} />}
        {last.reason !== '' && <span className="quiet"> {last.reason}</span>}
      </td>
      <td data-title={t('indicators.publishedBy')}>
        {last.published_by} <Instant at={last.computed_at} relative={false} />
      </td>
      <td data-title={t('indicators.recount')}>
        <Recounted number={last.number} />
      </td>
    </tr>
  )
}

/** Counts a published value once more, by the definition it was published with. */
function Recounted({ number }: { number: number }) {
  const { t, language } = useTexts()
  const recount = useMutation({ mutationFn: () => take(client.GET('/api/v1/indicators/published/{number}/recount', { params: { path: { number } } })) })
  if (recount.data) {
    const { same, numerator_rows: rows } = recount.data
    const moved = rows.only_then + rows.only_now + rows.otherwise
    return <Mark tone={same ? 'good' : 'warn'}>{same ? t('indicators.recountSame') : t('indicators.recountDiffers', { count: moved, moved: plain(moved, language) })}</Mark>
  }
  return (
    <>
      <Button size="small" loading={recount.isPending} onClick={() => recount.mutate()}>
        {t('indicators.recount')}
      </Button>
      <Trouble error={recount.error} />
    </>
  )
}
