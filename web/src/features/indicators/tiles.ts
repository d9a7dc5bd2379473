/** The tiles of a board for any period and place: what is counted for them laid over the board. */

import type { FiguresAnswer, IndicatorFigures, IndicatorTile } from '@/lib/api'

/** Whether a target is reached; null: there is none, or no value, or no better way. */
export function reaches(value: number | null | undefined, target: number | null, better: IndicatorTile['better']): boolean | null {
  if (target === null || value === null || value === undefined || better === 'neither') return null
  return better === 'up' ? value >= target : value <= target
}

const byCode = (answer: FiguresAnswer): Map<string, IndicatorFigures> => new Map(answer.items.map((item) => [item.code, item]))

/** Tiles with the figures of another period or place, and with the line of months of that place. */
export function overlaid(tiles: readonly IndicatorTile[], whole: FiguresAnswer, months: FiguresAnswer): IndicatorTile[] {
  const [values, lines] = [byCode(whole), byCode(months)]
  return tiles.map((tile) => {
    const counted = values.get(tile.code)
    if (!counted) return tile
    const line = (lines.get(tile.code)?.figures ?? []).flatMap(({ month, value }) => (month ? [{ month, value }] : []))
    return {
      ...tile,
      way: counted.way,
      why: counted.why,
      figure: counted.all,
      line,
      reached: reaches(counted.all?.value, tile.target, tile.better),
      newest: counted.newest,
      complete: counted.complete,
    }
  })
}
