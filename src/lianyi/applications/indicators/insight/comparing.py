"""Answers where a place stands among others, most of which whoever asks may not see.

Others are counted as a whole and appear without a name, without numerator and denominator, and
rounded; and only where at least five of them are nameless, so that no single one can be told from
what is known of the rest. A nameless one whose denominator is small is left out: its figure would
speak of single patients. Nothing narrows the figures of others but the period.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.defining import Meant, period_view
from lianyi.applications.indicators.figures import Counts, Teller
from lianyi.applications.indicators.figuring import GRAINS
from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.insight.about import about_of
from lianyi.applications.indicators.insight.problems import AskedOfNoHospital, TooFewPeers
from lianyi.applications.indicators.insight.views import BenchmarkView, PeerRow, PeersOf
from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.periods import Period, parse_period
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.sight import Sight
from lianyi.applications.indicators.views import Place
from lianyi.applications.indicators.window import Window

if TYPE_CHECKING:
    from lianyi.applications.indicators.cube import Key

PEERS_LEAST: Final = 5
ROWS_LEAST: Final = 10
"""A nameless peer with a smaller denominator is left out."""
_DIGITS: Final = 3
_QUARTERS: Final = 4


class Comparing:
    """Holds places against others."""

    def __init__(self, ground: Ground) -> None:
        """Count on the ground of the indicators."""
        self._ground = ground

    async def benchmark(self, code: str, asked: Asked, *, of: PeersOf) -> BenchmarkView:
        """Return where a hospital stands among hospitals, or a department among those of its own.

        Args:
            code: of the indicator.
            asked: the period; the place is the one that is asked about.
            of: what is compared.

        Raises:
            AskedOfNoHospital: departments are asked for, and not of which hospital.
            TooFewPeers: of the others fewer than five are nameless, and not none.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        period = parse_period(asked.period)
        whole = Asked(asked.period, asked.hospital, caliber=asked.caliber)
        window, sight = await self._ground.window(whole, period)
        definitions = await self._ground.book.now(self._ground.today)
        one = self._ground.meant(definitions, code, whole, period, by_doctor=False)
        if one.counted:
            one = await self._ground.hearing.known(one, window)
        hospital = ""
        if of == "hospital":
            _, sight = await self._ground.window(Asked(asked.period), period)
        elif one.counted:
            hospital = asked.hospital or await self._the_hospital(one, window)
        values = await self._values(one, period, sight, hospital, of) if one.counted else {}
        mine = _mine(asked, of, sight, values)
        return await self._view(one, period, of, values, mine, sight)

    async def _the_hospital(self, one: Meant, window: Window) -> str:
        """Return the only hospital of which rows are seen."""
        part = one.caliber.parts()[-1]
        cells = await self._ground.counter.figures([part], window, GRAINS["hospital"])
        known = sorted({str(hospital) for (hospital,) in cells[part] if hospital})
        if len(known) != 1:
            raise AskedOfNoHospital(where="hospital")
        return known[0]

    async def _values(
        self, one: Meant, period: Period, sight: Sight, hospital: str, of: PeersOf
    ) -> dict[Key, float]:
        """Return the values of all that are compared; small nameless ones are left out."""
        window = Window(period.first, period.last, sight.peers(hospital))
        parts = one.caliber.parts()
        cells = await self._ground.counter.figures(parts, window, GRAINS[of])
        heard = await self._ground.hearing.of(parts)
        months = Span(period.first, period.last)
        teller = Teller(one.indicator, parts[0], parts[1] if len(parts) > 1 else None)
        found: dict[Key, float] = {}
        for key in sorted({key for part in parts for key in cells[part]}, key=str):
            if not all(key) or heard.lack(parts, {key[0]}, months):
                continue  # of nobody, or of whom nothing is known: no rank, and no peer
            above, *below = (cells[part].get(key, 0) for part in parts)
            value = teller.value(Counts(above, below[0] if below else None))
            small = bool(below) and below[0] < ROWS_LEAST
            if value is not None and (_seen(sight, key) or not small):
                found[key] = value
        hidden = sum(not _seen(sight, key) for key in found)
        if 0 < hidden < PEERS_LEAST:
            raise TooFewPeers(where=one.indicator.indicator, count=hidden, least=PEERS_LEAST)
        return found

    async def _view(
        self,
        one: Meant,
        period: Period,
        of: PeersOf,
        values: Mapping[Key, float],
        mine: Key | None,
        sight: Sight,
    ) -> BenchmarkView:
        up = one.indicator.better != "down"
        order = sorted(values, key=lambda key: (-values[key] if up else values[key], str(key)))
        seen = [key for key in order if _seen(sight, key)]
        names = await self._ground.names(seen, of)
        # Where values are alike the order would tell names apart: those of one value share a rank.
        ranks = {
            key: 1 + sum(_better(values[o], values[key], up=up) for o in order) for key in order
        }
        others = [values[key] for key in order if key != mine]
        lower, median, upper = _quartiles(others)
        rank = ranks.get(mine) if mine else None
        return BenchmarkView(
            **about_of(one),
            of=of,
            period=period_view(period),
            least=PEERS_LEAST,
            mine=_place(mine, names) if mine else None,
            value=values.get(mine) if mine else None,
            rank=rank,
            quartile=None if rank is None else (rank - 1) * _QUARTERS // len(order) + 1,
            count=len(order),
            hidden=len(order) - len(seen),
            median=median,
            lower=lower,
            upper=upper,
            rows=[
                PeerRow(
                    place=_place(key, names) if key in seen else None,
                    value=values[key] if key in seen else _rounded(values[key]),
                    rank=ranks[key],
                    mine=key == mine,
                )
                for key in order
            ],
        )


def _seen(sight: Sight, key: Key) -> bool:
    return sight.places.holds(key[0], key[1] if len(key) > 1 else None)


def _mine(asked: Asked, of: PeersOf, sight: Sight, values: Mapping[Key, float]) -> Key | None:
    """Return the key of the place that is asked about; else of the only one that is seen."""
    wanted = asked.department if of == "department" else asked.hospital
    seen = [key for key in values if _seen(sight, key)]
    if wanted:
        return next((key for key in seen if key[-1] == wanted), None)
    return seen[0] if len(seen) == 1 else None


def _better(one: float, other: float, *, up: bool) -> bool:
    return one > other if up else one < other


def _quartiles(values: list[float]) -> tuple[float | None, float | None, float | None]:
    if not values:
        return None, None, None
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, median, upper = statistics.quantiles(values, n=_QUARTERS, method="inclusive")
    return lower, median, upper


def _place(key: Key, names: Names) -> Place:
    return names.organisation(str(key[-1]))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
