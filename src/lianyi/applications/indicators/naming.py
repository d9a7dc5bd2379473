"""What codes are called when something is shown: looked up at reading, for codes already shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lianyi.applications.indicators.views import BothWords, Place
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.questions import Questions
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import acting, platform

NOBODY = BothWords(zh="未记录", en="not said")
"""Of a department or doctor that rows do not name."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of organisations and practitioners by code."""

    organisations: Mapping[str, BothWords] = field(default_factory=dict)
    practitioners: Mapping[str, BothWords] = field(default_factory=dict)

    def organisation(self, code: str | None) -> Place:
        """Return a hospital or department with its name; a name nobody knows is the code."""
        return _place(code, self.organisations)

    def practitioner(self, code: str | None) -> Place:
        """Return a practitioner with his name."""
        return _place(code, self.practitioners)


def _place(code: str | None, names: Mapping[str, BothWords]) -> Place:
    if not code:
        return Place(code="", name=NOBODY)
    return Place(code=code, name=names.get(code) or BothWords(zh=code, en=code))


async def look_up(
    data: Questions,
    *,
    organisations: Collection[str] = (),
    practitioners: Collection[str] = (),
) -> Names:
    """Return the names of codes that somebody may see already; none while they are being built."""
    with acting(platform("masterdata.read", "indicator_names")):
        return Names(
            await _named(data, Kind.ORGANISATION, organisations),
            await _named(data, Kind.PRACTITIONER, practitioners),
        )


async def _named(data: Questions, kind: Kind, codes: Collection[str]) -> dict[str, BothWords]:
    wanted = sorted({one for one in codes if one})
    if not wanted:
        return {}
    try:
        found = await data.names(kind, wanted)
    except ProjectionNotReady:
        return {}
    return {
        one.code: BothWords(zh=one.name_zh or one.code, en=one.name_en or one.name_zh or one.code)
        for one in found
    }
