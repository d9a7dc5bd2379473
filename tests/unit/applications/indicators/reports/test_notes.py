"""Notes: seen by whoever sees the cell, changed by the author alone, nothing taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from tests.unit.api.house import House

from .report_house import Reported, reporting, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTE: dict[str, Any] = {"period": "2026-02", "hospital": "H1", "words": "新楼启用"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def of(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Reported]:
    async with reporting(module_database, tmp_path_factory.mktemp("house")) as served:
        yield served


async def seen(of: Reported, who: str, code: str = "VIS-001", **more: Any) -> list[str]:
    asked = {"period": "2026", **more}
    return [one["words"] for one in (await of.get(who, f"/{code}/notes", **asked))["items"]]


async def test_a_note_is_seen_by_whoever_sees_its_cell(of: Reported) -> None:
    for who, more in (
        ("president", {"words": "全院"}),
        ("head", {"words": "一科", "department": "D1"}),
        ("neighbour", {"words": "邻院", "hospital": "H2"}),
        ("neighbour", {"words": "邻院同名科室", "hospital": "H2", "department": "D1"}),
    ):
        await of.ask(who, "POST", "/VIS-001/notes", NOTE | more)
    assert set(await seen(of, "president")) == {"全院", "一科"}
    assert await seen(of, "head") == ["一科"]
    assert set(await seen(of, "region")) == {"全院", "一科", "邻院", "邻院同名科室"}
    assert set(await seen(of, "neighbour")) == {"邻院", "邻院同名科室"}
    assert set(await seen(of, "president", hospital="H1", department="D1")) == {"全院", "一科"}
    assert await seen(of, "president", period="2026-03") == []
    assert await seen(of, "president", code="EX-04") == []
    await of.get("doctor", "/VIS-001/notes", status=403, period="2026")


async def test_nobody_writes_on_a_cell_that_he_does_not_see(of: Reported) -> None:
    for who, more in (
        ("president", {"hospital": "H2"}),
        ("head", {"department": ""}),
        ("head", {"department": "D2"}),
        ("neighbour", {"hospital": "H1", "department": "D1"}),
    ):
        refused = await of.ask(who, "POST", "/VIS-001/notes", NOTE | more, status=403)
        assert refused["error"]["code"] == "LY-1800"
    nowhere = await of.ask("head", "POST", "/VIS-001/notes", NOTE | {"hospital": ""}, status=422)
    assert nowhere["error"]["code"] == "LY-2595"
    await of.ask("president", "POST", "/NO-01/notes", NOTE, status=404)
    await of.ask("president", "POST", "/VIS-001/notes", NOTE | {"words": " "}, status=422)


async def test_a_change_is_another_version_and_the_authors_own(of: Reported) -> None:
    note = await of.ask("president", "POST", "/EX-01/notes", NOTE)
    path = f"/EX-01/notes/{note['note']}"
    change = {"version": 1, "period": "2026-01..2026-02", "words": "新楼启用，搬迁"}
    for who, status in (("planner", 403), ("neighbour", 404), ("region", 403)):
        await of.ask(who, "PUT", path, change, status=status)
    changed = await of.ask("president", "PUT", path, change)
    assert (changed["version"], changed["first_month"]) == (2, "2026-01")
    late = await of.ask("president", "PUT", path, change, status=409)
    assert late["error"]["code"] == "LY-2594"
    history = (await of.get("planner", path))["items"]
    assert [one["words"] for one in history] == ["新楼启用", "新楼启用，搬迁"]
    await of.ask("president", "POST", f"{path}/withdraw", {"version": 2})
    assert await seen(of, "president", "EX-01") == []
    await of.ask("president", "PUT", path, change | {"version": 3}, status=409)
    await of.get("neighbour", path, status=404)
    kinds = [one for one in await of.acts() if one.startswith("indicator_note.")]
    assert kinds[-3:] == [f"indicator_note.{one}" for one in ("written", "changed", "withdrawn")]


async def test_the_wall_hides_and_keeps_notes_whatever_the_application_asks(of: Reported) -> None:
    await of.ask("president", "POST", "/EX-02/notes", NOTE)
    house: House = of.house
    own = of.people.accounts["neighbour"].account
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(own))
        assert await connection.fetch("SELECT FROM reports.note WHERE hospital = 'H1'") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO reports.note SELECT $1, 1, 'EX-02', 'H1', '', 1, 1, 'x', false, 'x',"
                " 'x', $2, now(), 0, 1",
                UUID(int=4711),
                own,
            )
    with pytest.raises(asyncpg.RaiseError, match="only added to"):
        await house.pool.execute("UPDATE reports.note SET words = ''")


async def test_the_wall_takes_a_department_for_that_of_its_own_hospital_only(of: Reported) -> None:
    """D1 of H2 is another one than D1 of H1, which the head of it leads."""
    for who, hospital in (("president", "H1"), ("neighbour", "H2")):
        note = NOTE | {"hospital": hospital, "department": "D1", "words": hospital}
        await of.ask(who, "POST", "/EX-03/notes", note)
    own = of.people.accounts["head"].account
    async with of.house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(own))
        found = await connection.fetch("SELECT hospital FROM reports.note WHERE code = 'EX-03'")
        assert [row["hospital"] for row in found] == ["H1"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO reports.note SELECT $1, 1, 'EX-03', 'H2', 'D1', 1, 1, 'x', false, 'x',"
                " 'x', $2, now(), 0, 2",
                UUID(int=4712),
                own,
            )


async def test_a_report_tells_what_people_wrote(of: Reported) -> None:
    await of.ask("president", "POST", "/INP-001/notes", NOTE | {"words": "新病区开放"})
    await of.ask("neighbour", "POST", "/INP-001/notes", NOTE | {"words": "邻", "hospital": "H2"})
    pdf = await of.get("president", "/files/board", form="pdf", month="2026-02")
    words = words_of(pdf)
    assert "新病区开放" in words
    assert "◆INP-001" in words
    assert "邻" not in words
