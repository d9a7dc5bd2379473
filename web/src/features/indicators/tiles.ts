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
      figure: counted.all,
      line,
      reached: reaches(counted.all?.value, tile.target, tile.better),
      newest: counted.newest,
      complete: counted.complete,
    }
  })
}

type Place = { code: string; name: { zh: string; en: string } }

/** The hospitals and departments that stand in some figures, by name. */
export function placesIn(answer: FiguresAnswer | undefined): { hospitals: Place[]; departments: Place[] } {
  const figures = answer?.items.flatMap((item) => item.figures) ?? []
  return { hospitals: distinct(figures.map((one) => one.hospital)), departments: distinct(figures.map((one) => one.department)) }
}

function distinct(places: (Place | null | undefined)[]): Place[] {
  const known = new Map(places.flatMap((place) => (place ? [[place.code, place]] : [])))
  return [...known.values()].sort((a, b) => a.name.zh.localeCompare(b.name.zh, 'zh-CN'))
}
