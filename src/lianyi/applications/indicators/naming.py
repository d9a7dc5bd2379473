"""What codes are called when something is shown: looked up at reading, for codes already shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from lianyi.applications.indicators.slicing import Slice, words_of
from lianyi.applications.indicators.views import BothWords, Narrowed, Place
from lianyi.projections.clinical.terms.naming import (
    CHARGE,
    DIAGNOSIS,
    DRUG,
    OPERATION,
    Coded,
    CodeNames,
)
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.questions import Questions
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import acting, platform

NOBODY = BothWords(zh="未记录", en="not said")
"""Of a department or doctor that rows do not name."""


Code = tuple[str, str]
"""A column of a fact, ``encounter.main_diagnosis``, and a code that stands in it."""

CODED: Final[Mapping[str, Coded]] = {
    "encounter.main_diagnosis": DIAGNOSIS,
    "surgery.code": OPERATION,
    "charge.item": CHARGE,
    "drug.item": DRUG,
}
"""Columns whose codes have names of their own."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names of organisations, of practitioners and of codes, by code."""

    organisations: Mapping[str, BothWords] = field(default_factory=dict)
    practitioners: Mapping[str, BothWords] = field(default_factory=dict)
    codes: Mapping[Code, BothWords] = field(default_factory=dict)

    def organisation(self, code: str | None) -> Place:
        """Return a hospital or department with its name; a name nobody knows is the code."""
        return _place(code, self.organisations)

    def practitioner(self, code: str | None) -> Place:
        """Return a practitioner with his name."""
        return _place(code, self.practitioners)

    def code(self, fact: str, column: str, code: str) -> BothWords | None:
        """Return what a code in a column of a fact is called; None: nobody names it."""
        return self.codes.get((f"{fact}.{column}", code))


def _place(code: str | None, names: Mapping[str, BothWords]) -> Place:
    if not code:
        return Place(code="", name=NOBODY)
    return Place(code=code, name=names.get(code) or BothWords(zh=code, en=code))


class Naming:
    """Looks names up in the master data, in the code systems and in what messages say."""

    def __init__(self, data: Questions, codes: CodeNames) -> None:
        """Ask these; ``data`` is the master data."""
        self.data = data
        self._codes = codes

    async def look_up(
        self,
        *,
        organisations: Collection[str] = (),
        practitioners: Collection[str] = (),
        codes: Collection[Code] = (),
    ) -> Names:
        """Return the names of what somebody may see already; none while they are being built."""
        with acting(platform("masterdata.read", "indicator_names")):
            return Names(
                await _named(self.data, Kind.ORGANISATION, organisations),
                await _named(self.data, Kind.PRACTITIONER, practitioners),
                await self._coded(codes),
            )

    async def narrowed(self, slices: Iterable[Slice]) -> list[Narrowed]:
        """Return what people call slices, one by a code with the name of the code."""
        found = words_of(slices)
        wanted = {(coded, one.value) for one in found for coded in _columns_called(one.column)}
        names = {_bare(coded): name for coded, name in (await self._coded(wanted)).items()}
        return [_called(one, names.get((one.column, one.value))) for one in found]

    async def _coded(self, codes: Collection[Code]) -> dict[Code, BothWords]:
        of: dict[str, set[str]] = defaultdict(set)
        for column, code in codes:
            of[column].add(code)
        found: dict[Code, BothWords] = {}
        for column, some in of.items():
            with suppress(ProjectionNotReady):
                for code, name in (await self._codes.names(CODED[column], some)).items():
                    found[column, code] = BothWords(zh=name, en=name)
        return found


def _columns_called(name: str) -> list[str]:
    return [one for one in CODED if one.partition(".")[2] == name]


def _bare(code: Code) -> tuple[str, str]:
    return code[0].partition(".")[2], code[1]


def _called(one: Narrowed, name: BothWords | None) -> Narrowed:
    """Return a slice with the name of its code beside how its values begin."""
    if name is None:
        return one
    both = BothWords(zh=f"{one.called.zh} {name.zh}", en=f"{one.called.en} {name.en}")
    return one.model_copy(update={"called": both})


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
