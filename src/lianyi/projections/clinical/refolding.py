"""A batch of statements put on top of what stands: which rows change, and how.

Where a batch only adds to the end, as it nearly always does, what stands is read and nothing else;
where something came late, or was erased, everything that was said of the resource is folded anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import beside_store, index_store, latest, store
from lianyi.projections.clinical.copying import SLICE, Copies
from lianyi.projections.clinical.folding import (
    HEARSAY_OF,
    Entry,
    Resource,
    State,
    add_version,
    applied,
    counted,
    owner,
    versions,
)
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.latest import Latest, latest_of
from lianyi.projections.clinical.parameters.indexing import Parameters, parameters_of
from lianyi.projections.clinical.records import record_of
from lianyi.projections.clinical.resources import patients_of, stamped, unstamped
from lianyi.projections.clinical.statements import is_hearsay
from lianyi.projections.clinical.store import StandingRow
from lianyi.projections.clinical.table_store import (
    PatientRow,
    ResourceRow,
    StatedRow,
    VersionRow,
)


class Said(NamedTuple):
    """A statement: its row, and what it says."""

    row: StatedRow
    resource: Resource

    @property
    def entry(self) -> Entry:
        """As it is folded."""
        return store.entry_of(self.row._replace(body=b""))._replace(resource=self.resource)


class Folded(NamedTuple):
    """What became of one resource.

    Attributes:
        type, id: of it.
        channel: whose it is.
        states: versions that are new, the last of which stands; perhaps none.
        about: the resource by which it is known whom it is about.
        latest: of all its statements.
    """

    type: str
    id: str
    channel: int
    states: Sequence[State]
    about: Resource
    latest: Latest


async def learn(
    connection: Connection,
    schema: str,
    said: Sequence[Said],
    erased: Collection[int],
    *,
    zone: ZoneInfo,
) -> bool:
    """Keep statements and let resources stand by them; say whether anything changed.

    Args:
        connection: in a transaction.
        schema: of the version.
        said: statements that were not learned yet.
        erased: resources of which statements are gone.
        zone: of dates without one.
    """
    async with Copies(connection, schema) as copies:
        return await _learn(copies, connection, schema, said, erased, zone=zone)


async def _learn(
    copies: Copies,
    connection: Connection,
    schema: str,
    said: Sequence[Said],
    erased: Collection[int],
    *,
    zone: ZoneInfo,
) -> bool:
    new: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        new[one.row.rid].append(one)
    stands = await store.standing_of(connection, schema, {*new, *erased})
    own = await parameters_of(connection, schema)
    await copies.add("stated", [one.row for one in said])
    folded: dict[int, Folded] = {}
    late = set(erased)
    for count, (rid, statements) in enumerate(new.items()):
        if not count % SLICE:
            await copies.breathe()
        if rid in late:
            continue
        old, entries = stands.get(rid), _in_order(statements)
        named = statements[0].row.type, statements[0].row.id
        made = _added(old, entries) if old else _anew(named, entries)
        if made is None:
            late.add(rid)
        else:
            folded[rid] = made
    if late:
        await copies.written()
    again = await store.stated_of(connection, schema, late)
    for rid, rows in again.items():
        folded[rid] = _anew((rows[0].type, rows[0].id), [store.entry_of(row) for row in rows])
    await _clear(copies, connection, schema, folded, stands=stands, late=late)
    await _write(copies, folded, own, zone=zone)
    return bool(folded or late)


def _in_order(said: Sequence[Said]) -> list[Entry]:
    return sorted((one.entry for one in said), key=lambda entry: entry.place)


def _anew(named: tuple[str, str], entries: Sequence[Entry]) -> Folded:
    """Fold everything that was said."""
    if len(entries) == 1:  # nearly always
        (one,) = entries
        states = [State(1, applied(None, one), one.place, created=True)]
        known = Latest(one.said_at, one.rank, one.place)
        return Folded(*named, one.channel, states, _about(states), known)
    states = versions(entries)
    return Folded(*named, owner(entries), states, _about(states), latest_of(counted(entries)))


def _added(old: StandingRow, entries: Sequence[Entry]) -> Folded | None:
    """Put statements on top of what stands; None: one came late, or changes what counts."""
    resource: Resource | None = None
    if not old.deleted:
        resource = unstamped(json_text.read(old.body))
    known = latest.unpack(old.latest)
    states = [State(old.version, resource, known.place, created=False)]
    for entry in entries:
        if entry.channel != old.channel and old.type in HEARSAY_OF:
            if not entry.is_hearsay or not is_hearsay(known.said_at, known.place.came_at):
                return None  # it may change whose hearsay counts
            continue  # somebody else repeats what is known here
        if not known.before(entry):
            return None
        if is_hearsay(known.said_at, known.place.came_at) and not entry.is_hearsay:
            return None  # from now on only those count who say it first-hand
        resource = applied(resource, entry)
        add_version(states, resource, entry.place)
        known = Latest(entry.said_at, entry.rank, entry.place)
    return Folded(old.type, old.id, old.channel, states[1:], _about(states), known)


def _about(states: Sequence[State]) -> Resource:
    """Return the last that was not deleted."""
    return next((one.resource for one in reversed(states) if one.resource is not None), {})


async def _clear(
    copies: Copies,
    connection: Connection,
    schema: str,
    folded: Mapping[int, Folded],
    *,
    stands: Mapping[int, StandingRow],
    late: Collection[int],
) -> None:
    """Take away what stood before of resources that stand otherwise now; note the others."""
    notes = [(rid, latest.pack(one.latest)) for rid, one in folded.items() if not one.states]
    moved = {rid for rid, one in folded.items() if one.states}
    before = [rid for rid in {*moved, *late} if rid in stands]
    if not (notes or before or late):
        return
    await copies.written()
    await store.put_latest(connection, schema, notes)
    await store.keep_versions(connection, schema, [rid for rid in before if rid not in late])
    await store.drop_versions(connection, schema, late)
    await store.drop_resources(connection, schema, before)
    gone = {rid for rid in stands if rid in moved or (rid in late and rid not in folded)}
    await beside_store.drop(connection, schema, gone)
    await index_store.drop(connection, schema, gone)


async def _write(
    copies: Copies, folded: Mapping[int, Folded], own: Parameters, *, zone: ZoneInfo
) -> None:
    """Let resources stand, and be found, as they do now, a few at a time."""
    moved = [(rid, one) for rid, one in folded.items() if one.states]
    for begin in range(0, len(moved), SLICE):
        some = moved[begin : begin + SLICE]
        await copies.add("version", [row for rid, one in some for row in _past(rid, one)])
        await copies.add("resource", [_row(rid, one) for rid, one in some])
        await copies.add("patient", list(_patients(some)))
        whole = [
            (rid, one.channel, resource)
            for rid, one in some
            if (resource := one.states[-1].resource) is not None
        ]
        await index_store.put(copies, whole, own, zone=zone)
        await copies.breathe()


def _past(rid: int, one: Folded) -> list[VersionRow]:
    return [
        VersionRow(
            rid,
            state.place.number,
            state.place.came_at,
            state.version,
            one.channel,
            state.place.part,
            state.place.shard,
            state.resource is None,
            _method(state),
            one.type,
            one.id,
            _body(state),
        )
        for state in one.states[:-1]
    ]


def _row(rid: int, one: Folded) -> ResourceRow:
    state = one.states[-1]
    patients = patients_of(one.about)
    return ResourceRow(
        rid,
        resource_number("Patient", patients[0]) if patients else None,
        state.place.number,
        state.place.came_at,
        state.version,
        one.channel,
        state.place.part,
        state.place.shard,
        state.resource is None,
        _method(state),
        one.type,
        one.id,
        latest.pack(one.latest),
        _body(state),
    )


def _method(state: State) -> str:
    if state.resource is None:
        return "DELETE"
    return "POST" if state.created else "PUT"


def _body(state: State) -> bytes:
    if state.resource is None:
        return b""
    return json_text.write(stamped(state.resource, state.version, state.place.came_at))


def _patients(moved: Iterable[tuple[int, Folded]]) -> Iterable[PatientRow]:
    for rid, one in moved:
        resource = one.states[-1].resource
        if one.type == "Patient" and resource and (found := record_of(resource)) is not None:
            yield PatientRow(rid, found.record, one.channel, found.whose)
