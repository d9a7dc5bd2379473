"""Files of the content folder come into force, go out of it, and never quietly break it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from lianyi.base.clock import SystemClock
from lianyi.base.database import open_pool
from lianyi.channels.registrar import Registrar

LAB = """
channel: lab
description: 检验结果
source: { connector: mllp, port: 0 }
destinations:
  - { name: emr, connector: mllp, address: "127.0.0.1:7001" }
"""
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

    async def row(self, name: str = "lab") -> Any:
        return await self.pool.fetchrow(
            "SELECT version, problem FROM channels.channel WHERE name = $1", name
        )


@pytest.fixture
async def folder(database: str, tmp_path: Path) -> AsyncIterator[Folder]:
    pool = await open_pool(database, size_max=2)
    yield Folder(pool, tmp_path / "content")
    await pool.close()


async def test_a_file_that_is_gone_takes_its_last_problem_along(folder: Folder) -> None:
    assert (await folder.put(LAB))["version"] == 1
    assert (await folder.put(BROKEN))["problem"]
    assert dict(await folder.put(None)) == {"version": 0, "problem": None}


async def test_a_file_that_never_was_good_is_forgotten_when_it_is_gone(folder: Folder) -> None:
    never = await folder.put(BROKEN)
    assert (never["version"], never["problem"]["code"][:3]) == (0, "LY-")
    assert dict(await folder.put(None)) == {"version": 0, "problem": None}


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
