"""``$everything``: what is known of a patient's care by all of her records, or of one encounter.

The records of one person are what the patient index holds for one just now; a merge or a split
there changes what is found here at once and touches nothing that is kept.

Source:
    HL7 FHIR R4, Patient/$everything, Encounter/$everything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, tzinfo
from functools import cache
from typing import Final, NamedTuple

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import ranges
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import everything_store, read_store
from lianyi.projections.clinical.everything_store import Wanted
from lianyi.projections.clinical.ids import parameter_number, resource_number
from lianyi.projections.clinical.persons import for_app, patients_of_person
from lianyi.projections.clinical.problems import NoSuchResource, unreadable
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.reading import Reading, Shown
from lianyi.projections.clinical.types import ABOUT_PATIENTS

PAGE: Final = 5_000
"""So many resources are answered at once when nothing else is wanted."""
_REFERENCE: Final = re.compile(rb'"reference":"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})["/]')
_NO_CARE: Final = frozenset({"_lastUpdated", "birthdate", "death-date"})
"""Dates that say nothing of when somebody was cared for."""
_BOTH_SIGNS: Final = (1, -1)
"""Of the numbers of dates in the index: short ones, and long ones or several."""


class Everything(NamedTuple):
    """A page of what is about a patient.

    Attributes:
        items: what is about her, as far as it may be seen.
        others: what that refers to and is about nobody: organisations, practitioners ...
        next: the number of the resource after which the next page begins; None: there is none.
    """

    items: Sequence[Shown]
    others: Sequence[Shown]
    next: int | None


async def everything(reading: Reading, id_: str, wanted: Wanted = Wanted(limit=PAGE)) -> Everything:  # noqa: B008 - it cannot be changed
    """Return what is about a patient.

    A page begins behind the last resource of the one before, in an order that nothing changes; so
    whatever was there when the first page was read is on one page and no more.

    Args:
        reading: says what may be seen.
        id_: of the Patient, as the index or the repository has it.
        wanted: what of it.

    Raises:
        NoSuchResource: nothing is known of such a patient that may be seen.
    """
    async with reading.reading() as (connection, schema):
        patients = await patients_of_person(connection, schema, id_)
        asked = _one_more(wanted)
        rows = await everything_store.about_patients(connection, schema, patients, asked)
        if not rows and wanted.after is None and len(patients) == 1:
            raise NoSuchResource(where="Patient")
        return await _page(reading, connection, schema, rows, wanted)


async def everything_of_encounter(
    reading: Reading,
    id_: str,
    wanted: Wanted = Wanted(limit=PAGE),  # noqa: B008 - as above
) -> Everything:
    """Return an encounter and what was done and found in it; see :func:`everything`.

    Raises:
        NoSuchResource: no such encounter is known that may be seen.
    """
    async with reading.reading() as (connection, schema):
        kept = await read_store.find(connection, schema, "Encounter", id_)
        if kept is None or kept.deleted or not await for_app(connection, schema, [kept]):
            raise NoSuchResource(where="Encounter")
        rows = await everything_store.about_encounter(
            connection,
            schema,
            resource_number("Encounter", id_),
            _places_of_encounters(),
            _one_more(wanted),
        )
        page = await _page(reading, connection, schema, rows, wanted)
        if kept.patient is None:
            return page
        (*patient,) = await read_store.list_kept(connection, schema, [kept.patient])
        return page._replace(
            others=[*await shown_of(reading, connection, schema, patient), *page.others]
        )


def _one_more(wanted: Wanted) -> Wanted:
    dates = () if wanted.start is None and wanted.end is None else _dates_of_care()
    return wanted._replace(limit=wanted.limit + 1, dates=dates)


async def _page(
    reading: Reading, connection: Connection, schema: str, rows: Sequence[Kept], wanted: Wanted
) -> Everything:
    last = rows[wanted.limit - 1].rid if len(rows) > wanted.limit else None
    items = await shown_of(reading, connection, schema, rows[: wanted.limit])
    named = await read_store.list_kept(connection, schema, referred_by(items, wanted.types))
    others = sorted((row for row in named if row.patient is None), key=lambda row: row.rid)
    return Everything(items, await shown_of(reading, connection, schema, others), last)


def referred_by(items: Iterable[Shown], types: Collection[str]) -> list[int]:
    """Return the numbers of what resources refer to, as far as that may be seen of them.

    Args:
        items: as they are shown.
        types: only of these; none: of every type.
    """
    found = {pair for one in items for pair in _REFERENCE.findall(one.body)}
    named = ((type_.decode(), id_.decode()) for type_, id_ in found)
    own = {one.kept.rid for one in items}
    rids = {resource_number(*one) for one in named if not types or one[0] in types}
    return list(rids - own)


async def shown_of(
    reading: Reading, connection: Connection, schema: str, rows: Sequence[Kept]
) -> list[Shown]:
    """Return resources as whoever asks may see them; what he may not see is not among them."""
    allowed = await for_app(connection, schema, rows)
    bodies = await reading.presenter.show(connection, schema, allowed)
    return [Shown(row, body) for row, body in zip(allowed, bodies, strict=True) if body]


def span_of(start: str, end: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """Read the first and the last date of care that are wanted; empty: from ever, for ever.

    Args:
        start: a date as FHIR writes it, included.
        end: likewise.
        zone: of dates without one.

    Raises:
        UnreadableResource: one of them is no date.
    """
    return (
        _instants(start, "start", zone)[0] if start else None,
        _instants(end, "end", zone)[1] if end else None,
    )


def _instants(text: str, where: str, zone: tzinfo) -> ranges.Span:
    found = ranges.span_of(text.replace(" ", "+") if "T" in text else text, zone)
    if found is None:
        raise unreadable(where, "it is no date", "不是日期")
    return found


@cache
def _dates_of_care() -> tuple[int, ...]:
    """Return the numbers of the dates that resources about patients have."""
    return tuple(
        sign * parameter_number(type_, code)
        for type_ in sorted(ABOUT_PATIENTS)
        for code, one in sorted(r4().search_parameters(type_).items())
        if one.type == "date" and code not in _NO_CARE
        for sign in _BOTH_SIGNS
    )


@cache
def _places_of_encounters() -> tuple[int, ...]:
    """Return the numbers of the references by which resources belong to an encounter."""
    return tuple(
        parameter_number(type_, code)
        for type_, codes in sorted(r4().compartment("Encounter").items())
        for code in codes
    )
