"""Where and by whom something was done: what a reader may choose among. Counted, as figures are.

A place stands here when rows lie in it that whoever asks may see counted: the same window says so
as for every figure, and nothing is told of other places.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.explored_views import PlaceOf, PlacesView
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.views import BothWords, Place
from lianyi.applications.indicators.window import Window

WHERE: Final = (
    Part(fact="encounter", time="discharged_at", department="discharging"),
    Part(fact="encounter", time="registered_at", department="registering"),
    Part(fact="surgery", time="started_at", department="operating"),
    Part(fact="result", time="reported_at", department="executing"),
)
"""What is done in places: stays, visits, operations, reports."""

Pairs = Collection[tuple[str, str]]
"""Hospital and code."""


class Placing:
    """Counts where something was done."""

    def __init__(self, counter: Counter) -> None:
        """Ask a counter."""
        self._counter = counter

    async def places(self, window: Window) -> set[tuple[str, str]]:
        """Return hospitals and departments of a window; a department of nobody is empty.

        Raises:
            NoStar, CountingTooBig: they cannot be counted now.
        """
        return await self._pairs(window, "department")

    async def doctors(self, window: Window) -> set[tuple[str, str]]:
        """Return hospitals and doctors of a window; raises as :meth:`places` does."""
        return {pair for pair in await self._pairs(window, "doctor") if pair[1]}

    async def _pairs(self, window: Window, of: str) -> set[tuple[str, str]]:
        found = await self._counter.figures(WHERE, window, ("hospital", of))
        return {
            (str(hospital or ""), str(code or ""))
            for cells in found.values()
            for hospital, code in cells
        }


def places_view(places: Pairs, doctors: Pairs, names: Names) -> PlacesView:
    """Return places with what they are called, in the order of their names.

    A code is a hospital's own: of a department or doctor whose rows say no hospital the name says
    so, and the departments of that kind are counted.
    """

    def named(pairs: Pairs, *, practitioner: bool) -> list[PlaceOf]:
        found = []
        for hospital, code in pairs:
            place = names.practitioner(code) if practitioner else names.organisation(code)
            name = place.name if hospital else _of_no_hospital(place.name)
            found.append(PlaceOf(code=code, name=name, hospital=hospital))
        return sorted(found, key=lambda one: (one.name.zh, one.code, one.hospital))

    hospitals: list[Place] = [
        names.organisation(code) for code in {hospital for hospital, _ in places if hospital}
    ]
    return PlacesView(
        hospitals=sorted(hospitals, key=lambda one: (one.name.zh, one.code)),
        departments=named({pair for pair in places if pair[1]}, practitioner=False),
        doctors=named(doctors, practitioner=True),
        unplaced=sum(not hospital for hospital, code in places if code),
    )


def _of_no_hospital(name: BothWords) -> BothWords:
    return BothWords(zh=f"{name.zh}（未注明医院）", en=f"{name.en} (of no hospital)")
