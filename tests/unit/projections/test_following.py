"""A projection learns every message once, whatever happens to the process that follows."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest

from lianyi.base.database import connect
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Gate, NewMessage
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.problems import DifferentProjection, NotLearnedYet, RebuildRuns
from lianyi.projections.projection import Heard, Learned
from lianyi.projections.rebuilding import rebuild
from lianyi.projections.service import ProjectionsService
from lianyi.projections.waiting import _Watch, until_learned

from .conftest import START, ZONE, Bench, adt, organisations

HOSPITAL = ("H1|测试医院|Test Hospital|HOSP", "D01|内科||DEPT|H1", "D02|外科||DEPT|H1")


def without_position(digest: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return {table: value for table, value in digest.items() if table != "statement"}


async def rebuilt(bench: Bench, **more: Any) -> Any:
    return await rebuild(
        lambda: connect(bench.dsn), bench.log, MasterData(ZONE), clock=bench.clock, **more
    )


async def test_it_learns_what_concerns_it_and_passes_by_the_rest(bench: Bench) -> None:
    await bench.trust()
    await bench.append(1, adt(1), organisations(*HOSPITAL), adt(2))
    await bench.learn()
    live = await bench.live()
    assert (await bench.state()).pairs(START.date()) == [("D01", "H1"), ("D02", "H1"), ("H1", None)]
    assert await projection_store.positions(bench.pool, live.reader) == {0: 1, 1: 3}


async def test_the_same_message_again_changes_nothing_but_that_it_was_said(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    before = await bench.digest()
    await bench.append(1, organisations(*HOSPITAL, control="2"))
    await bench.learn()
    assert without_position(await bench.digest()) == without_position(before)


async def test_learning_a_batch_twice_changes_nothing_at_all(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    before, live = await bench.digest(), await bench.live()
    await bench.log.move(live.reader, 1, 0)  # as if the move had been lost
    await bench.learn()
    assert await bench.digest() == before


class KilledInTheMiddle(MasterData):
    """Dies when it has written, before the commit."""

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        await super().learn(connection, schema, heard, revision=revision)
        raise asyncio.CancelledError


async def test_killed_in_the_middle_it_goes_on_from_the_last_commit(bench: Bench) -> None:
    await bench.append(1, organisations(HOSPITAL[0]))
    await bench.learn()
    await bench.append(1, organisations(*HOSPITAL, control="2"))
    killed = KilledInTheMiddle(ZONE)
    with pytest.raises(asyncio.CancelledError):
        await bench.follower(killed).step()
    assert (await bench.state()).pairs(START.date()) == [("H1", None)]
    await bench.learn()
    assert len((await bench.state()).pairs(START.date())) == 3


DIES_BEFORE_THE_COMMIT = """
import asyncio, sys, time, uuid
from zoneinfo import ZoneInfo
from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.following import Follower
from lianyi.projections.masterdata.follow import MasterData

class Stops(MasterData):
    async def learn(self, *arguments, **more):
        await super().learn(*arguments, **more)
        print("written", flush=True)
        time.sleep(600)

async def main(dsn):
    pool, clock = await open_pool(dsn, size_max=2), SystemClock()
    log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=uuid.UUID(int=7))
    follower = Follower(
        pool, log, Stops(ZoneInfo("Asia/Shanghai")), connect=lambda: connect(dsn), clock=clock,
        owner=uuid.UUID(int=7), holder="x:1",
    )
    await follower.step()

