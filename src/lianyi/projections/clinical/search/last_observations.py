"""``Observation/$lastn``: of everything that was observed of a patient, the latest of each kind.

Source:
    HL7 FHIR R4, Observation/$lastn: "group by code ... most recent"; two observations are of one
    kind when they have a coding in common, or, without any, the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.index_values import plain_text
from lianyi.projections.clinical.parameters.knowing import known_in
from lianyi.projections.clinical.persons import patients_of_person
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search import bundles, search_store
from lianyi.projections.clinical.search.conditions import Leaf, Node, OneOf, every
from lianyi.projections.clinical.search.known import Knowing
from lianyi.projections.clinical.search.problems import unreadable
from lianyi.projections.clinical.search.query import Pair
from lianyi.projections.clinical.search.search_store import Key
from lianyi.projections.clinical.search.service import Place

LASTN: Final = "$lastn"
MAX: Final = "max"
_TYPE: Final = "Observation"
_WHOSE: Final = ("patient", "subject")


class _Concept(msgspec.Struct):
    coding: Any = None
    text: Any = None


class _Observed(msgspec.Struct):
    """As much of an Observation as says what was observed."""

    code: _Concept = msgspec.field(default_factory=_Concept)
    status: Any = None


class LastObservations(Knowing):
    """Finds the latest observations."""

    async def last(self, pairs: Sequence[Pair], *, strict: bool) -> bytes:
        """Return the latest observations of each kind as a Bundle, the kind seen last first.

        Args:
            pairs: as sent: ``patient`` or ``subject``; ``max``, so many of each kind, 1 when it
                is not said; and whatever else a search of observations may say.
            strict: whether a name that no parameter has is refused.

        Raises:
            UnreadableSearch: it is not said whose; see also :meth:`SearchService.search`.
        """
        most = _most(pairs)
        rest = [pair for pair in pairs if pair[0] != MAX]
        ids = [_id(value) for name, value in rest if name in _WHOSE]
        if not ids and not any(name.partition(".")[0] in _WHOSE for name, _ in rest):
            raise unreadable("patient", "it must be said whose", "须指明患者（patient 或 subject）")
        place = Place(f"{_TYPE}/{LASTN}", (_TYPE,))
        others = [pair for pair in rest if pair[0] not in _WHOSE]
        async with self.reading() as (connection, schema):
            known = await known_in(connection, schema, self._definitions)
            query = self._readable(place, others, known, strict=strict)
            compiler = await self._compiler(connection, schema, query.criteria, known)
            within = await self._within(connection, schema, place, query)
            for id_ in ids:
                within.append(_about(await patients_of_person(connection, schema, id_)))
            node = every(compiler.search((_TYPE,), query.criteria), *within)
            rows = await self.known(connection, schema, query, node)
            at = await _when(connection, schema, [row.rid for row in rows])
            found = latest(rows, at, most=most)
            entries = await self._entries(connection, schema, found, query, mode="match")
        said = [pair for pair in pairs if pair[0] not in query.ignored]
        return bundles.bundle(
            entries,
            base=self.base,
            path=place.path,
            said=said,
            page="",
            following="",
            total=len(entries),
            warnings=bundles.passed_over(query.ignored),
        )


def _most(pairs: Iterable[Pair]) -> int:
    text = next((value.strip() for name, value in pairs if name == MAX), "1")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise unreadable(MAX, "it is no number from 1 on", "应为从 1 开始的整数")
    return int(text)


def _id(value: str) -> str:
    return value.strip().rpartition("/")[2]


def _about(patients: Sequence[int]) -> Node:
    ps = tuple(parameter_number(_TYPE, code) for code in _WHOSE)
    return Leaf("hashed", ps, OneOf("v", tuple(patients)))


async def _when(
    connection: Connection,
    schema: str,
    rids: Sequence[int],
) -> Mapping[int, datetime | None]:
    key = Key("date", (parameter_number(_TYPE, "date"),), True)
    found = await search_store.keys_of(connection, schema, rids, [key], bound=None)
    return {rid: keys[0] for rid, keys in found.items()}


def latest(rows: Iterable[Kept], at: Mapping[int, datetime | None], *, most: int) -> list[Kept]:
    """Return of each kind the latest observations. Pure.

    One that was entered in error is none. One without a time is older than every other.

    Args:
        rows: observations.
        at: when each was made.
        most: so many of each kind.
    """
    told = [(row, msgspec.json.decode(row.body, type=_Observed)) for row in rows]
    told = [(row, said) for row, said in told if said.status != "entered-in-error"]
    kind_of = _Kinds()
    for row, said in told:
        kind_of.join(_marks(said.code, row))
    kinds: dict[object, list[Kept]] = defaultdict(list)
    for row, said in sorted(told, key=lambda one: one[0].rid):
        kinds[kind_of.of(_marks(said.code, row)[0])].append(row)

    def newest(row: Kept) -> float:
        when = at.get(row.rid)
        return -when.timestamp() if when else float("inf")

    ordered = [sorted(kind, key=newest)[:most] for kind in kinds.values()]
    ordered.sort(key=lambda kind: (newest(kind[0]), kind[0].rid))
    return [row for kind in ordered for row in kind]


def _marks(code: _Concept, row: Kept) -> list[object]:
    """Return what an observation has in common with others of its kind; never nothing."""
    codings = code.coding if isinstance(code.coding, list) else []
    marks: list[object] = [
        (str(one.get("system") or ""), str(one["code"]))
        for one in codings
        if isinstance(one, dict) and one.get("code")
    ]
    if not marks and isinstance(code.text, str) and code.text.strip():
        marks = [plain_text(code.text)]
    return marks or [row.rid]


class _Kinds:
    """Which marks mean the same kind: those that stand beside each other somewhere."""

    def __init__(self) -> None:
        self._to: dict[object, object] = {}

    def of(self, mark: object) -> object:
        """Return the mark that stands for all of its kind."""
        while (above := self._to.get(mark, mark)) != mark:
            self._to[mark] = self._to.get(above, above)
            mark = above
        return mark

    def join(self, marks: Sequence[object]) -> None:
        """Say that some marks mean the same."""
        first = self.of(marks[0])
        for mark in marks[1:]:
            self._to[self.of(mark)] = first
