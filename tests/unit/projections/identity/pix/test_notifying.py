"""Each change of a person's identifiers is told once: over replays, rebuilds and broken steps."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import orjson
import pytest
from tests.unit.projections.identity.test_endpoints import OTHER, Desk, adt

from lianyi.base.database import connect
from lianyi.channels.attendance import Attendance
from lianyi.channels.loading import read_channel
from lianyi.channels.store import put_definition, put_problem
from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.following import Follower
from lianyi.projections.identity import change_store, decisions
from lianyi.projections.identity.decisions import Meant
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.notifying import NobodyToTell, Notifier, Tells
from lianyi.projections.identity.partition import Said
from lianyi.projections.rebuilding import rebuild

ZONE = ZoneInfo("Asia/Shanghai")
TELLS = (Tells("changes", "hl7v2"), Tells("changes-json", "json"))


class Teller:
    """A house that tells changes."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.house = desk, desk.house
        self.identity = Identity(ZONE, tells=True)

    async def subscribe(self, *names: str, organisation: str = "") -> None:
        async with self.house.pool.acquire() as connection:
            for name in names:
                await put_definition(
                    connection, name=name, yaml=name, digest=name.encode(), destinations=[],
                    shards=0, now=self.house.clock.now(), organisation=organisation,
                )  # fmt: skip

    def notifier(self, log: PostgresLog | None = None, tells: Sequence[Tells] = TELLS) -> Notifier:
        house = self.house
        return Notifier(
            house.pool, log or house.log, house.clock, tells=tells, zone=ZONE,
            oids={"HIS": "1.2.156.99.1"},
        )  # fmt: skip

    async def follow(self) -> None:
        follower = Follower(
            self.house.pool, self.house.log, self.identity,
            connect=lambda: connect(self.house.dsn), clock=self.house.clock,
            owner=uuid.UUID(int=5), holder="test",
        )  # fmt: skip
        while await follower.step():
            pass

    async def hear(self, *bodies: bytes, channel: str = "adt") -> None:
        await self.house.append(channel, list(bodies), sender="HIS")
        await self.follow()

    async def tell(self) -> None:
        while await self.notifier().step():
            pass

    async def told(self, kind: str = "told ADT^A31") -> list[LogMessage]:
        found = await self.house.log.read(0, after=0, limit=1000)
        return [one for one in found if one.kind == kind]

    async def identifiers(self) -> list[list[str]]:
        """What each A31 names."""
        parsed = [hl7v2.parse(one.body) for one in await self.told()]
        return [sorted(one.get_all("PID-3.1")) for one in parsed]


@pytest.fixture
async def teller(desk: Desk) -> Teller:
    found = Teller(desk)
    await found.follow()  # an empty version is in force
    await found.subscribe("changes", "changes-json")
    return found


async def test_what_joins_is_told_in_both_forms(teller: Teller) -> None:
    await teller.hear(adt("1"))
    await teller.hear(adt("77", source="LIS"))
    await teller.tell()
    (message,) = await teller.told()
    a31 = hl7v2.parse(message.body)
    assert (a31.header.event, a31.get("MSH-9.3")) == ("ADT^A31", "ADT_A05")
    assert a31.get_raw("PID-3(*)") in (
        "1^^^HIS&1.2.156.99.1&ISO^PI~77^^^LIS^PI",
        "77^^^LIS^PI~1^^^HIS&1.2.156.99.1&ISO^PI",
    )
    assert (a31.get_raw("PID-5(*)"), a31.get("PV1-2")) == ("~^^^^^^S", "N")
    (said,) = await teller.told("told identity.changed")
    facts = orjson.loads(said.body)
    assert facts["joined"] == [{"source": "LIS", "mrn": "77"}]
    assert [one["mrn"] for one in facts["identifiers"]] == ["1", "77"]
    assert facts["left"] == facts["replaced"] == []
    assert message.caused_by == Position(1, 2)
    kept = await teller.house.pool.fetchrow("SELECT change, told FROM identity.change")
    assert kept["change"] == b""  # an erased patient does not lie here
    assert kept["told"] == [str(message.position), str(said.position)]


async def test_what_changes_nothing_is_not_told(teller: Teller) -> None:
    await teller.hear(adt("1"))
    await teller.hear(adt("1", home="", event="A08"), adt("1"), adt("2", **OTHER))
    await teller.tell()
    assert await teller.told() == []


async def test_a_merge_is_told_with_what_it_replaced(teller: Teller) -> None:
    await teller.hear(adt("1"), adt("2", **OTHER))
    await teller.hear(adt("1", event="A40", merged="2"))
    await teller.hear(adt("1", event="A40", merged="2"))
    await teller.tell()
    assert await teller.identifiers() == [["1"]]
    (said,) = await teller.told("told identity.changed")
    facts = orjson.loads(said.body)
    assert [one["mrn"] for one in facts["replaced"]] == ["2"]
    assert facts["joined"] == facts["left"] == []


async def test_a_decision_to_split_is_told_of_both(teller: Teller) -> None:
    await teller.hear(adt("1"), adt("77", source="LIS"))
    act = decisions.decided(Meant(Said.NEVER_LINK, ((("HIS", "1"), ("LIS", "77")),)), "two people")
    await teller.house.log.append_act(act)
    await teller.follow()
    await teller.tell()
    assert sorted(await teller.identifiers()) == [["1"], ["1", "77"], ["77"]]


async def test_what_was_told_is_not_learned(teller: Teller) -> None:
    await teller.hear(adt("1"), adt("77", source="LIS"))
    await teller.tell()
    before = await teller.house.pool.fetch("SELECT * FROM identity_1.heard")
    await teller.follow()
    await teller.tell()
    assert await teller.house.pool.fetch("SELECT * FROM identity_1.heard") == before
    assert len(await teller.told()) == 1


