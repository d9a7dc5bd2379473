"""A channel that asks a database: its rows are in the log once, whatever process dies when."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.unit.channels import asking_process
from tests.unit.channels.asking_process import log_of, taking
from tests.unit.connectors.sql.site import PostgresqlSite

from lianyi.base.rows import Header, read
from lianyi.channels.examples import check_text
from lianyi.channels.memory_store import LogMemory
from lianyi.messagelog import LogUnavailable, PostgresLog

CHANNEL = """
channel: his-tables
description: 轮询 HIS 的就诊表
format: rows
source:
  connector: sql
  system: his
  tables:
    - name: visit
      key: id
      mode: incremental
      watermark: updated_at
      every_seconds: 0.05
  batch_rows_max: 5
"""
REST = """
destinations:
  - name: lake
    connector: files
    folder: out
    settings: { name: "{control_id}.jsonl" }
    filter: { event: [his.visit] }
"""


@pytest.fixture
async def his(empty_database: str, tmp_path: Path) -> PostgresqlSite:
    his = PostgresqlSite(empty_database, tmp_path)
    await his.run(
        "CREATE TABLE visit (id int PRIMARY KEY, updated_at timestamptz DEFAULT clock_timestamp())"
    )
    return his


@pytest.fixture
def content(his: PostgresqlSite, tmp_path: Path) -> Path:
    settings = {key: str(value) for key, value in his._settings.items()}
    told = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in settings.items())
    folder = tmp_path / "content"
    (folder / "channels").mkdir(parents=True)
    (folder / "channels" / "his-tables.yaml").write_text(
        f"{CHANNEL}  kind: postgresql\n{told}{REST}"
    )
    return folder


async def add(his: PostgresqlSite, first: int, last: int) -> None:
    await his.run(f"INSERT INTO visit (id) SELECT generate_series({first}, {last})")


async def logged(log: PostgresLog) -> list[tuple[Header, list[Any]]]:
    found = await log.read(1, after=0, limit=10_000)
    assert {message.kind for message in found} <= {"rows his.visit"}
    assert {message.sender for message in found} <= {"his"}
    return [read(message.body) for message in found]


async def until_logged(log: PostgresLog, count: int) -> list[tuple[Header, list[Any]]]:
    async with asyncio.timeout(60):
        while sum(len(rows) for _, rows in await logged(log)) < count:
            await asyncio.sleep(0.05)
    return await logged(log)


def nothing_twice(batches: list[tuple[Header, list[Any]]], count: int) -> None:
    assert [header.batch for header, _ in batches] == list(range(1, len(batches) + 1))
    assert sorted(int(row[0]) for _, rows in batches for row in rows) == list(range(1, count + 1))


async def state_of(pool: asyncpg.Pool) -> dict[str, Any]:
    state: dict[str, Any] = await pool.fetchval("SELECT source_state FROM channels.channel")
    return state


async def test_rows_become_messages_and_a_restart_reads_on(
    database: str, his: PostgresqlSite, content: Path, tmp_path: Path
) -> None:
    async with log_of(database) as (pool, log):
        await add(his, 1, 12)
        async with taking(database, content, tmp_path):
            await until_logged(log, 12)
        resting = await pool.fetchval("SELECT resting FROM channels.source_place")
        await add(his, 13, 14)
        async with taking(database, content, tmp_path):
            batches = await until_logged(log, 14)
            async with asyncio.timeout(10):
                while not (await state_of(pool)).get("connections"):
                    await asyncio.sleep(0.05)
            shown = await state_of(pool)

    nothing_twice(batches, 14)
    assert resting is True
    assert shown["address"].startswith("postgresql://")
    assert shown["error"] is None


async def test_a_place_that_was_not_remembered_is_learned_from_the_log(
    database: str,
    his: PostgresqlSite,
    content: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with log_of(database) as (pool, log):
        await add(his, 1, 7)
        async with taking(database, content, tmp_path):
            await until_logged(log, 7)
        with monkeypatch.context() as forgetting:
            forgetting.setattr(LogMemory, "remember", forget)
            await pool.execute("UPDATE channels.source_place SET resting = false")
            await add(his, 8, 20)
            async with taking(database, content, tmp_path):
                await until_logged(log, 20)
        # Else the source would give rows 8 to 20 again, with other bytes than before.
        await his.run("UPDATE visit SET updated_at = updated_at WHERE id > 7")
        await add(his, 21, 21)
        async with taking(database, content, tmp_path):
            batches = await until_logged(log, 21)

    nothing_twice(batches, 21)


async def forget(*_: object, **__: object) -> None:
    raise LogUnavailable(where="test", why="it dies before it remembers")


async def test_a_database_that_is_not_there_is_trouble_on_the_card(
    database: str, content: Path, tmp_path: Path
) -> None:
    file = content / "channels" / "his-tables.yaml"
    file.write_text(file.read_text().replace("name: visit", "name: nowhere"))
    async with log_of(database) as (pool, _), taking(database, content, tmp_path):
        async with asyncio.timeout(20):
            while not ((await state_of(pool)) or {}).get("error"):
                await asyncio.sleep(0.05)
        shown = await state_of(pool)
    assert shown["error"]["code"] == "LY-1138"


@pytest.mark.slow
async def test_nothing_is_lost_or_twice_when_the_process_is_killed(
    database: str, his: PostgresqlSite, content: Path, tmp_path: Path
) -> None:
    command = [sys.executable, asking_process.__file__, database, str(content), str(tmp_path)]
    async with log_of(database) as (_, log):
        written = 0
        for kill in range(3):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                before = sum(len(rows) for _, rows in await logged(log))
                for _ in range(40):
                    await add(his, written + 1, written + 7)
                    written += 7
                    await asyncio.sleep(0.01 * kill)
                await until_logged(log, before + 20)
            finally:
                process.kill()
                process.wait()
        async with taking(database, content, tmp_path):
            batches = await until_logged(log, written)

    nothing_twice(batches, written)


async def test_the_check_of_a_channel_says_what_is_wrong_with_it(content: Path) -> None:
    text = (content / "channels" / "his-tables.yaml").read_text()
    assert (await check_text(text, "his-tables.yaml", None)).ok
    for right, wrong, said in (
        ("watermark: updated_at", "watermrk: updated_at", "watermark"),
        ("mode: incremental", "mode: sometimes", "incremental"),
        ("format: rows", "format: json", "rows"),
    ):
        report = await check_text(text.replace(right, wrong), "his-tables.yaml", None)
        assert any(said in problem.text() for problem in report.problems), report.problems


@pytest.mark.parametrize("name", ["sql-source.md", "sql-source.zh.md"])
async def test_the_channel_in_the_guide_is_one_and_its_message_is_of_the_form(name: str) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guides" / name).read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    report = await check_text(text, "his-tables.yaml", None)
    assert [problem.text() for problem in report.problems] == []

    (message,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    header, rows = read(message.encode())
    assert (header.rows, rows[1][2]) == (2, None)
