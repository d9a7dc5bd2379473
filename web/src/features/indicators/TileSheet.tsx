import { Link } from '@tanstack/react-router'
import { Drawer } from 'antd'

import { Failed, Loading } from '@/components/StatePage'
import type { IndicatorTile } from '@/lib/api'
import type { BoardSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { Bars } from './Bars'
import { MonthLine } from './MonthLine'
import { Complete, Moved, Target, useSaid, Value } from './parts'
import { type Period, periodText } from './periods'
import { useFigures } from './useBoard'

/** On a phone: what is behind a tile, pulled up from below. */
export function TileSheet({ tile, search, period, close }: { tile: IndicatorTile | undefined; search: BoardSearch; period: Period; close: () => void }) {
  const said = useSaid()
  return (
    <Drawer open={tile !== undefined} onClose={close} placement="bottom" size="78vh" rootClassName="tile-sheet" title={tile && said(tile.name)} destroyOnHidden>
      {tile && <Detail tile={tile} search={search} period={period} />}
    </Drawer>
  )
}

const SHOWN = 10

function Detail({ tile, search, period }: { tile: IndicatorTile; search: BoardSearch; period: Period }) {
  const { t } = useTexts()
  const said = useSaid()
  const { figure, unit, better } = tile
  const { hospital, department } = search
  const caliber = tile.counted_by?.caliber
  const level = department === undefined ? 'department' : 'doctor'
  const below = useFigures({ codes: tile.code, period: periodText(period), by: level, hospital, department, caliber }, tile.way === 'counted')
  const counted = below.data?.items[0]
  return (
    <div className="stack">
      {tile.way === 'counted' ? (
        <>
          <p className="tile-value">
            <Value value={figure?.value} unit={unit} />
          </p>
          <p className="tile-moved">
            <Moved label={t('indicators.yearOnYear')} by={figure?.year_on_year} unit={unit} better={better} />
            <Moved label={t('indicators.onPrevious')} by={figure?.on_previous} unit={unit} better={better} />
          </p>
          <MonthLine points={tile.line} unit={unit} target={tile.target} />
          <p className="tile-foot">
            <Target target={tile.target} reached={tile.reached} unit={unit} better={better} />
            <Complete complete={tile.complete} newest={tile.newest} />
          </p>
          {below.isPending ? <Loading rows={4} /> : counted ? counted.figures.length > 0 && <Bars figures={counted.figures.slice(0, SHOWN)} level={level} unit={unit} better={better} whole={figure?.value ?? null} money={null} open={null} /> : <Failed error={below.error} />}
        </>
      ) : (
        <p>{said(tile.why)}</p>
      )}
      <Link to="/indicators/$code" params={{ code: tile.code }} search={{ period: periodText(period), hospital, department, caliber }} className="sheet-more">
        {t('indicators.lookInto')}
      </Link>
    </div>
  )
}
