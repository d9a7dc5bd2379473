"""Two hospitals on one log: their channels, their wards, their people, and who follows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.care import read_store, store
from lianyi.projections.care.follow import Care
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.following import Follower
from lianyi.projections.masterdata import acts
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.masterdata.model import SetSources
from lianyi.projections.masterdata.sources import parse
from lianyi.projections.projection import Projection
from lianyi.security import account_store, practitioner_store
from lianyi.security.access import acting, current, platform
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.practitioner_store import Called
from lianyi.security.roles import RoleBook

from .saying import RECEIVED, ZONE

ROLES = {
    "clinician": "purpose: TREAT",
    "emergency": "purpose: TREAT\ntreats: everybody",
    "system": "purpose: TREAT\ntreats: always",
    "engineer": "purpose: HOPERAT",
}
WARDS = [
    "G|集团||GROUP", "H1|一院||HOSP|G", "H2|二院||HOSP|G", "D1|内科||DEPT|H1", "D2|外科||DEPT|H1",
    "N1|内科一病区||WARD|D1|||||W1", "N2|外科病区||WARD|D2|||||W2", "LAB|检验科||DEPT|H1",
    "X1|二院内科||DEPT|H2|||||WX",
]  # fmt: skip
TAKEN = parse("sources: [ { name: hr, rank: 40, management: take } ]")
"""The personnel system's word on the tree counts without a person."""
MASTERDATA, ONE, TWO, LAB, NOBODYS = 9, 1, 2, 3, 4
"""Channels of the personnel system, of both hospitals, of its laboratory, of nobody."""


@dataclass
class Town:
    """What a test needs."""

    dsn: str
    pool: asyncpg.Pool
    doors: asyncpg.Pool
    log: PostgresLog
    clock: SteppedClock
    roles: RoleBook

    def relations(self, *, doors: bool = True, **settings: Any) -> TreatmentRelations:
        pool = self.doors if doors else self.pool
        return TreatmentRelations(
            pool, self.clock, ZONE, roles=self.roles, settings=PrivacySettings(**settings)
        )

    async def append(self, shard: int, *messages: NewMessage) -> list[Position]:
        appender = await self.log.open_appender(shard, holder="test")
        positions: list[Position] = []
        for message in messages:
            self.clock.advance(timedelta(seconds=1))
            done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

            def told(position: Any, failure: Any, done: Any = done) -> None:
                done.set_exception(failure) if failure else done.set_result(position)

            appender.append(message, told)
            positions.append(await done)
        await appender.close()
        return positions

    def follower(self, projection: Projection | None = None, log: Any = None) -> Follower:
        return Follower(
            self.pool,
            log or self.log,
            projection or Care(ZONE),
            connect=lambda: connect(self.dsn),
            clock=self.clock,
            owner=uuid.UUID(int=5),
            holder="test:1",
        )

    async def learn(self, *projections: Projection, log: Any = None) -> None:
        """Follow until nothing is left; without a projection, both."""
        for projection in projections or (self.masterdata(), Care(ZONE)):
            follower = self.follower(projection, log)
            while await follower.step():
                pass

    def masterdata(self) -> MasterData:
        async def hand_on(connection: Connection, pairs: Sequence[Any]) -> None:
            await account_store.set_units(connection, dict(pairs))

        return MasterData(ZONE, on_management_tree=hand_on)

    async def schema(self) -> str:
        live = await projection_store.find_live(self.pool, "care")
        assert live
        return live.schema

    async def digest(self) -> dict[str, bytes]:
        async with self.pool.acquire() as connection, connection.transaction():
            return dict(await store.digest(connection, await self.schema()))

    async def encounters(self, patient: str) -> list[read_store.EncounterRow]:
        async with self.pool.acquire() as connection:
            return await read_store.list_encounters(
                connection, await self.schema(), patient, limit=100
            )

    async def add(self, name: str, *roles: tuple[str, str], names: Sequence[Called] = ()) -> Actor:
        """Add somebody with roles, each in an organisation, and what messages call him."""
        now = self.clock.now()
        account = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        async with self.pool.acquire() as connection, connection.transaction():
            new = AccountRecord(
                account, name, name, "person", "", "active", False, 0, None, now
            )  # fmt: skip
            await account_store.insert_account(connection, new)
            for role, where in roles:
                await account_store.insert_assignment(
                    connection,
                    AssignmentRecord(
                        RandomIds().new_id(), account, role, where, now, None, "t", "t"
                    ),
                )
            await practitioner_store.set_names(connection, account, names, by="t", at=now)
            await account_store.refresh_sight(connection, self.roles.roles, now)
        return Actor(account, name, name, "", Reach(), Purpose.TREATMENT)

    async def treated(self, actor: Actor, *patients: str, **settings: Any) -> list[str]:
        """Ask through the pool of the doors, as somebody who is served."""
        with served(actor):
            return sorted(await self.relations(**settings).treated(actor, patients))


@contextmanager
def served(actor: Actor) -> Iterator[None]:
    """Let somebody be the one who is served."""
    with acting(Access(actor, "care.read", "test", Purpose.TREATMENT)):
        yield


@pytest.fixture
async def town(database: str, tmp_path: Path) -> AsyncIterator[Town]:
    (tmp_path / "roles").mkdir()
    for name, more in ROLES.items():
        (tmp_path / "roles" / f"{name}.yaml").write_text(
            f"role: {name}\ntitle: {{ zh: 角色, en: Role }}\npermissions: [care.read]\n{more}\n",
            encoding="utf-8",
        )
    clock = SteppedClock(RECEIVED)
    pool = await open_pool(database, size_max=6)
    doors = await open_pool(
        database,
        size_max=4,
        role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=UUID(int=1))
    await log.start()
    for number, organisation in ((ONE, "H1"), (TWO, "H2"), (LAB, "LAB"), (NOBODYS, "")):
        await pool.execute(
            "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
            " VALUES ($1, $2, 1, $3)",
            number, f"adt-{number}", organisation,
        )  # fmt: skip
    rules = [SetSources(TAKEN.model_dump(mode="json"))]
    with acting(platform("masterdata.edit", "set_sources")):
        await log.append_act(
            acts.write("sources_set", rules, actor="platform", reason="", about={})
        )
    yield Town(database, pool, doors, log, clock, RoleBook(tmp_path))
    await log.stop()
    await doors.close()
    await pool.close()


def wards(*rows: str, control: str = "1") -> NewMessage:
    """A file of organisations; each row is what follows ``ZOG|``, its last field a location."""
    lines = [
        "MSH|^~\\&|HR|G|||20260301080000||MFN^Z01|" + control + "|P|2.5.1||||||UNICODE UTF-8",
        "MFI|ORG||UPD|||NE",
    ]
    for row in rows:
        code, place = row.split("|")[0], (row.split("|") + [""] * 10)[9]
        if place:
            lines += [f"MFE|MUP|L{code}||{place}|PL", f"LOC|{place}|{place}|N"]
        lines += [f"MFE|MUP|{code}||{code}|CE", f"ZOG|{row}"]
    body = "\r".join(lines) + "\r"
    return NewMessage(MASTERDATA, "hl7v2 MFN^Z01", body.encode(), "utf-8", "HR")
