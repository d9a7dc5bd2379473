"""Saved explorations: one's own, shared by link, and answered as whoever opens them may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import pytest_asyncio
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    Caller,
    publishing_house,
    put,
    stay,
)

from lianyi.applications.indicators.saved import service

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[House, dict[str, Caller]]
PATH = "/explorations"
ASKED = {"codes": CODE, "by": "hospital", "period": "2026-06"}
SAVE: dict[str, Any] = {"name": "各院死亡率", "asked": ASKED, "shared": False}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    async with publishing_house(module_database, tmp_path_factory.mktemp("house")) as found:
        rows = [stay(1, "2026-06-02"), stay(2, "2026-06-05", hospital="HB", department="E1")]
        put(found[0].data_dir, rows)
        yield found


async def test_a_link_opens_what_was_shared_and_everybody_sees_his_own_rows(
    served: Served,
) -> None:
    a, b = served[1]["a"], served[1]["b"]
    one = await a.post(PATH, SAVE)
    assert (one["name"], one["own"], one["asked"]["by"]) == ("各院死亡率", True, "hospital")
    await b.get(f"{PATH}/{one['saved']}", status=404)

    await change(a, one, {"shared": True, "name": "死亡率"})
    opened = await b.get(f"{PATH}/{one['saved']}")
    assert (opened["name"], opened["by"], opened["own"]) == ("死亡率", "A", False)
    assert opened["asked"] == one["asked"]
    asked = {name: value for name, value in opened["asked"].items() if value}
    for who, hospital in (("a", "HA"), ("b", "HB")):
        found = await served[1][who].get("/explored", **asked)
        places = [cell["places"][0]["code"] for cell in found["items"][0]["cells"]]
        assert places == [hospital], "the window is that of whoever opens it"
    assert (await b.get(PATH))["items"] == []
    assert [x["name"] for x in (await a.get(PATH))["items"]] == ["死亡率"]


async def test_only_the_owner_renames_and_removes(served: Served) -> None:
    a, b = served[1]["a"], served[1]["b"]
    one = await a.post(PATH, SAVE | {"shared": True, "name": "共享"})
    assert (await change(b, one, {"name": "别人的"}, status=404))["error"]["code"] == "LY-2535"
    gone = await b.client.delete(f"/api/v1/indicators{PATH}/{one['saved']}")
    assert gone.status_code == 404
    assert (await a.get(f"{PATH}/{one['saved']}"))["name"] == "共享"
    done = await a.client.delete(f"/api/v1/indicators{PATH}/{one['saved']}")
    assert done.status_code == 204
    await a.get(f"{PATH}/{one['saved']}", status=404)
    await b.get(f"{PATH}/{one['saved']}", status=404)


async def test_what_cannot_be_asked_is_not_saved(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    a2 = served[1]["a2"]
    for wrong, code in (
        ({"codes": "NO-01"}, "LY-2502"),
        ({"by": "weather"}, "LY-2546"),
        ({"where": "weather:rain"}, "LY-2546"),
        ({"period": "June"}, "LY-2503"),
        ({"codes": ",".join([CODE] * 7)}, "LY-2507"),
    ):
        assert await a2.refused(PATH, SAVE | {"asked": ASKED | wrong}) == code
    assert (await a2.get(PATH))["items"] == []
    monkeypatch.setattr(service, "SAVED_MAX", 1)
    await a2.post(PATH, SAVE | {"asked": ASKED | {"period": ""}})
    assert await a2.refused(PATH, SAVE) == "LY-2536"


async def test_the_wall_keeps_what_is_not_shared_and_lets_nobody_change_it(served: Served) -> None:
    house, callers = served
    mine = await callers["a"].post(PATH, SAVE | {"name": "私有"})
    open_ = await callers["a"].post(PATH, SAVE | {"name": "公开", "shared": True})
    account = await house.pool.fetchval("SELECT account FROM security.account WHERE name = 'b'")
    owner = await house.pool.fetchval("SELECT account FROM security.account WHERE name = 'a'")
    both = [UUID(one["saved"]) for one in (mine, open_)]
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(account))
        found = await connection.fetch(
            "SELECT name FROM explorations.saved WHERE saved = ANY ($1)", both
        )
        assert [row["name"] for row in found] == ["公开"]
        for statement in (
            "UPDATE explorations.saved SET name = 'x' WHERE saved = ANY ($1)",
            "DELETE FROM explorations.saved WHERE saved = ANY ($1)",
        ):
            assert (await connection.execute(statement, both)).endswith(" 0")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO explorations.saved VALUES ($1, $2, 'b', 'x', $3, true, now(), now())",
                UUID(int=4713), owner, orjson.dumps(ASKED).decode(),
            )  # fmt: skip


async def test_each_change_is_an_act(served: Served) -> None:
    house, callers = served
    before = await house.log.end(0)
    one = await callers["a"].post(PATH, SAVE)
    await change(callers["a"], one, {"name": "改名"})
    await callers["a"].client.delete(f"/api/v1/indicators{PATH}/{one['saved']}")
    kinds = [x.kind for x in await house.log.read(0, after=before, limit=100)]
    assert [one for one in kinds if "indicator_exploration" in one] == [
        f"act indicator_exploration.{one}" for one in ("saved", "changed", "removed")
    ]


async def change(who: Caller, one: Any, more: Any, *, status: int = 200) -> Any:
    answer = await who.client.put(f"/api/v1/indicators{PATH}/{one['saved']}", json=SAVE | more)
    assert answer.status_code == status, answer.text
    return answer.json()
