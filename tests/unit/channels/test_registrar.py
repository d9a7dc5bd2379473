"""Files of the content folder come into force, go out of it, and never quietly break it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from lianyi.base.clock import SystemClock
from lianyi.base.database import open_pool
from lianyi.base.errors import from_record
from lianyi.channels import trying
from lianyi.channels.examples import ExampleResult, run_examples
from lianyi.channels.functions import FunctionsUnavailable
from lianyi.channels.read_store import ChannelRecord, ReadStore
from lianyi.channels.registrar import YAML_BYTES_MAX, Registrar

LAB = """
channel: lab
description: 检验结果
source: { connector: mllp, port: 0 }
destinations:
  - { name: emr, connector: mllp, address: "127.0.0.1:7001" }
"""
HOLDS = (
    LAB
    + """
examples:
  - { name: a result arrives, event: ORU^R01, delivered_to: [emr] }
"""
)
FAILS = HOLDS.replace("delivered_to: [emr]", "delivered_to: []")
CALLS = HOLDS.replace(
    '  - { name: emr, connector: mllp, address: "127.0.0.1:7001" }',
    """  - name: emr
    connector: mllp
    address: 127.0.0.1:7001
    transform: [ { call: { function: mark, time_limit_seconds: 2 } } ]""",
)
BROKEN = LAB.replace("connector: mllp, port: 0", "connector: mlpl, port: 0")


class Folder:
    """A content folder, and what the database says came of it."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.pool = pool
        self.folder = folder
        (folder / "channels").mkdir(parents=True)
        self.registrar = self.another()

    def another(self) -> Registrar:
        """Return the registrar of another process, or of a later one."""
        return Registrar(self.pool, self.folder, shards=1, clock=SystemClock())

    async def put(self, text: str | None, name: str = "lab") -> Any:
        """Write a channel's file, or remove it; return how the channel stands then."""
        file = self.folder / "channels" / f"{name}.yaml"
        if text is None:
            file.unlink()
        else:
            file.write_text(text, encoding="utf-8")
        await self.registrar.look()
        return await self.row(name)

    async def shown(self) -> list[ChannelRecord]:
        """What people are shown."""
        return await ReadStore(self.pool).channels()

    async def row(self, name: str = "lab") -> Any:
        return await self.pool.fetchrow(
            "SELECT version, problem FROM channels.channel WHERE name = $1", name
        )


@pytest.fixture
async def folder(database: str, tmp_path: Path) -> AsyncIterator[Folder]:
    pool = await open_pool(database, size_max=2)
    folder = Folder(pool, tmp_path / "content")
    yield folder
    await folder.registrar.close()
    await pool.close()


async def test_a_file_that_is_gone_takes_its_last_problem_along(folder: Folder) -> None:
    assert (await folder.put(LAB))["version"] == 1
    assert (await folder.put(BROKEN))["problem"]
    assert dict(await folder.put(None)) == {"version": 0, "problem": None}


async def test_a_file_that_never_was_good_is_forgotten_when_it_is_gone(folder: Folder) -> None:
    never = await folder.put(BROKEN)
    assert (never["version"], never["problem"]["code"][:3]) == (0, "LY-")
    assert dict(await folder.put(None)) == {"version": 0, "problem": None}


async def test_a_file_that_never_was_good_is_shown_while_it_is_there_and_no_longer(
    folder: Folder,
) -> None:
    await folder.put(BROKEN)
    assert [(one.name, one.version) for one in await folder.shown()] == [("lab", 0)]
    await folder.put(None)
    assert await folder.shown() == []
    await folder.put(LAB)
    await folder.put(None)
    assert [one.name for one in await folder.shown()] == ["lab"], "it has a history"


async def test_a_file_that_grew_too_long_is_refused_and_the_version_before_goes_on(
    folder: Folder,
) -> None:
    await folder.put(LAB)
    version, problem = await folder.put(LAB + "#" * YAML_BYTES_MAX)
    assert version == 1
    assert problem["code"] == "LY-1401"


@pytest.mark.parametrize(
    "name", [b"\xbc\xec\xd1\xe9", b"lab (1)", b"a\x01\tb"], ids=["GBK", "copy", "control"]
)
async def test_a_file_of_any_name_keeps_no_other_out(folder: Folder, name: bytes) -> None:
    stray = folder.folder / "channels" / os.fsdecode(name + b".yaml")
    stray.write_text(LAB, encoding="utf-8")
    assert tuple(await folder.put(LAB)) == (1, None)
    shown = {one.name: one.problem for one in await folder.shown()}
    assert len(shown) == 2
    assert shown.pop("lab") is None
    assert [problem["code"] for problem in shown.values() if problem] == ["LY-1401"]


async def test_the_lock_of_an_editor_and_a_link_to_nowhere_keep_no_other_out(
    folder: Folder,
) -> None:
    (folder.folder / "channels" / ".#lab.yaml").symlink_to("someone@desk.2711:1")
    (folder.folder / "channels" / "moved.yaml").symlink_to("/nowhere/moved.yaml")
    assert tuple(await folder.put(LAB)) == (1, None)
    shown = {one.name: one.problem for one in await folder.shown()}
    assert shown.keys() == {"lab", "moved"}
    assert from_record(shown["moved"] or {}).code == "LY-1401"


