"""Operations data as a projection: what it learns from the log.

Every statement is kept. A batch folds anew the rows that it speaks of, each from all that was ever
said of it, and then the rows that take something from these; so neither the order of shards nor a
late message matters, and the cost is that of the rows that are spoken of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import ERASED
from lianyi.projections import projection_store
from lianyi.projections.comparing import Difference
from lianyi.projections.operational import census_store, folding, read_store, store
from lianyi.projections.operational.folding import ENCOUNTER, PARENTS, Row, scoped
from lianyi.projections.operational.hl7v2 import messages
from lianyi.projections.operational.hl7v2.codes import Codes, read_codes
from lianyi.projections.operational.statements import Statement
from lianyi.projections.operational.store import Touched
from lianyi.projections.projection import Heard, Learned, sort_out

NAME = "operational"

Told = Mapping[tuple[str, str], Sequence[Statement]]
"""What was said of rows, by the organisation that says it, and key."""


class Operational:
    """What a hospital did, in rows that can be counted."""

    name = NAME
    shape = store.SHAPE

    def __init__(self, zone: ZoneInfo, content_dir: Path | None = None) -> None:
        """Learn with the clock and the codes of a hospital.

        Args:
            zone: of the times that senders write without one, and of its days and months.
            content_dir: may hold codes of its own; None: there are none.
        """
        self._zone = zone
        self._content_dir = content_dir
        self._codes: Codes | None = None

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind say anything that can be counted."""
        return messages.wants(kind) or kind == ERASED

    def read(self, message: LogMessage) -> list[Statement] | Position | None:
        """Return what a message says, or the position of the one that was erased."""
        if message.kind == ERASED:
            return message.caused_by
        if self._codes is None:
            self._codes = read_codes(self._content_dir)
        return messages.read(message, self._zone, self._codes)

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the empty tables."""
        await store.create(connection, schema)

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch; see :class:`~lianyi.projections.projection.Projection`."""
        statements: list[Statement]
        statements, erased, aside = sort_out(heard)
        touched: set[Touched] = set()
        for position in erased:
            touched |= await store.forget_message(connection, schema, position)
        if statements:
            await store.put_statements(connection, schema, statements)
            touched |= {Touched(one.fact, one.key, one.facility, one.channel) for one in statements}
        before = await store.scopes(connection, schema)
        of = await _scopes(connection, schema, before, touched)
        moved = {channel for channel in before if before[channel] != of[channel]}
        if moved:
            touched |= await store.said_by(connection, schema, moved)
        if touched:
            await _Fold(connection, schema, self._zone, revision + 1, before, of).fold(touched)
        return Learned(bool(touched), aside)

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Do nothing: days are counted by the clock of the messages."""

    def forget(self) -> None:
        """Do nothing: nothing is remembered but the codes."""

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        return await store.digest(connection, schema)

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say how many rows of each table only one of two versions has."""
        columns = {table: store.digested()[table] for table in tables}
        return await projection_store.differences(connection, before, after, columns)


async def _scopes(
    connection: Connection, schema: str, before: Mapping[int, str], touched: Collection[Touched]
) -> dict[int, str]:
    """Return whose messages the channels carry, and keep it."""
    now = await read_store.organisations(connection)
    channels = {*before, *(one.channel for one in touched)}
    of = {channel: now.get(channel, "") for channel in channels}
    if of != before:
        await store.put_scopes(connection, schema, of)
    return of


class _Fold(NamedTuple):
    """Rows that are folded anew, those first that others take from.

    Attributes:
        connection: in a transaction.
        schema: of the version.
        zone: of the hospital's days.
        revision: under which rows are written.
        before: whose messages each channel carried until now.
        of: whose it carries.
    """

    connection: Connection
    schema: str
    zone: ZoneInfo
    revision: int
    before: Mapping[int, str]
    of: Mapping[int, str]

    async def fold(self, touched: Collection[Touched]) -> None:
        """Fold the rows of which something was said, and those that take something from them."""
        changed: dict[str, set[str]] = {}
        for fact in store.FACTS:
            keys = {one.key for one in touched if one.fact == fact}
            parent = PARENTS.get(fact)
            if parent and changed.get(parent):
                keys |= await store.taking_from(self.connection, self.schema, fact, changed[parent])
            if keys:
                told = await self._told(fact, keys)
                rows = await self._rows(parent, told)
                changed[fact] = await store.write_rows(
                    self.connection, self.schema, fact, keys, rows,
                    zone=self.zone, revision=self.revision,
                )  # fmt: skip
                if fact == ENCOUNTER:
                    await self._census(touched, told, rows, changed[fact])

    async def _told(self, fact: str, keys: Collection[str]) -> Told:
        """Return all that was said of some rows, apart by organisation."""
        found: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        for key, statements in (
            await store.statements_of(self.connection, self.schema, fact, keys)
        ).items():
            for one in statements:
                found[self.of[one.channel], key].append(one)
        return found

    async def _rows(self, parent: str | None, told: Told) -> dict[str, Row]:
        parents: Mapping[str, asyncpg.Record] = {}
        if parent is not None:
            wanted = {
                scoped(scope, one.of)
                for (scope, _), statements in told.items()
                for one in statements
                if one.of
            }
            parents = await store.rows_of(self.connection, self.schema, parent, wanted)
        rows: dict[str, Row] = {}
        for (scope, _), statements in told.items():
            in_order = sorted(statements, key=lambda one: one.order, reverse=True)
            of = next((one.of for one in in_order if one.of), "")
            above = parents.get(scoped(scope, of))
            row = folding.fold(statements, zone=self.zone, scope=scope, parent=above)
            if row is not None:
                rows[row.known_as] = row
        return rows

    async def _census(
        self, touched: Collection[Touched], told: Told, rows: Mapping[str, Row], changed: set[str]
    ) -> None:
        """Let beds follow the encounters that were folded."""
        stays = [
            stay
            for (scope, key), statements in told.items()
            if (row := rows.get(scoped(scope, key)))
            for stay in census_store.stays_from(row, folding.stays(statements, row))
        ]
        wards = await census_store.write_stays(
            self.connection, self.schema, {*rows, *changed}, stays, zone=self.zone
        )
        facilities = {(scope, one.facility) for (scope, _), said in told.items() for one in said}
        for one in touched:
            facilities.add((self.of[one.channel], one.facility))
            facilities.add((self.before.get(one.channel, ""), one.facility))
        await census_store.count(
            self.connection, self.schema, facilities, self.of, wards,
            zone=self.zone, revision=self.revision,
        )  # fmt: skip
