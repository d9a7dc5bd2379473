"""The index is a function of what was said: any order, any batches, anything taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from msgspec.structs import replace
from tests.unit.projections.identity.people import HOME, PHONE, citizen

from lianyi.base.database import connect
from lianyi.messagelog.message import LogMessage, Position
from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.decisions import Decided, Undone
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.registration import Name, Registration
from lianyi.projections.identity.statements import (
    RecordKey,
    Registered,
    Related,
    Replaced,
    Withdrawn,
)
from lianyi.projections.identity.traits import LocalDefaults
from lianyi.projections.projection import Heard, Learned
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def someone(**more: Any) -> Registration:
    """王小明 as one system has him; what is given replaces it."""
    facts: dict[str, Any] = {
        "sex": "1",
        "born": "19800315",
        "identifiers": (citizen(),),
        "phones": (PHONE,),
        "addresses": (HOME,),
    }
    return Registration("A", "1", (Name("王小明"),), **(facts | more))


@dataclass
class Index:
    """One version of the index, and how to tell it something."""

    connection: asyncpg.Connection
    schema: str
    projection: Identity = field(default_factory=lambda: Identity(ZoneInfo("Asia/Shanghai")))

    async def learn(self, heard: Sequence[Heard], batch: int = 1000) -> list[Learned]:
        learned = []
        for at in range(0, len(heard), batch):
            async with self.connection.transaction():
                learned.append(
                    await self.projection.learn(
                        self.connection, self.schema, heard[at : at + batch], revision=at
                    )
                )
        return learned

    async def digest(self) -> dict[str, bytes]:
        async with self.connection.transaction():
            return dict(await self.projection.digest(self.connection, self.schema))

    async def person_of(self, *keys: RecordKey) -> list[int]:
        of = dict(await self.connection.fetch(f"SELECT record, person FROM {self.schema}.record"))
        return [of[record_id(*key)] for key in keys]

    async def count(self, table: str) -> int:
        return int(await self.connection.fetchval(f"SELECT count(*) FROM {self.schema}.{table}"))


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    found = await connect(database)
    yield found
    await found.close()


async def index(connection: asyncpg.Connection, schema: str = "identity_1") -> Index:
    made = Index(connection, schema)
    await made.projection.create(connection, schema)
    return made


def heard(number: int, said: Any, *, shard: int = 1) -> Heard:
    """What a message says that came so many seconds after the beginning."""
    at = BEGAN + timedelta(seconds=number)
    message = LogMessage(shard, number, at, 3, "test", b"", "", "", (), 0, None, b"")
    return Heard(message, said, None)


def told(number: int, *registrations: Registration) -> Heard:
    at = BEGAN + timedelta(seconds=number)
    return heard(number, [Registered(one, at, "A04") for one in registrations])


def history(seed: int, count: int = 160) -> list[Heard]:
    """A town's registrations, corrected, repeated, merged, decided about, undone."""
    random = Random(seed)
    known = [one.registration for one in registrations(CitySettings(seed=seed), count)]
    said: list[Heard] = []
    for registration in known:
        said.append(told(len(said) + 1, registration))
        at = BEGAN + timedelta(seconds=len(said) + 1)
        number = len(said) + 1
        one, other = random.choice(known), random.choice(known)
        what = random.randrange(14)
        if what == 0:
            said.append(told(number, registration))
        elif what == 1:
            changed = replace(one, phones=(f"138{random.randrange(10**8):08}",), names=other.names)
            said.append(told(number, changed))
        elif what == 2:
            kept = replace(one, mrn=other.mrn)
            event = Replaced(one.key, kept.key, at, "A40")
            said.append(heard(number, [event, Registered(kept, at, "A40")]))
        elif what == 3:
            said.append(heard(number, Undone(one.key), shard=0))
        elif what == 4:
            related = Related(one.key, (one.source, other.mrn), random.random() < 0.7, at, "A24")
            said.append(heard(number, [related]))
        elif what == 12:
            said.append(heard(number, [Withdrawn(one.key, at, "A29")]))
        elif what < 8:
            pairs = ((one.key, other.key), (registration.key, one.key))
            said.append(heard(number, Decided(random.choice(list(Said)), pairs), shard=0))
    return said


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_order_and_any_batches_end_in_the_same_rows(
    connection: asyncpg.Connection, seed: int
) -> None:
    said = history(seed)
    first = await index(connection, "identity_1")
    await first.learn(said)
    assert await first.count("person") < await first.count("record")
    assert await first.count("question") > 0
    for number, batch in enumerate((1, 7, 60), start=2):
        mixed = list(said)
        Random(batch).shuffle(mixed)
        other = await index(connection, f"identity_{number}")
        await other.learn(mixed, batch)
        assert await other.digest() == await first.digest()


