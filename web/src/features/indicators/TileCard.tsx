import { Link } from '@tanstack/react-router'

import type { IndicatorTile } from '@/lib/api'
import type { BoardSearch } from '@/lib/filters'
import { useTexts } from '@/lib/texts'

import { MonthLine } from './MonthLine'
import { Complete, Moved, Target, Uncounted, useSaid, Value } from './parts'

/** One number: what it is, how it moved, how it went for a year, and what it should be. */
export function TileCard({ tile, search, pull }: { tile: IndicatorTile; search: BoardSearch; pull: ((code: string) => void) | null }) {
  const { t } = useTexts()
  const said = useSaid()
  const { figure, unit, better } = tile
  const { period, hospital, department } = search
  return (
    <li className={`tile${tile.reached === false ? ' tile-missed' : ''}`}>
      <Link
        to="/indicators/$code"
        params={{ code: tile.code }}
        search={{ period, hospital, department, caliber: tile.counted_by?.caliber }}
        className="tile-link"
        onClick={(event) => {
          if (!pull) return
          event.preventDefault()
          pull(tile.code)
        }}
      >
        <span className="tile-name" title={`${said(tile.group)} · ${said(tile.name)}`}>
          {said(tile.name)}
        </span>
        {tile.way === 'counted' ? (
          <>
            <span className="tile-value">
              <Value value={figure?.value} unit={unit} />
            </span>
            <span className="tile-moved">
              <Moved label={t('indicators.yearOnYear')} by={figure?.year_on_year} unit={unit} better={better} />
              <Moved label={t('indicators.onPrevious')} by={figure?.on_previous} unit={unit} better={better} />
            </span>
            <MonthLine points={tile.line} unit={unit} target={tile.target} />
          </>
        ) : (
          <span className="tile-why">
            <Uncounted way={tile.way} why={said(tile.why)} />
          </span>
        )}
      </Link>
      <span className="tile-foot">
        <Target target={tile.target} reached={tile.reached} unit={unit} better={better} />
        {tile.way === 'counted' && <Complete complete={tile.complete} newest={tile.newest} />}
      </span>
    </li>
  )
}