async def test_a_rebuild_tells_nothing_and_the_next_change_once(teller: Teller) -> None:
    await teller.hear(adt("1"))
    await teller.hear(adt("77", source="LIS"))
    await teller.tell()
    await rebuild(
        lambda: connect(teller.house.dsn), teller.house.log, teller.identity,
        clock=teller.house.clock,
    )  # fmt: skip
    await teller.tell()
    assert len(await teller.told()) == 1
    await teller.hear(adt("88", source="PACS"))
    await teller.tell()
    assert await teller.identifiers() == [["1", "77"], ["1", "77", "88"]]


class Broken(PostgresLog):
    """A log whose process dies after it has appended, before the end of the transaction."""

    async def append_acts_within(
        self, connection: Any, messages: Sequence[NewMessage], *, told: bool = True
    ) -> list[Position]:
        await super().append_acts_within(connection, messages, told=told)
        raise ConnectionResetError


async def test_a_death_between_telling_and_noting_it_tells_once(teller: Teller) -> None:
    await teller.hear(adt("1"), adt("77", source="LIS"))
    house = teller.house
    broken = Broken(
        house.pool, lambda: connect(house.dsn), clock=house.clock, owner=uuid.UUID(int=9)
    )
    with pytest.raises(ConnectionResetError):
        await teller.notifier(broken).step()
    assert await teller.told() == []
    await teller.tell()
    assert len(await teller.told()) == 1


async def test_a_death_between_effect_and_position_keeps_neither(
    teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = change_store.put_changes

    async def dies(*args: Any, **more: Any) -> None:
        await put(*args, **more)
        raise asyncpg.InterfaceError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(change_store, "put_changes", dies)
        with pytest.raises(asyncpg.InterfaceError):
            await teller.hear(adt("1"), adt("77", source="LIS"))
    assert await teller.house.pool.fetchval("SELECT count(*) FROM identity.change") == 0
    await teller.follow()
    await teller.tell()
    assert len(await teller.told()) == 1


async def test_two_processes_tell_each_change_once(teller: Teller) -> None:
    await teller.hear(adt("1"))
    await teller.hear(adt("77", source="LIS"))
    await asyncio.gather(*(teller.notifier().step() for _ in range(3)))
    assert len(await teller.told()) == 1


async def test_a_channel_of_one_hospital_is_told_of_its_records(teller: Teller) -> None:
    await teller.subscribe("home", organisation="H1")
    await teller.hear(adt("1"))
    await teller.hear(adt("77", source="LIS"), channel="adt-b")
    await teller.hear(adt("78", source="RIS"))
    while await teller.notifier(tells=[Tells("home", "hl7v2")]).step():
        pass
    assert await teller.identifiers() == [["1", "78"]]


async def test_who_refuses_that_somebody_is_told_is_left_out(teller: Teller) -> None:
    await teller.subscribe("home", organisation="H1")
    said = {
        "patient": "77^LIS", "decision": "refuse", "given_by": "herself", "organisation": "H1",
        "purposes": ["RECORDMGT"], "against": ["H1"],
    }  # fmt: skip
    await teller.house.post("/privacy/consents", said)
    await teller.hear(adt("1"))
    await teller.hear(adt("77", source="LIS"))
    while await teller.notifier(tells=[*TELLS, Tells("home", "hl7v2")]).step():
        pass
    assert await teller.identifiers() == [["1", "77"]]  # the platform itself is not H1
    await teller.hear(adt("78", source="RIS"))
    while await teller.notifier(tells=[Tells("home", "hl7v2")]).step():
        pass
    assert (await teller.identifiers())[-1] == ["1", "78"]


async def test_changes_wait_for_their_channel(teller: Teller) -> None:
    await teller.hear(adt("1"), adt("77", source="LIS"))
    late = teller.notifier(tells=[Tells("late", "hl7v2")])
    with pytest.raises(NobodyToTell):
        await late.step()
    await teller.subscribe("late")
    assert await late.step() == 1
    assert len(await teller.told()) == 1


PLATFORM = """
channel: notices
description: 主索引变更通知
format: hl7v2
source: { connector: platform }
destinations:
  - { name: notices-lis, connector: mllp, address: "127.0.0.1:7009" }
"""


async def test_the_channel_of_the_platform_needs_nobody_who_listens(teller: Teller) -> None:
    house = teller.house
    await house.add_channel("notices", PLATFORM, shards=0)
    assert house.channels["notices"][1] == 0
    card = next(one for one in await house.get("/channels") if one["name"] == "notices")
    assert (card["state"], card["problem"], card["received"]) == ("running", None, 0)
    await house.pool.execute("UPDATE channels.channel SET version = 0 WHERE shard > 0")
    assert await Attendance(house.pool, house.clock).intake() == "0 channels"


async def test_a_channel_whose_file_was_wrong_at_first_is_the_platform_s(teller: Teller) -> None:
    house = teller.house
    async with house.pool.acquire() as connection:
        await put_problem(connection, "notices", {"code": "LY-1401", "where": "x", "facts": {}},
                          shards=4)  # fmt: skip
    await house.add_channel("notices", PLATFORM, shards=0)
    assert house.channels["notices"][1] == 0


def test_nobody_delivers_to_the_platform() -> None:
    wrong = PLATFORM.replace('connector: mllp, address: "127.0.0.1:7009"', "connector: platform")
    _, problems = read_channel(wrong, "notices.yaml", None)
    assert [problem.code for problem in problems] == ["LY-1401"]