@pytest.mark.parametrize("seed", [4, 5])
async def test_what_is_erased_leaves_what_would_be_without_it(
    connection: asyncpg.Connection, seed: int
) -> None:
    said = history(seed, 90)
    random = Random(seed)
    erased = [one for one in said if one.message.shard and random.random() < 0.3]
    rest = [one for one in said if one not in erased]
    first, other = await index(connection, "identity_1"), await index(connection, "identity_2")
    await first.learn(rest, 20)
    mixed = list(said)
    random.shuffle(mixed)
    acts = [heard(5000 + n, one.message.position, shard=0) for n, one in enumerate(erased)]
    await other.learn([*mixed, *acts], 25)
    assert await other.digest() == await first.digest()


async def test_a_crowded_key_counts_again_when_it_is_less_crowded(
    connection: asyncpg.Connection,
) -> None:
    crowd = [
        replace(someone(), mrn=f"{n:04}", identifiers=(), phones=("13912345678",), born="")
        for n in range(CROWD_MAX + 5)
    ]
    crowd = [
        replace(one, names=(Name(chr(0x4E00 + 37 * n) + chr(0x5E00 + 11 * n)),), addresses=())
        for n, one in enumerate(crowd)
    ]
    twin = replace(crowd[0], source="LIS", mrn="1")
    said = [told(n, one) for n, one in enumerate([*crowd, twin], start=1)]
    all_of_them, fewer = (
        await index(connection, "identity_1"),
        await index(connection, "identity_2"),
    )
    await all_of_them.learn(said, 50)
    gone = [heard(9000 + n, one.message.position, shard=0) for n, one in enumerate(said[3:12])]
    await all_of_them.learn(gone, 4)
    await fewer.learn([*said[:3], *said[12:]], 300)
    assert await all_of_them.digest() == await fewer.digest()


async def test_another_model_judges_every_pair_anew(connection: asyncpg.Connection) -> None:
    said = history(6)
    model = shipped_model()
    strict = replace(model, name="strict", auto_bits=model.auto_bits + 14)
    activated = heard(8000, Activated(strict), shard=0)
    back = heard(8001, Activated(model), shard=0)
    first, other = await index(connection, "identity_1"), await index(connection, "identity_2")
    await first.learn(said)
    shipped = await first.digest()
    persons = await first.count("person")
    await first.learn([activated])
    assert await first.count("person") > persons
    await other.learn([activated, *said], 30)
    assert await other.digest() == await first.digest()
    await first.learn([back])
    assert {**shipped, "model": b""} == {**await first.digest(), "model": b""}