async def test_a_problem_that_an_older_release_left_behind_is_cleared(folder: Folder) -> None:
    await folder.put(LAB)
    await folder.put(None)
    await folder.pool.execute('UPDATE channels.channel SET problem = \'{"code": "LY-1401"}\'')
    await folder.another().look()
    assert (await folder.row())["problem"] is None


async def test_a_file_that_comes_back_is_in_force_again(folder: Folder) -> None:
    await folder.put(LAB)
    await folder.put(None)
    assert dict(await folder.put(LAB)) == {"version": 2, "problem": None}


async def test_a_new_file_whose_examples_hold_comes_into_force(folder: Folder) -> None:
    assert dict(await folder.put(HOLDS)) == {"version": 1, "problem": None}


async def test_a_new_file_whose_examples_fail_does_not_come_into_force(folder: Folder) -> None:
    row = await folder.put(FAILS)
    assert (row["version"], row["problem"]["code"]) == (0, "LY-1418")
    told = from_record(row["problem"])
    assert "a result arrives" in told.text("en")
    assert "a result arrives" in told.text("zh")
    assert "line" in told.where


async def test_the_version_before_stays_in_force_when_examples_fail(folder: Folder) -> None:
    await folder.put(LAB)
    row = await folder.put(FAILS)
    assert (row["version"], row["problem"]["code"]) == (1, "LY-1418")
    assert dict(await folder.put(HOLDS)) == {"version": 2, "problem": None}


async def test_one_channel_whose_examples_fail_does_not_keep_the_others_out(
    folder: Folder,
) -> None:
    await folder.put(FAILS)
    assert (await folder.put(HOLDS.replace("channel: lab", "channel: adt"), "adt"))["version"] == 1


async def test_examples_are_tried_once_for_each_definition(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def noted(*given: Any) -> Any:
        tried.append(given[2])
        return await run_examples(*given)

    monkeypatch.setattr(trying, "run_examples", noted)
    await folder.put(FAILS)
    await folder.put(FAILS + "# a remark\n")
    await folder.put(HOLDS)
    await folder.another().look()  # a later process: what is in force was tried before
    assert tried == ["lab.yaml", "lab.yaml"]


async def in_time(folder: Folder) -> Any:
    """Look again until what is being tried has been tried."""
    async with asyncio.timeout(30):
        while not (row := await folder.row()) or not (row["version"] or row["problem"]):
            await folder.registrar.look()
            await asyncio.sleep(0.05)
    return row


async def function(folder: Folder, body: str) -> Any:
    (folder.folder / "functions").mkdir()
    text = f"import time\n\ndef run(message, settings):\n    {body}\n"
    (folder.folder / "functions" / "mark.py").write_text(text, encoding="utf-8")
    await folder.put(CALLS)
    return await in_time(folder)


async def test_the_functions_of_examples_run_apart(folder: Folder) -> None:
    row = await function(folder, 'import socket; socket.create_connection(("127.0.0.1", 1))')
    assert (row["version"], row["problem"]["code"]) == (0, "LY-1418")
    assert "socket" in from_record(row["problem"]).text("en")


async def test_a_function_that_hangs_holds_up_no_other_channel(folder: Folder) -> None:
    (folder.folder / "functions").mkdir()
    text = "def run(message, settings):\n    while True:\n        pass\n"
    (folder.folder / "functions" / "mark.py").write_text(text, encoding="utf-8")
    assert await folder.put(CALLS) is None
    assert dict(await folder.put(HOLDS.replace("channel: lab", "channel: adt"), "adt")) == {
        "version": 1,
        "problem": None,
    }
    assert await folder.row() is None, "it is still being tried"
    row = await in_time(folder)
    assert (row["version"], row["problem"]["code"]) == (0, "LY-1418")


async def test_a_channel_that_is_still_being_tried_keeps_its_version(folder: Folder) -> None:
    await folder.put(LAB)
    (folder.folder / "functions").mkdir()
    text = "def run(message, settings):\n    while True:\n        pass\n"
    (folder.folder / "functions" / "mark.py").write_text(text, encoding="utf-8")
    assert dict(await folder.put(CALLS)) == {"version": 1, "problem": None}
    assert dict(await folder.put(HOLDS)) == {"version": 2, "problem": None}


async def test_what_nobody_foresaw_in_an_example_refuses_that_file_only(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*given: Any) -> Any:
        raise ZeroDivisionError

    await folder.put(LAB.replace("channel: lab", "channel: adt"), "adt")
    monkeypatch.setattr(trying, "run_examples", breaks)
    row = await folder.put(HOLDS)
    assert (row["version"], row["problem"]["code"]) == (0, "LY-1401")
    assert (await folder.row("adt"))["version"] == 1


async def test_what_another_try_may_change_is_tried_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nowhere(*given: Any) -> Any:
        failure = FunctionsUnavailable(where="functions", why="no memory")
        return (ExampleResult("a result arrives", (failure,)),)

    monkeypatch.setattr(trying, "run_examples", nowhere)
    assert (await folder.put(HOLDS))["problem"]["code"] == "LY-1427"
    monkeypatch.undo()
    await folder.registrar.look()
    assert dict(await folder.row()) == {"version": 1, "problem": None}
