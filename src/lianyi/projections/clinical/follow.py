"""The clinical repository as a projection: what it learns from the log.

Everything that was said is kept, and each resource is the fold of what was said of it: neither the
order of shards nor a late or repeated message matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import ERASED
from lianyi.projections import projection_store
from lianyi.projections.clinical import (
    arriving,
    cda,
    comparing,
    hl7v2,
    refolding,
    store,
    table_store,
    written,
)
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.parameters import adopting, parameter_store
from lianyi.projections.clinical.refolding import Said
from lianyi.projections.clinical.statements import Stated
from lianyi.projections.clinical.table_store import StatedRow
from lianyi.projections.clinical.uncoded import counting
from lianyi.projections.comparing import Difference
from lianyi.projections.projection import Heard, Learned, SetAside, set_aside, source_of

NAME = "clinical"


class Clinical:
    """What is known of patients' care."""

    name = NAME
    shape = table_store.SHAPE

    def __init__(self, zone: ZoneInfo, content_dir: Path | None = None) -> None:
        """Learn with the clock of a hospital.

        Args:
            zone: of the times that senders write without one.
            content_dir: may hold search parameters of its own; None: there are none.
        """
        self._zone = zone
        self._content_dir = content_dir

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind may say anything about care."""
        known = kind in (written.KIND, ERASED)
        return known or arriving.wants(kind) or hl7v2.wants(kind) or cda.wants(kind)

    def read(self, message: LogMessage) -> object:
        """Return statements, with unmapped codes where it is HL7 v2, or what was erased."""
        if message.kind == ERASED:
            return message.caused_by
        if message.kind == written.KIND:
            return written.read(message)
        if hl7v2.wants(message.kind):
            looked = hl7v2.look(message, self._zone)
            stated = cda.enclosed(looked.stated, message, self._zone)
            return looked._replace(stated=stated)
        if cda.wants(message.kind):
            return cda.read(message, self._zone)
        return arriving.read(message, self._zone)

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the empty tables."""
        await table_store.create(connection, schema)
        live = await projection_store.find_live(connection, NAME)
        known = live.schema if live is not None and live.shape == self.shape else schema
        folder = await adopting.wanted(connection, known, self._content_dir)
        await parameter_store.create(connection, schema, folder.own)

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch; see :class:`~lianyi.projections.projection.Projection`."""
        said: list[Said] = []
        erased: list[Position] = []
        aside: list[SetAside] = []
        unmapped: list[tuple[LogMessage, Sequence[hl7v2.Unmapped]]] = []
        for one in heard:
            if one.failure is not None:
                aside.append(set_aside(one, one.failure))
            elif isinstance(one.said, Position):
                erased.append(one.said)
            else:
                stated = one.said
                if isinstance(stated, hl7v2.Said):
                    unmapped.append((one.message, stated.unmapped))
                    stated = stated.stated
                if isinstance(stated, list):
                    said += [_said(one.message, part, each) for part, each in enumerate(stated)]
        touched: set[int] = set()
        for position in erased:
            touched |= await store.forget_message(connection, schema, position)
        changed = await refolding.learn(connection, schema, said, touched, zone=self._zone)
        changed |= await counting.learn(connection, schema, unmapped, erased)
        if any(one.row.type == adopting.TYPE for one in said):
            await self._adopt(connection, schema)
        return Learned(changed, aside)

    async def _adopt(self, connection: Connection, schema: str) -> None:
        """Let what was just written be searched by; one that is built knows all from its birth."""
        live = await projection_store.find_live(connection, NAME)
        if live is not None and live.schema == schema:
            folder = await adopting.wanted(connection, schema, self._content_dir)
            await adopting.adopt(connection, schema, folder)

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Do nothing: no row depends on the date."""

    def forget(self) -> None:
        """Do nothing: nothing is remembered."""

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        return await table_store.digest(connection, schema)

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say which resources differ, by type and organisation, and how many rows of the rest."""
        return await comparing.differences(connection, before, after, tables)


def _said(message: LogMessage, part: int, stated: Stated) -> Said:
    """Return a statement as it is kept; nobody says anything after it was received."""
    source = source_of(message)
    row = StatedRow(
        message.shard,
        source.shard,
        stated.rank,
        stated.whole,
        stated.deleted,
        part,
        message.channel,
        message.number,
        source.number,
        resource_number(stated.type, stated.id),
        min(stated.said_at, message.received_at),
        message.received_at,
        stated.type,
        stated.id,
        b"" if stated.deleted else json_text.write(stated.resource),
    )
    return Said(row, stated.resource)
