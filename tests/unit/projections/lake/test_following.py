"""From the log into the lake: every row once, whenever the process ends."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from lianyi.base.database import connect
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Gate, NewMessage, Position
from lianyi.projections.lake import store
from lianyi.projections.lake.follow import READER, in_thread
from lianyi.projections.lake.problems import LakeUnwritable

from .conftest import House
from .making import all_of, message, now_of, row

OTHER = NewMessage(1, "hl7v2 ADT^A01", b"MSH|^~\\&|HIS", "utf-8", "HIS")


async def test_what_the_log_says_of_tables_lies_in_the_lake(house: House) -> None:
    await house.append(1, message(1, [row(1), row(2)]), OTHER, message(2, [row(2, "newer")]))
    await house.append(2, message(1, [row(9)], table="bed"))

    await house.follow()

    assert [str(one) for one in house.lake.tables()] == ["his.bed", "his.visit"]
    assert [one["_position"] for one in all_of(house.lake)] == ["1-1", "1-1", "1-3"]
    assert [one["note"] for one in now_of(house.lake)] == [None, "newer"]
    assert await store.standing(house.pool, READER) == {1: (3, 0), 2: (1, 0)}


async def test_who_was_killed_before_the_place_was_moved_writes_the_same_again(
    house: House,
) -> None:
    await house.append(1, *(message(n, [row(n)]) for n in range(1, 4)))
    await house.follow()
    before = all_of(house.lake)
    await house.pool.execute("UPDATE messagelog.reader SET position = 0 WHERE reader = $1", READER)
    await house.append(1, message(4, [row(4)]))

    await house.follow()

    found = all_of(house.lake)
    assert found[:3] == before
    assert [one["id"] for one in found] == [1, 2, 3, 4]
    assert [path.name for path in house.lake.files("his", "visit")] == ["1-1-4.parquet"]


async def test_where_the_folder_is_gone_all_is_taken_from_the_log_anew(house: House) -> None:
    await house.append(1, message(1, [row(1)]), message(2, [row(2)]))
    await house.follow()
    before = all_of(house.lake)
    shutil.rmtree(house.folder)

    await house.follow()

    assert all_of(house.lake) == before


async def test_what_cannot_be_read_is_counted_and_stops_nothing(house: House) -> None:
    bad = NewMessage(1, "rows his.visit", b'{"form":"lianyi rows 1"}', "utf-8", "his")
    await house.append(1, message(1, [row(1)]), bad, message(2, [row(2)]))

    await house.follow()

    assert [one["id"] for one in all_of(house.lake)] == [1, 2]
    assert await store.standing(house.pool, READER) == {1: (3, 1)}


async def test_what_a_gate_holds_comes_when_a_person_lets_it_through(house: House) -> None:
    held = message(1, [row(1, "held")])._replace(gate=int(Gate.HOLD))
    (position, _) = await house.append(1, held, message(2, [row(1, "later")]))
    await house.follow()
    assert [one["note"] for one in all_of(house.lake)] == ["later"]

    act = NewMessage(0, "act message.released", b"{}", "utf-8", "person", caused_by=position)
    await house.log.append_act(act)
    await house.follow()

    assert [(one["note"], one["_position"]) for one in all_of(house.lake)] == [
        ("held", "1-1"),
        ("later", "1-2"),
    ]
    assert [one["note"] for one in now_of(house.lake)] == ["later"]
    assert {path.name for path in house.lake.files("his", "visit")} == {
        "0-1-1.parquet",
        "1-2-2.parquet",
    }


@pytest.mark.parametrize("landed_before", [True, False])
async def test_an_erased_message_has_no_rows_in_the_lake(
    house: House, *, landed_before: bool
) -> None:
    await house.append(1, message(1, [row(1, "invented secret")]), message(2, [row(2)]))
    if landed_before:
        await house.follow()
    connection = await connect(house.dsn)
    await erase(
        house.log, connection, Position(1, 1), reason="asked", actor="person", clock=house.clock
    )
    await connection.close()

    await house.follow()

    assert [one["id"] for one in all_of(house.lake)] == [2]
    files = [path.read_bytes() for path in house.folder.rglob("*.parquet")]
    assert files
    assert not any(b"invented secret" in one for one in files)


async def test_a_full_disk_is_told_and_everything_waits_in_the_log(house: House) -> None:
    await house.append(1, message(1, [row(1)]))
    async with house.following() as follow:
        place = house.folder / "raw" / "his" / "visit"
        place.mkdir(parents=True)
        (place / "1-1-1.parquet.part").symlink_to("/dev/full")
        with pytest.raises(LakeUnwritable):
            await follow()  # type: ignore[misc]
        assert await store.standing(house.pool, READER) == {}

        await follow()  # type: ignore[misc] # there is room again

    assert [one["id"] for one in all_of(house.lake)] == [1]


async def test_only_one_process_writes_the_lake(house: House) -> None:
    async with house.following():
        with pytest.raises(AssertionError):
            await house.follow()


CHILD = """
    import asyncio, sys, uuid
    from pathlib import Path
    from lianyi.base.clock import SystemClock
    from lianyi.base.database import connect, open_pool
    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.projections.lake import follow
    from lianyi.projections.lake.settings import LakeSettings

    follow.BATCH_MESSAGES = int(sys.argv[3])

    async def main():
        dsn, clock = sys.argv[1], SystemClock()
        pool = await open_pool(dsn, size_max=4)
        owner = uuid.UUID(int=7)
        log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=owner)
        await log.start()
        lake = follow.LakeFollower(
            pool, log, Path(sys.argv[2]), settings=LakeSettings(), clock=clock, owner=owner,
            holder="child:1",
        )
        async with lake.leading() as epoch:
            await lake.start(epoch)
            while await lake.step(epoch):
                print("step", flush=True)
        print("end", flush=True)

    asyncio.run(main())
"""


async def _killed(house: House, *, batch: int, behind_steps: int | None) -> None:
    """Let a process follow, and kill it in the midst of the work behind a number of steps."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(CHILD),
        house.dsn,
        str(house.folder),
        str(batch),
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    steps = 0
    async for line in child.stdout:
        steps += line == b"step\n"
        if behind_steps is not None and steps == behind_steps:
            child.send_signal(signal.SIGKILL)
            break
    await child.wait()
    assert child.returncode == (0 if behind_steps is None else -signal.SIGKILL)


async def test_after_kill_9_no_row_is_there_twice_and_none_is_lost(house: House) -> None:
    count = 120
    await house.append(1, *(message(n, [row(n), row(n, "b")]) for n in range(1, count + 1)))

    await _killed(house, batch=3, behind_steps=4)
    await _killed(house, batch=7, behind_steps=2)
    await _killed(house, batch=5, behind_steps=None)

    assert [(one["id"], one["_row"]) for one in all_of(house.lake)] == [
        (number, place) for number in range(1, count + 1) for place in (0, 1)
    ]
    names = [path.name for path in Path(house.folder).rglob("*.parquet")]
    assert len(names) > 2


async def test_whoever_is_stopped_while_it_writes_keeps_the_lake_until_it_is_written() -> None:
    began, goes_on = threading.Event(), threading.Event()
    order: list[str] = []

    def write() -> None:
        began.set()
        goes_on.wait(10)
        order.append("written")

    async def work() -> None:
        try:
            await in_thread(write)
        finally:
            order.append("given back")

    working = asyncio.create_task(work())
    await asyncio.to_thread(began.wait, 10)
    working.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert order == ["written", "given back"]