asyncio.run(main(sys.argv[1]))
"""


async def test_a_process_that_is_killed_before_its_commit_has_learned_nothing(
    bench: Bench,
) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES_BEFORE_THE_COMMIT, bench.dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"written\n"
    process.kill()
    await process.wait()
    live = await bench.live()
    assert await projection_store.positions(bench.pool, live.reader) == {}
    assert (await bench.state()).pairs(START.date()) == []
    await bench.learn()
    assert len((await bench.state()).pairs(START.date())) == 3
    assert await projection_store.positions(bench.pool, live.reader) == {1: 1}


async def test_two_that_follow_at_once_learn_everything_once(bench: Bench) -> None:
    messages = [organisations(f"D{n:02}|科室{n}", control=str(n)) for n in range(20)]
    await bench.append(1, *messages)
    await asyncio.gather(*(bench.learn(MasterData(ZONE)) for _ in range(3)))
    assert len((await bench.state()).pairs(START.date())) == 20
    rows = await bench.pool.fetchval(
        f"SELECT count(*) FROM {(await bench.live()).schema}.statement"
    )
    assert rows == 20


async def test_what_cannot_be_learned_is_set_aside_and_the_rest_goes_on(bench: Bench) -> None:
    broken = NewMessage(1, "hl7v2 MFN^Z01", b"not HL7", "utf-8", "HR|H1")
    unknown_parent = organisations("D03|急诊科|||H9", control="3")
    (one, two, _) = await bench.append(1, broken, unknown_parent, organisations(*HOSPITAL))
    await bench.learn()
    assert await bench.aside() == [("LY-1201", str(one), 0), ("LY-2011", str(two), 1)]
    assert len((await bench.state()).pairs(START.date())) == 4
    page = await ProjectionsService(bench.pool, bench.log).list_set_aside(
        "masterdata", skip=0, limit=10
    )
    assert [row.position for row in page.items] == [str(two), str(one)]
    assert "H9" in page.items[0].zh.why


class WithAFault(MasterData):
    """Has a fault of ours in its reading."""

    def read(self, message: Any) -> Any:
        if b"D01" in message.body:
            raise KeyError("D01")
        return super().read(message)


async def test_a_fault_of_ours_sets_the_message_aside_without_telling_what_it_says(
    bench: Bench,
) -> None:
    await bench.append(1, organisations("D01|内科"), organisations("D02|外科", control="2"))
    await bench.learn(WithAFault(ZONE))
    assert await bench.aside() == [("LY-0001", "1-1", 0)]
    assert (await bench.state()).pairs(START.date()) == [("D02", None)]


class Stumbles(MasterData):
    """Breaks over some messages when it keeps what they say, each time in another way."""

    async def learn(self, connection: Any, schema: Any, heard: Any, **more: Any) -> Any:
        learned = await super().learn(connection, schema, heard, **more)
        for one in heard:
            if b"D03" in one.message.body:
                await connection.execute("SELECT $1::text", "no text \x00")
            if b"D05" in one.message.body:
                raise KeyError("D05")
            if b"D06" in one.message.body:
                await connection.execute("SELECT $1::integer", 2**40)
        return learned


async def test_what_cannot_be_kept_is_set_aside_and_the_rest_is_learned(bench: Bench) -> None:
    messages = [organisations(f"D0{n}|科室{n}", control=str(n)) for n in range(9)]
    await bench.append(1, *messages)
    await bench.learn(Stumbles(ZONE))
    assert sorted(await bench.aside()) == [
        ("LY-2006", "1-4", 0), ("LY-2006", "1-6", 0), ("LY-2006", "1-7", 0)
    ]  # fmt: skip
    learned = {code for code, _ in (await bench.state()).pairs(START.date())}
    assert learned == {f"D0{n}" for n in (0, 1, 2, 4, 7, 8)}


async def test_messages_of_several_shards_mean_the_same_in_any_order(bench: Bench) -> None:
    """What comes late from another shard takes its place by the time at which it came."""
    await bench.append(2, organisations("D01|老名字", control="a"))
    await bench.append(1, organisations("H1|医院"), organisations("D01|新名字|||H1", control="2"))
    await bench.append(2, organisations("D02|外科|||H1", control="b"))
    await bench.learn()
    before = await bench.digest()

    late = MasterData(ZONE)
    result = await rebuilt(bench)
    assert result.before == result.after == before
    for shards in ([2, 1], [1, 2]):
        await bench.pool.execute("DELETE FROM projections.version")
        for schema in await bench.pool.fetch(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'masterdata%'"
        ):
            await bench.pool.execute(f"DROP SCHEMA {schema[0]} CASCADE")
        late = MasterData(ZONE)
        for shard in shards:

            class OneShard:
                def __getattr__(self, name: str, shard: int = shard) -> Any:
                    async def only() -> list[int]:
                        return [shard]

                    return only if name == "shards" else getattr(bench.log, name)

            follower = bench.follower(late, log=OneShard())
            while await follower.step():
                pass
        assert await bench.digest() == before


async def test_a_rebuild_gives_the_same_byte_for_byte_and_takes_the_place_of_the_old(
    bench: Bench,
) -> None:
    await bench.append(1, organisations(*HOSPITAL), organisations("D09|无|||H9", control="2"))
    await bench.learn()
    before, old, aside = await bench.digest(), await bench.live(), await bench.aside()
    result = await rebuilt(bench)
    new = await bench.live()
    assert (result.before, result.after) == (before, before)
    assert (new.version, new.live) == (old.version + 1, True)
    assert await bench.digest() == before
    assert await bench.aside() == aside
    schemas = await bench.pool.fetch(
        "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'masterdata')"
    )
    assert [row[0] for row in schemas] == [new.schema]
    readers = await bench.pool.fetch("SELECT DISTINCT reader FROM messagelog.reader")
    assert [row[0] for row in readers] == [new.reader]
    await bench.append(1, organisations("D10|新科|||H1", control="3"))
    await bench.learn()
    assert len((await bench.state()).pairs(START.date())) == 5


async def test_a_rebuild_while_the_log_grows_loses_nothing(bench: Bench) -> None:
    await bench.append(1, *(organisations(f"D{n}|科{n}", control=str(n)) for n in range(50)))
    await bench.learn()

    async def grow() -> None:
        for n in range(50, 80):
            await bench.append(1, organisations(f"D{n}|科{n}", control=str(n)))
            await bench.learn()

    growing = asyncio.create_task(grow())
    await rebuilt(bench)
    await growing
    await bench.learn()
    assert len((await bench.state()).pairs(START.date())) == 80


async def test_a_rebuild_that_differs_changes_nothing_until_a_person_accepts_it(
    bench: Bench,
) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    live = await bench.live()
    await bench.pool.execute(f"UPDATE {live.schema}.description SET name_zh = 'X'")
    with pytest.raises(DifferentProjection) as told:
        await rebuilt(bench)
    assert told.value.facts["tables"] == "description"
    assert await bench.live() == live
    await rebuilt(bench, accept_differences=True)
    names = await bench.pool.fetch(f"SELECT name_zh FROM {(await bench.live()).schema}.description")
    assert {row[0] for row in names} == {"测试医院", "内科", "外科"}


async def test_only_one_rebuild_runs_at_a_time(bench: Bench) -> None:
    await bench.learn()
    other = await connect(bench.dsn)
    assert await projection_store.try_lock_rebuild(other, "masterdata")
    with pytest.raises(RebuildRuns):
        await rebuilt(bench)
    await other.close()


class OfTheNextRelease(MasterData):
    shape = MasterData.shape + 1


async def test_a_release_with_other_tables_builds_its_version_by_itself(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    await bench.learn(OfTheNextRelease(ZONE))
    live = await bench.live()
    assert (live.version, live.shape) == (2, MasterData.shape + 1)
    assert len((await bench.state()).pairs(START.date())) == 3


async def test_what_the_gate_holds_is_learned_when_a_person_releases_it(bench: Bench) -> None:
    held = organisations("D01|错|||")._replace(gate=Gate.HOLD)
    (at,) = await bench.append(1, held)
    await bench.learn()
    assert (await bench.state()).pairs(START.date()) == []
    fixed = held.body.replace("错".encode(), "内科".encode())
    repaired = await bench.log.append_act(
        NewMessage(0, "act message.repaired", fixed, "utf-8", "console", caused_by=at)
    )
    act = orjson.dumps({"actor": "console", "position": str(at), "repaired": str(repaired)})
    await bench.log.append_act(
        NewMessage(0, "act message.released", act, "utf-8", "console", caused_by=at)
    )
    await bench.learn()
    live = await bench.live()
    names = await bench.pool.fetch(f"SELECT name_zh FROM {live.schema}.description")
    assert [row[0] for row in names] == ["内科"]


async def test_what_was_erased_is_forgotten(bench: Bench) -> None:
    _, goes = await bench.append(
        1, organisations("D01|内科"), organisations("D02|外科", control="2")
    )
    await bench.learn()
    connection = await connect(bench.dsn)
    await erase(bench.log, connection, goes, reason="test", actor="t", clock=bench.clock)
    await connection.close()
    await bench.learn()
    assert (await bench.state()).pairs(START.date()) == [("D01", None)]
    result = await rebuilt(bench)
    assert result.before == result.after


async def test_the_management_tree_of_today_is_handed_on_in_the_same_transaction(
    bench: Bench,
) -> None:
    await bench.trust()
    await bench.learn()
    bench.handed.clear()
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    assert bench.handed == [{"H1": None, "D01": "H1", "D02": "H1"}]
    await bench.append(1, organisations("D01|换了名字", control="2"), adt(1))
    await bench.learn()
    assert len(bench.handed) == 1  # a name is not the tree

    day_after = organisations("D03|新科||DEPT|H1||20260304", control="3")
    await bench.append(1, day_after)
    await bench.learn()
    assert len(bench.handed) == 1  # not due yet
    bench.clock.advance(timedelta(days=2))
    await bench.learn()
    assert bench.handed[1:] == [{"H1": None, "D01": "H1", "D02": "H1", "D03": "H1"}]


async def test_a_callback_that_fails_leaves_nothing_learned(bench: Bench) -> None:
    async def refuse(*_: Any) -> None:
        raise OSError("the other table is gone")

    await bench.append(1, organisations(*HOSPITAL))
    failing = MasterData(ZONE, on_management_tree=refuse)
    with pytest.raises(OSError, match="gone"):
        await bench.follower(failing).step()
    assert (await bench.state()).pairs(START.date()) == []
    await bench.learn()
    assert len(bench.handed) == 1


async def test_it_follows_by_itself_and_whoever_waits_reads_his_own_write(bench: Bench) -> None:
    follower = bench.follower()
    following = asyncio.create_task(follower.run())
    try:
        for number in range(5):
            message = organisations(f"D0{number}|科", control=str(number))
            at = await bench.log.append_act(message._replace(channel=0))
            assert await until_learned(bench.pool, "masterdata", at) == []
            watch = _Watch(bench.pool, "masterdata")
            for _ in range(2):  # the second comes when the look of the first has just ended
                assert await asyncio.wait_for(watch.passed(at), timeout=5) == []
            assert len((await bench.state()).pairs(START.date())) == number + 1
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
    at = await bench.log.append_act(organisations("D09|科")._replace(channel=0))
    with pytest.raises(NotLearnedYet):
        await until_learned(bench.pool, "masterdata", at, timeout_seconds=0.1)
