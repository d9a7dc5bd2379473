"""Whose resources somebody is about to write: which he may change, and whose new ones are.

Many write at once, and often one system all of it. Whoever comes while the platform is looking for
the same account, by the same permission, shares the next look, so a hundred creates cost a few
questions to the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store, records
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.problems import NobodysResource
from lianyi.projections.clinical.read_store import Belongings
from lianyi.projections.clinical.resources import patients_of
from lianyi.projections.clinical.table_store import SHAPE
from lianyi.projections.clinical.writing import Intent
from lianyi.projections.identity import read_store as index
from lianyi.projections.identity.follow import NAME as INDEX
from lianyi.projections.identity.ids import UnreadableId, read_shown
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.switching import Answer, asked_of_one_in_force
from lianyi.security.access import current


class Whose(NamedTuple):
    """Whose resources somebody writes.

    Attributes:
        channels: whose resources he may change.
        channel: of new ones; None: it cannot be said.
        patients: ``value^authority``.
    """

    channels: Collection[int]
    channel: int | None
    patients: Sequence[str]


class _Eyes(NamedTuple):
    """By what is seen: an account, and the permission that what it does needs."""

    account: UUID
    permission: str


class _Look(NamedTuple):
    """A look that has not begun: at which Patients, and what it will find."""

    patients: set[int]
    found: asyncio.Future[Belongings]


class Belonging:
    """Says whose resources are."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Say it as the doors see the database.

        Args:
            pool: of the database; as the doors see it.
        """
        self._pool = pool
        self._next: dict[_Eyes, _Look] = {}
        self._looking: dict[_Eyes, asyncio.Task[None]] = {}

    async def whose_of(self, intents: Iterable[Intent], *, channel: str = "") -> Whose:
        """Say whose resources somebody is about to write.

        Args:
            intents: what is to be written.
            channel: name of the channel whose new ones are; empty: of the channel that brought
                the patient, or else of one of the organisation of whoever writes.

        Raises:
            NobodysResource: there is no such channel that may be written for.
            ProjectionNotReady: nothing has been learned yet.
        """
        named: dict[int, str] = {}
        patients: dict[str, None] = {}
        for one in intents:
            resource = one.resource or {}
            if one.type == "Patient" and (record := records.record_of(resource)):
                patients[record.whose] = None
            for id_ in patients_of(resource):
                named[resource_number("Patient", id_)] = id_
        found = await self._look(named)
        access = current()
        allowed = {number for number, of in found.organisations.items() if access.sees(of)}
        patients |= dict.fromkeys(found.whose[rid] for rid in named if rid in found.whose)
        number: int | None = None
        if channel:
            number = await self._asked(lambda connection: _named(connection, channel))
            if number not in allowed:
                raise NobodysResource(where="channel")
        else:
            brought = (found.channels[rid] for rid in named if rid in found.channels)
            number = min(brought, default=None)
            strangers = _numbers(id_ for rid, id_ in named.items() if rid not in found.whose)
            if strangers:
                of_index, more = await self._asked(lambda one: _by_index(one, strangers))
                patients |= dict.fromkeys(more)
                number = of_index if number is None else number
        if number is None or number not in allowed:
            number = _own_channel(found.organisations, allowed)
        return Whose(allowed, number, list(patients))

    async def _look(self, patients: Collection[int]) -> Belongings:
        """Find what belongs to whom, together with all who ask meanwhile as the same account."""
        access = current()
        eyes = _Eyes(access.actor.account, access.permission)
        look = self._next.get(eyes)
        if look is None:
            look = self._next[eyes] = _Look(set(), asyncio.get_running_loop().create_future())
        look.patients.update(patients)
        if eyes not in self._looking:
            self._looking[eyes] = asyncio.create_task(self._run(eyes))
        return await asyncio.shield(look.found)

    async def _run(self, eyes: _Eyes) -> None:
        """Look, as the account whose context this task has, until nobody waits."""
        try:
            while (look := self._next.pop(eyes, None)) is not None:
                try:
                    found = await self._belongings(look.patients)
                except Exception as failure:  # noqa: BLE001 - each of those who wait is told
                    look.found.set_exception(failure)
                else:
                    look.found.set_result(found)
        finally:
            del self._looking[eyes]

    async def _belongings(self, patients: Collection[int]) -> Belongings:
        return await self._asked(lambda connection: _look_at(connection, patients))

    async def _asked(self, question: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Ask something of what stands; nothing is shown, so no version is held."""

        async def ask() -> Answer:
            async with self._pool.acquire() as connection:
                return await question(connection)

        return await asked_of_one_in_force(ask)


async def _look_at(connection: Connection, patients: Collection[int]) -> Belongings:
    live = await projection_store.find_live(connection, NAME)
    if live is None or live.shape != SHAPE:
        raise ProjectionNotReady(where=NAME, name=NAME)
    return await read_store.belongings(connection, live.schema, patients)


async def _named(connection: Connection, channel: str) -> int | None:
    row = await index.channel_named(connection, channel)
    return row.channel if row else None


async def _by_index(connection: Connection, numbers: Sequence[int]) -> tuple[int | None, list[str]]:
    """Return the channel and ``value^authority`` of Patients by the numbers of the index."""
    live = await projection_store.find_live(connection, INDEX)
    if live is None:
        return None, []
    found = await index.channels_of(connection, live.schema, numbers)
    keys = await index.keys_of(connection, live.schema, numbers)
    return min(found, default=None), [f"{mrn}^{source}" for source, mrn in keys.values()]


def _numbers(ids: Iterable[str]) -> list[int]:
    """Return the numbers that ids are in the patient index; most are none."""
    numbers = []
    for id_ in ids:
        with suppress(UnreadableId):
            numbers.append(read_shown(id_))
    return numbers


def _own_channel(organisations: Mapping[int, str], allowed: Collection[int]) -> int | None:
    """Return where something belongs that belongs to nobody's patient."""
    mine = current().actor.organisation
    own = [number for number in allowed if number and organisations[number] == mine and mine]
    return min(own) if own else 0 if 0 in allowed else None
