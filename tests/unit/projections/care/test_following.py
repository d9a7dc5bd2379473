"""The encounters follow the log: the same log gives the same, byte for byte."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import orjson
import pytest

from lianyi.base.database import connect
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Gate, NewMessage
from lianyi.projections import projection_store
from lianyi.projections.care.follow import Care
from lianyi.projections.rebuilding import rebuild

from .conftest import LAB, ONE, TWO, Town
from .saying import ZONE, adt, order

STORY = [
    adt("A01", "8", place="W1^01^05", doctor="D1", patient="P1^^^HIS~N7^^^PRC"),
    adt("A02", "9", place="W2^01", doctor="D2"),
    adt("A12", "9:30", occurred="9"),
    adt("A04", "10", visit="V2", patient="P2^^^HIS", category="O", doctor="D3"),
    adt("A40", "11", patient="P1^^^HIS", gone="P0^^^HIS"),
    adt("A03", "12"),
]
BEFORE_MERGE = [
    adt("A01", "8", patient="P0^^^HIS", doctor="D0", visit="V0"),
    order("8:30", patient="P0^^^HIS", visit="V0"),
]


async def test_it_learns_encounters_and_sets_aside_what_names_nobody(town: Town) -> None:
    nobody = adt("A01", "8", patient="")
    (_, bad, *_) = await town.append(1, STORY[0], nobody, *STORY[1:4])
    await town.learn(Care(ZONE))
    (row,) = await town.encounters("N7^PRC")
    assert (row.channel, row.visit, row.state) == (ONE, "V1^", "open")
    assert [stay["place"] for stay in row.stays] == ["W1^01^05"]
    live = await projection_store.find_live(town.pool, "care")
    assert live
    aside = await projection_store.list_set_aside(town.pool, live)
    assert [(one.error["code"], one.position) for one in aside] == [("LY-2080", bad)]


async def test_a_rebuild_gives_the_same_byte_for_byte(town: Town) -> None:
    await town.append(1, *BEFORE_MERGE, *STORY)
    await town.append(2, adt("A01", "8", channel=TWO), order("9", channel=LAB))
    await town.learn(Care(ZONE))
    before = await town.digest()
    result = await rebuild(lambda: connect(town.dsn), town.log, Care(ZONE), clock=town.clock)
    assert result.before == result.after == before == await town.digest()
    assert len(set(before.values())) == len(before)  # no table is empty, none is like another


class OneShard:
    """A log that has one shard only."""

    def __init__(self, log: Any, shard: int) -> None:
        self._log = log
        self._shard = shard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def shards(self) -> list[int]:
        return [self._shard]


async def test_shards_in_any_order_and_learning_twice_mean_the_same(town: Town) -> None:
    """The merge, the encounter before it and the one after it come through three shards."""
    await town.append(2, *BEFORE_MERGE)
    await town.append(1, *STORY[:4])
    await town.append(3, STORY[4])
    await town.append(1, STORY[5])
    digests = []
    for shards in itertools.permutations([1, 2, 3]):
        for shard in shards:
            await town.learn(Care(ZONE), log=OneShard(town.log, shard))
        digests.append(await town.digest())
        live = await projection_store.find_live(town.pool, "care")
        assert live
        await town.log.move(live.reader, shards[0], 0)  # as if the move had been lost
        await town.learn(Care(ZONE))
        assert await town.digest() == digests[-1]
        async with town.pool.acquire() as connection, connection.transaction():
            await projection_store.drop_version(connection, live)
    assert all(one == digests[0] for one in digests)


async def test_one_message_at_a_time_means_the_same_as_all_at_once(town: Town) -> None:
    for message in [*BEFORE_MERGE, *STORY]:
        await town.append(1, message)
        await town.learn(Care(ZONE))
    before = await town.digest()
    result = await rebuild(lambda: connect(town.dsn), town.log, Care(ZONE), clock=town.clock)
    assert result.after == before


async def test_a_merge_makes_one_encounter_of_what_both_said(town: Town) -> None:
    begun = adt("A01", "8", patient="P0^^^HIS", doctor="D0")
    await town.append(1, begun, adt("A40", "9", patient="P1^^^HIS", gone="P0^^^HIS"))
    await town.learn(Care(ZONE))
    assert [row.state for row in await town.encounters("P1^HIS")] == ["open"]
    await town.append(1, adt("A03", "10", patient="P1^^^HIS"))
    await town.learn(Care(ZONE))
    for patient in ("P0^HIS", "P1^HIS"):
        (row,) = await town.encounters(patient)
        assert (row.state, row.persons) == ("ended", ["P0^HIS", "P1^HIS"])


async def test_a_merge_of_one_hospital_merges_nobody_of_another(town: Town) -> None:
    await town.append(1, adt("A01", "8", patient="P0^^^HIS", channel=ONE))
    await town.append(2, adt("A40", "9", patient="P1^^^HIS", gone="P0^^^HIS", channel=TWO))
    await town.learn(Care(ZONE))
    assert await town.encounters("P1^HIS") == []


async def test_what_was_erased_by_law_is_not_known_any_more(town: Town) -> None:
    positions = await town.append(1, *BEFORE_MERGE, *STORY)
    await town.learn(Care(ZONE))
    merge = positions[len(BEFORE_MERGE) + 4]
    assert len(await town.encounters("P0^HIS")) == 2
    connection = await connect(town.dsn)
    for goes in (*positions[:2], merge):
        await erase(town.log, connection, goes, reason="right", actor="t", clock=town.clock)
    await connection.close()
    await town.learn(Care(ZONE))
    assert await town.encounters("P0^HIS") == []
    assert [row.persons for row in await town.encounters("P1^HIS")] == [["N7^PRC", "P1^HIS"]]
    before = await town.digest()
    result = await rebuild(lambda: connect(town.dsn), town.log, Care(ZONE), clock=town.clock)
    assert result.after == before


async def test_what_a_gate_holds_counts_when_a_person_releases_it(town: Town) -> None:
    (held,) = await town.append(1, adt("A01", "8")._replace(gate=Gate.HOLD))
    await town.learn(Care(ZONE))
    assert await town.encounters("P1^HIS") == []
    act = NewMessage(
        0, "act message.released", orjson.dumps({"repaired": None}), "utf-8", "x", caused_by=held
    )
    released = await town.log.append_act(act)
    await town.learn(Care(ZONE))
    (row,) = await town.encounters("P1^HIS")
    assert row.first == str(released)


@pytest.mark.parametrize("text", ["A\x00B", "\ufffd", "P" * 100, "病" * 100, "x^y~z", "\x1f"])
async def test_no_text_stops_the_following(town: Town, text: str) -> None:
    strange = adt("A01", "8", patient=f"{text}^^^{text}", doctor=text, visit=text, place=text)
    await town.append(1, strange, adt("A01", "9", patient="P5^^^HIS"))
    town.clock.advance(timedelta(seconds=1))
    await town.learn(Care(ZONE))
    assert len(await town.encounters("P5^HIS")) == 1
