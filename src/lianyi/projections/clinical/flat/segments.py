"""A view followed by position, so that a lake can follow: one file for each part of a shard.

A segment is called after the messages that it is of: ``NAME-1-00000000000000000001-…``. It holds
the rows of every version of a resource that these messages made. The same part of the same log is
the same bytes, whoever writes it and however often. A reader takes of each resource the rows of
the version that came last (``lianyi_at``, then ``lianyi_shard`` and ``lianyi_number``); a version
that has no row says so in one whose ``lianyi_rows`` is 0.

Segments end some seconds before now, and before the first message that was not learned yet: what
another shard says of the same resource is then known, too. When something was erased from the log
every segment is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.flattening import Column, View, rows
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import ERASED
from lianyi.projections.clinical.flat import flat_store
from lianyi.projections.clinical.flat.files import OURS
from lianyi.projections.clinical.flat.flat_store import Stood
from lianyi.projections.clinical.flat.forms import Form, written

SPAN: Final = 10_000
"""A segment is of no more messages; it begins and ends at multiples of it where it can."""
SETTLED: Final = timedelta(seconds=10)
SAYS: Final = (
    Column(f"{OURS}id", "string", collection=False),
    Column(f"{OURS}version", "integer", collection=False),
    Column(f"{OURS}at", "instant", collection=False),
    Column(f"{OURS}shard", "integer", collection=False),
    Column(f"{OURS}number", "integer", collection=False),
    Column(f"{OURS}rows", "integer", collection=False),
)
"""Which version of which resource a row is of, and how many rows that version has."""
_ACTS: Final = 0


class Segment(NamedTuple):
    """A part of a shard: messages behind ``after``, up to ``to``."""

    shard: int
    after: int
    to: int

    def file(self, view: str, form: Form) -> str:
        """Return the name of its file."""
        return f"{view}-{self.shard}-{self.after + 1:020}-{self.to:020}.{form}"


class State(msgspec.Struct):
    """How far a folder is.

    Attributes:
        ends: the last message of each shard that was looked at; what made nothing has no file.
    """

    ends: dict[int, int] = {}


class Log(Protocol):
    """What is asked of the log."""

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Read on from a number."""
        ...

    async def end(self, shard: int) -> int:
        """Return the last number."""
        ...


class Follow:
    """Lets a folder follow a view."""

    def __init__(self, log: Log, view: View, folder: Path, form: Form) -> None:
        """Follow into a folder.

        Args:
            log: that is followed.
            view: whose rows are written.
            folder: into which; there may be segments of other views in it.
            form: of the files.
        """
        self._log = log
        self._view = view
        self._folder = folder
        self._form = form

    async def ends(self, standing: Mapping[int, int], *, now: datetime) -> dict[int, int]:
        """Return up to where each shard is settled.

        Args:
            standing: how far the projection has learned each shard.
            now: the moment.
        """
        until = now - SETTLED
        for shard, number in standing.items():
            if await self._log.end(shard) > number:
                (first, *_) = await self._log.read(shard, after=number, limit=1)
                until = min(until, first.received_at - SETTLED)
        return {shard: await self._settled(shard, to, until) for shard, to in standing.items()}

    async def _settled(self, shard: int, to: int, until: datetime) -> int:
        """Return the last number of a shard that came before an instant."""
        low, high = 0, to
        while low < high:
            middle = (low + high + 1) // 2
            found = await self._log.read(shard, after=middle - 1, limit=1)
            if found and found[0].received_at <= until:
                low = middle
            else:
                high = middle - 1
        return low

    async def write(
        self, connection: Connection, schema: str, ends: Mapping[int, int]
    ) -> list[Segment]:
        """Write the segments that are missing; all of them where something was erased.

        Args:
            connection: in a transaction that keeps the version.
            schema: of the version.
            ends: up to where each shard is settled.

        Returns:
            Those that were written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        state = self._read_state()
        there = self.there()
        done: list[Segment] = []
        if await self._is_erased(state.ends.get(_ACTS, 0), ends.get(_ACTS, 0)):
            for segment in there:
                done += await self._put(connection, schema, segment)
        for shard, end in sorted(ends.items()):
            after = max(
                [state.ends.get(shard, 0), *(one.to for one in there if one.shard == shard)]
            )
            for segment in parts(shard, after, end):
                done += await self._put(connection, schema, segment)
            state.ends[shard] = max(after, end)
        _replace(self._state_file, msgspec.json.encode(state))
        return done

    async def _put(self, connection: Connection, schema: str, segment: Segment) -> list[Segment]:
        """Write one; return it where that is something new. One without a row has no file."""
        content = await content_of(connection, schema, self._view, segment, self._form)
        path = self._folder / segment.file(self._view.name, self._form)
        if content is None:
            path.unlink(missing_ok=True)
            return []
        if path.exists() and path.read_bytes() == content:
            return []
        _replace(path, content)
        return [segment]

    def there(self) -> list[Segment]:
        """Return the segments of the view that the folder holds, in order."""
        pattern = re.compile(
            rf"{re.escape(self._view.name)}-(\d+)-(\d{{20}})-(\d{{20}})\.{self._form}", re.ASCII
        )
        found = (pattern.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(
            Segment(int(one[1]), int(one[2]) - 1, int(one[3])) for one in found if one is not None
        )

    @property
    def _state_file(self) -> Path:
        return self._folder / f"{self._view.name}.{self._form}.state"

    def _read_state(self) -> State:
        try:
            return msgspec.json.decode(self._state_file.read_bytes(), type=State)
        except (FileNotFoundError, msgspec.DecodeError):
            return State()

    async def _is_erased(self, after: int, to: int) -> bool:
        """Tell whether acts behind one number, up to another, erased anything."""
        erased = False
        while after < to:
            batch = await self._log.read(_ACTS, after=after, limit=1000)
            if not batch:
                break
            erased |= any(one.kind == ERASED and one.number <= to for one in batch)
            after = batch[-1].number
        return erased


def parts(shard: int, after: int, end: int) -> Iterator[Segment]:
    """Give the segments between two numbers, cut at multiples of :data:`SPAN`."""
    while after < end:
        to = min((after // SPAN + 1) * SPAN, end)
        yield Segment(shard, after, to)
        after = to


async def content_of(
    connection: Connection, schema: str, view: View, segment: Segment, form: Form
) -> bytes | None:
    """Return the bytes of a segment, the same ones for the same part of the same log.

    Returns:
        None where its messages made no version of a resource of the type.
    """
    versions = await flat_store.stood(
        connection, schema, view.resource, shard=segment.shard, after=segment.after, to=segment.to
    )
    if not versions:
        return None
    found = (row for version in versions for row in _rows(view, segment.shard, version))
    return written([*SAYS, *view.columns], found, form)


def _rows(view: View, shard: int, version: Stood) -> Iterator[dict[str, Any]]:
    made = [] if version.deleted else rows(view, json_text.read(version.body))
    says = {
        f"{OURS}id": version.id,
        f"{OURS}version": version.version,
        f"{OURS}at": version.updated_at.isoformat(),
        f"{OURS}shard": shard,
        f"{OURS}number": version.number,
        f"{OURS}rows": len(made),
    }
    for row in made or [{}]:
        yield says | row


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in its place, or leave what was there."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