@pytest.mark.parametrize("field", ["phones", "addresses", "names", "ids", "dates"])
async def test_records_read_otherwise_when_a_model_knows_that_a_value_says_nothing(
    connection: asyncpg.Connection, field: str
) -> None:
    said = history(7, 120)
    known = [one.registration for one in registrations(CitySettings(seed=7), 120)]
    values = {
        "phones": [text for one in known for text in one.phones],
        "addresses": [text for one in known for text in one.addresses],
        "names": [name.text for one in known for name in one.names],
        "ids": [number.value for one in known for number in one.identifiers],
        "dates": [one.born.replace("-", "")[:8] for one in known if one.born],
    }[field]
    first_half = LocalDefaults(**{field: frozenset(values[: len(values) // 2])})
    second_half = LocalDefaults(**{field: frozenset(values[len(values) // 3 :])})
    one = heard(8000, Activated(shipped_model(), learned=first_half), shard=0)
    two = heard(8001, Activated(shipped_model(), learned=second_half), shard=0)
    late, early = await index(connection, "identity_1"), await index(connection, "identity_2")
    await late.learn(said)
    shipped = await late.digest()
    await late.learn([one])
    await late.learn([two])
    await early.learn([two, *said, one], 40)
    assert await early.digest() == await late.digest()
    assert (await late.digest())["record"] != shipped["record"]


async def test_an_unmerge_gives_back_what_was_with_all_that_came_since(
    connection: asyncpg.Connection,
) -> None:
    one, other = replace(someone(), mrn="1"), replace(someone(), mrn="2", born="19520304")
    other = replace(other, identifiers=(), phones=(), names=(Name("赵铁柱"),))
    later = replace(other, phones=("13700001111",))
    merged, apart = await index(connection, "identity_1"), await index(connection, "identity_2")
    at = BEGAN + timedelta(seconds=3)
    await merged.learn([told(1, one), told(2, other)])
    await merged.learn([heard(3, [Replaced(other.key, one.key, at, "A40")])])
    assert len(set(await merged.person_of(one.key, other.key))) == 1
    await merged.learn([told(4, later)])
    await merged.learn([heard(5, Undone(other.key, "wang", "wrong patient"), shard=0)])
    await apart.learn([told(1, one), told(2, other), told(4, later)])
    for table in ("record", "key", "edge", "person", "question"):
        assert (await merged.digest())[table] == (await apart.digest())[table]


async def test_an_authority_merges_its_own_patients_only(connection: asyncpg.Connection) -> None:
    one, other = replace(someone(), mrn="1"), replace(someone(), source="RIS", mrn="1", born="")
    other = replace(other, identifiers=(), names=(Name("赵铁柱"),))
    made = await index(connection)
    await made.learn([told(1, one), told(2, other)])
    (learned,) = await made.learn([heard(3, [Replaced(other.key, one.key, BEGAN, "A40")])])
    assert [aside.failure.code for aside in learned.set_aside] == ["LY-2131"]
    assert len(set(await made.person_of(one.key, other.key))) == 2


async def test_a_place_taken_by_a_record_not_heard_of_waits_for_it(
    connection: asyncpg.Connection,
) -> None:
    one, other = replace(someone(), mrn="1"), replace(someone(), mrn="2", born="19520304")
    other = replace(other, identifiers=(), phones=(), names=(Name("赵铁柱"),))
    made = await index(connection)
    await made.learn([told(1, other)])
    await made.learn([heard(2, [Replaced(other.key, one.key, BEGAN, "A40")])])
    assert await made.person_of(other.key) == [record_id(*other.key)]
    await made.learn([told(3, one)])
    assert len(set(await made.person_of(one.key, other.key))) == 1


async def test_a_withdrawn_record_is_as_if_nobody_had_spoken_of_it_until_it_comes_again(
    connection: asyncpg.Connection,
) -> None:
    wrong, right = replace(someone(), mrn="1"), replace(someone(), source="RIS", mrn="9")
    told_of, never = await index(connection, "identity_1"), await index(connection, "identity_2")
    await told_of.learn([told(1, wrong), told(2, right)])
    assert len(set(await told_of.person_of(wrong.key, right.key))) == 1
    at = BEGAN + timedelta(seconds=3)
    await told_of.learn([heard(3, [Withdrawn(wrong.key, at, "A29")])])
    await never.learn([told(2, right)])
    for table in ("record", "key", "edge", "person", "question"):
        assert (await told_of.digest())[table] == (await never.digest())[table]
    await told_of.learn([told(4, wrong)])
    await never.learn([told(4, wrong)])
    for table in ("record", "key", "edge", "person", "question"):
        assert (await told_of.digest())[table] == (await never.digest())[table]
    assert len(set(await told_of.person_of(wrong.key, right.key))) == 1


async def test_what_was_recorded_before_a_withdrawal_and_came_late_is_void(
    connection: asyncpg.Connection,
) -> None:
    wrong = replace(someone(), mrn="1")
    made = await index(connection)
    await made.learn([heard(9, [Withdrawn(wrong.key, BEGAN + timedelta(seconds=5), "A29")])])
    await made.learn([told(5, wrong)])
    assert (await made.count("record"), await made.count("saying")) == (0, 1)
    await made.learn([told(6, wrong)])
    assert await made.count("record") == 1


def test_positions_are_what_erasure_names() -> None:
    assert told(7, someone()).message.position == Position(1, 7)
