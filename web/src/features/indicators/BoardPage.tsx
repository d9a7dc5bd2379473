import './indicators.css'

import { useNavigate, useSearch } from '@tanstack/react-router'

import { Failed, Loading, StatePage } from '@/components/StatePage'
import type { IndicatorBoard, IndicatorTile } from '@/lib/api'
import type { BoardSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { ExportMenu, saveBoard, saveValues } from './ExportMenu'
import { IndicatorPages, usePeriodName, type Said, useSaid } from './parts'
import { type Period, periodText } from './periods'
import { PeriodPicker, PlacePickers, usePeriod } from './Pickers'
import { Strip } from './Strip'
import { TileCard } from './TileCard'
import { TileSheet } from './TileSheet'
import { useBoard } from './useBoard'
import { usePhone } from './usePhone'

/** How are we doing, today and in the period that is over? */
export default function BoardPage() {
  const { t } = useTexts()
  const periodName = usePeriodName()
  const search = useSearch({ from: '/indicators' })
  const navigate = useNavigate({ from: '/indicators' })
  const put = (change: BoardSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true })
  const period = usePeriod(search.period)
  const phone = usePhone()
  const { board, tiles, failed, changing } = useBoard(search, period)
  const groups = [...new Map(tiles?.map(({ group }) => [group.zh, group])).values()]
  const shown = tiles?.filter(({ group }) => search.group === undefined || group.zh === search.group)
  const open = tiles?.find(({ code }) => code === search.open)
  return (
    <div className="stack">
      <IndicatorPages title={t('indicators.board')} />
      <Strip hospital={search.hospital} />
      <div className="indicators-bar" role="search" aria-label={t('common.filters')}>
        <PeriodPicker period={period} change={(text) => put({ period: text })} />
        <PlacePickers period={periodText(period)} place={search} put={({ hospital, department }) => put({ hospital, department })} doctors={false} />
        <Boards board={board} chosen={search.board} change={(name) => put({ board: name })} />
        <Groups groups={groups} chosen={search.group} change={(group) => put({ group })} />
        {board && <Save board={board} tiles={shown} search={search} period={period} />}
      </div>
      {failed ? (
        <Failed error={failed.error} retry={() => void failed.refetch()} />
      ) : shown === undefined ? (
        <Loading rows={12} />
      ) : shown.length === 0 ? (
        <StatePage title={t('indicators.noTiles')} text={t('indicators.noTilesText')} quiet />
      ) : (
        <section aria-label={periodName(period)} aria-busy={changing}>
          <ul className={`tiles${changing ? ' tiles-changing' : ''}`}>
            {shown.map((tile) => (
              <TileCard key={`${tile.code} ${tile.counted_by?.caliber}`} tile={tile} search={search} pull={phone ? (code) => put({ open: code }) : null} />
            ))}
          </ul>
        </section>
      )}
      <TileSheet tile={phone ? open : undefined} search={search} period={period} close={() => put({ open: undefined })} />
    </div>
  )
}

/** The page as a file: a month of whole hospitals as the board that it is, anything else as its cells. */
function Save({ board, tiles, search, period }: { board: IndicatorBoard; tiles: IndicatorTile[] | undefined; search: BoardSearch; period: Period }) {
  const { hospital, department } = search
  const whole = period.kind === 'month' && department === undefined
  const codes = (tiles ?? []).filter(({ way }) => way === 'counted' || way === 'no_data').slice(0, 30).map(({ code }) => code).join(',')
  if (whole) return <ExportMenu name={`${board.board}-${periodText(period)}`} forms={['csv', 'xlsx', 'pdf']} fetch={saveBoard({ board: board.board, month: periodText(period), ...(hospital && { hospital }) })} />
  if (codes === '') return null
  return <ExportMenu name={`${board.board}-${periodText(period)}`} forms={['csv', 'xlsx']} fetch={saveValues({ codes, period: periodText(period), by: 'department', ...(hospital && { hospital }), ...(department && { department }) })} />
}

/** Which board: the president's, or one about a topic. */
function Boards({ board, chosen, change }: { board: IndicatorBoard | undefined; chosen: string | undefined; change: (name: string | undefined) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  if (!board || board.boards.length < 2) return null
  return (
    <select className="native" aria-label={t('indicators.whichBoard')} value={chosen ?? board.board} onChange={({ target }) => change(target.value)}>
      {board.boards.map((one) => (
        <option key={one.board} value={one.board}>
          {said(one.title)}
        </option>
      ))}
    </select>
  )
}

/** Of which kind the tiles are. */
function Groups({ groups, chosen, change }: { groups: Said[]; chosen: string | undefined; change: (group: string | undefined) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  if (groups.length < 2 && chosen === undefined) return null
  return (
    <select className="native" aria-label={t('indicators.class')} value={chosen ?? ''} onChange={({ target }) => change(target.value || undefined)}>
      <option value="">{t('indicators.allClasses')}</option>
      {groups.map((group) => (
        <option key={group.zh} value={group.zh}>
          {said(group)}
        </option>
      ))}
    </select>
  )
}
