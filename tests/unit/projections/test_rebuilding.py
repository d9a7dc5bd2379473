"""A projection is built beside the one in force, looked at, and put in force when told."""

from __future__ import annotations

import asyncio
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner

from lianyi.base.database import connect, open_pool
from lianyi.cli.main import main
from lianyi.projections import projection_store
from lianyi.projections.comparing import Difference
from lianyi.projections.following import Follower
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.projection_store import Version
from lianyi.projections.rebuilding import KEPT_FOR, Progress, drop_forgotten, rebuilding

from .conftest import ZONE, Bench, adt, organisations

HOSPITAL = ("H1|测试医院|Test Hospital|HOSP", "D01|内科||DEPT|H1", "D02|外科||DEPT|H1")
RELEASE = "ab12"


def begun(bench: Bench, made_by: str = RELEASE, **more: Any) -> Any:
    return rebuilding(
        lambda: connect(bench.dsn),
        bench.log,
        MasterData(ZONE),
        clock=bench.clock,
        made_by=made_by,
        **more,
    )


async def versions(bench: Bench) -> list[Version]:
    return await projection_store.list_versions(bench.pool)


async def test_what_was_built_is_in_force_only_when_told(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    live, before = await bench.live(), await bench.digest()
    async with begun(bench) as run:
        await run.build()
        compared = await run.compare()
        assert compared.same
        assert compared.after == before
        assert await bench.live() == live
    assert [(one.version, one.live) for one in await versions(bench)] == [(1, True), (2, False)]
    await bench.append(1, organisations("D03|儿科||DEPT|H1", control="9"))
    await bench.learn()
    async with begun(bench) as run:
        await run.build()
        compared = await run.compare()
        assert (compared.resumed, compared.version, compared.same) == (True, 2, True)
        await run.switch()
    assert [(one.version, one.live) for one in await versions(bench)] == [(2, True)]
    assert await bench.digest() == compared.after
    assert len((await bench.state()).pairs(bench.clock.now().date())) == 4


async def test_what_other_software_has_begun_is_begun_anew(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    for made_by in (RELEASE, "cd34", ""):
        async with begun(bench, made_by) as run:
            await run.build()
            assert not (await run.compare()).resumed
    assert [(one.version, one.live) for one in await versions(bench)] == [(1, True), (2, False)]


async def test_it_says_what_differs_while_the_one_in_force_is_read(bench: Bench) -> None:
    await bench.trust()
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()
    live = await bench.live()
    await bench.pool.execute(
        f"UPDATE {live.schema}.description SET name_zh = 'X' WHERE code = 'D01'"
    )
    await bench.pool.execute(f"DELETE FROM {live.schema}.link")
    async with begun(bench) as run:
        await run.build()
        compared = await run.compare()
        assert compared.differences == [
            Difference("description", "", 1, 0, 1),
            Difference("link", "", 2, 0, 0),
        ]
        assert await run.drop()
        assert not await run.drop()
    assert await versions(bench) == [live]


async def test_it_tells_how_far_it_is_and_how_long_it_will_take(bench: Bench) -> None:
    await bench.append(1, *(adt(number) for number in range(1200)))
    await bench.learn()
    told: list[Progress] = []

    def listen(progress: Progress) -> None:
        told.append(progress)
        bench.clock.advance(timedelta(seconds=2))

    async with begun(bench, on_progress=listen) as run:
        await run.build()
    assert told[0][:2] == (1000, 1200)
    assert told[-1].done == told[-1].total == 1200
    assert told[-1].per_second == 600
    assert told[-1].seconds_left == 0


async def test_whoever_waits_for_the_switch_reads_the_next_version(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()

    async def look(found: list[int]) -> None:
        while not found or found[-1] == 1:
            async with bench.pool.acquire() as connection, connection.transaction():
                held = await projection_store.hold_live(connection, "masterdata")
                assert held
                assert await connection.fetchval(f"SELECT count(*) FROM {held.schema}.existence")
                found.append(held.version)

    seen: list[list[int]] = [[] for _ in range(4)]
    looking = [asyncio.create_task(look(one)) for one in seen]
    async with begun(bench) as run:
        await run.build()
        await run.compare()
        await run.switch()
    await asyncio.gather(*looking)
    assert all(one[-1] == 2 for one in seen)


async def test_what_nobody_puts_in_force_goes_after_a_day(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    await bench.learn()

    async def dropped() -> bool:
        return await drop_forgotten(
            bench.pool, lambda: connect(bench.dsn), MasterData(ZONE), clock=bench.clock
        )

    async with begun(bench) as run:
        await run.build()
        bench.clock.advance(KEPT_FOR)
        assert not await dropped(), "somebody is at it"
    assert await dropped()
    assert [one.version for one in await versions(bench)] == [1]


async def test_a_follower_needs_one_connection_at_a_time(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL))
    pool = await open_pool(bench.dsn, size_max=1)
    try:
        follower = Follower(
            pool, bench.log, MasterData(ZONE), connect=lambda: connect(bench.dsn),
            clock=bench.clock, owner=uuid.UUID(int=3), holder="test:1",
        )  # fmt: skip
        async with asyncio.timeout(30):
            while await follower.step():
                pass
    finally:
        pool.terminate()
    assert await projection_store.positions(bench.pool, (await bench.live()).reader) == {1: 1}


DIES_ON_THE_WAY = """
import asyncio, sys, time, uuid
from zoneinfo import ZoneInfo
from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.following import Follower
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.rebuilding import rebuilding

def on_the_way(progress):
    print(progress.done, flush=True)
    time.sleep(600)

async def main(dsn):
    pool, clock = await open_pool(dsn, size_max=2), SystemClock()
    log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=uuid.UUID(int=7))
    async with rebuilding(
        lambda: connect(dsn), log, MasterData(ZoneInfo("Asia/Shanghai")), clock=clock,
        made_by="ab12", on_progress=on_the_way,
    ) as run:
        await run.build()

asyncio.run(main(sys.argv[1]))
"""


async def test_killed_on_the_way_it_goes_on_and_ends_with_the_same_bytes(bench: Bench) -> None:
    await bench.append(1, organisations(*HOSPITAL), *(adt(number) for number in range(1100)))
    await bench.learn()
    live = await bench.live()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES_ON_THE_WAY, bench.dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"1000\n"
    process.kill()
    await process.wait()
    assert await bench.live() == live
    told: list[Progress] = []
    async with begun(bench, on_progress=told.append) as run:
        await run.build()
        compared = await run.compare()
    assert compared.resumed
    assert [one.done for one in told] == [1101]
    async with begun(bench, "ef") as run:
        await run.build()
        anew = await run.compare()
    assert compared.same
    assert anew.after == compared.after


async def command(bench: Bench, folder: Path, *words: str) -> tuple[int, bytes, bytes]:
    where = ["--data", str(folder), "--content", str(folder / "content")]
    done = await asyncio.to_thread(
        CliRunner().invoke,
        main,
        [*words, *where],
        env={"LIANYI__DATABASE__URL": bench.dsn, "LIANYI_LANG": "en"},
    )
    return done.exit_code, done.stdout_bytes, done.stderr_bytes or b""


async def test_the_command_builds_tells_and_switches_when_told(
    bench: Bench, tmp_path: Path
) -> None:
    secret = "绝密科室"
    await bench.append(1, organisations(*HOSPITAL, f"D09|{secret}||DEPT|H1"))
    await bench.learn()
    live = await bench.live()
    await bench.pool.execute(f"UPDATE {live.schema}.description SET name_zh = 'X'")
    code, out, err = await command(bench, tmp_path, "rebuild", "masterdata")
    assert code == 0, err
    assert b"description" in out
    assert b"1/1 messages" in err
    assert b"--switch" in err
    assert secret.encode() not in out + err
    assert await bench.live() == live
    code, out, err = await command(bench, tmp_path, "rebuild", "masterdata", "--switch", "--json")
    assert code == 0, err
    told = orjson.loads(out)
    assert (told["version"], told["live"], told["same"], told["resumed"]) == (2, True, False, True)
    assert told["digest"] == {name: value.hex() for name, value in (await bench.digest()).items()}
    code, out, _ = await command(bench, tmp_path, "rebuild", "masterdata", "--drop")
    assert (code, out) == (0, b"nothing was built and not put in force\n")
    acts = [one.kind for one in await bench.log.read(0, after=0, limit=100)]
    assert [one for one in acts if "projection" in one] == [
        "act projection.built",
        "act projection.built",
        "act projection.rebuilt",
        "act projection.dropped",
    ]
    code, _, _ = await command(bench, tmp_path, "rebuild", "masterdata", "--drop", "--switch")
    assert code == 2
    code, _, err = await command(bench, tmp_path, "rebuild", "nothing")
    assert code == 1
    assert b"LY-2001" in err
