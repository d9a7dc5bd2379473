"""A house of two hospitals with people who ask for figures, decide about that, and answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    Caller,
    publishing_house,
    put,
    stay,
)
from tests.unit.security.people import People

from lianyi.security import account_store

PATH = "/requests"
QUESTION = {"codes": CODE, "by": "hospital,department"}
ASK: dict[str, Any] = {
    "words": "各科室六月的住院死亡情况",
    "purpose": "医疗质量例会",
    "period": "2026-06",
    "organisation": "HA",
    "needed_on": "2026-07-20",
}
ROWS = ASK | {"wants_rows": True}
STAYS = {1: ("HA", "D1"), 2: ("HA", "D2"), 3: ("HB", "E1"), 4: ("HB", "E2")}


@asynccontextmanager
async def request_house(
    database: str, folder: Path
) -> AsyncIterator[tuple[House, dict[str, Caller], People]]:
    """Serve it: ``steward`` decides and ``analyst`` answers everywhere, ``steward of b`` in HB."""
    async with publishing_house(database, folder) as (house, callers):
        rows = [
            stay(n, f"2026-06-{n:02}", hospital=hospital, department=department, died=n % 2 == 0)
            for n, (hospital, department) in STAYS.items()
        ]
        put(house.data_dir, rows)
        people = People(house)
        for name, role, where in (
            ("steward", "data-steward", "*"),
            ("steward of b", "data-steward", "HB"),
            ("second steward", "data-steward", "HA"),
            ("analyst", "operations-analyst", "*"),
            ("analyst of a", "operations-analyst", "HA"),
            ("doctor", "clinician", "D1"),
        ):
            await people.add(name, (role, where), organisation="GROUP")
            callers[name] = Caller(await people.browser(name))
        yield house, callers, people


async def approved(callers: dict[str, Caller], who: str, ask: dict[str, Any]) -> dict[str, Any]:
    """Let somebody ask, and the steward approve; return the request."""
    one = await callers[who].post(PATH, ask)
    decision = {"version": one["version"], "said": "approved", "open_days": 7}
    found: dict[str, Any] = await callers["steward"].post(
        f"{PATH}/{one['request']}/decision", decision
    )
    return found


async def answered(
    callers: dict[str, Caller], who: str, ask: dict[str, Any], **question: str
) -> str:
    """Let it be answered, too; return its address."""
    one = await approved(callers, who, ask)
    path = f"{PATH}/{one['request']}"
    said = {"version": one["version"], "question": QUESTION | question}
    await callers["analyst"].post(f"{path}/answer", said)
    return path


def places(view: dict[str, Any]) -> set[tuple[str, str]]:
    """Return hospital and department of what an answer counts."""
    (item,) = view["items"]
    return {(one["places"][0]["code"], one["places"][1]["code"]) for one in item["cells"]}


async def later(served: tuple[House, dict[str, Caller], People], days: int) -> None:
    """Let days go by; everybody signs in anew."""
    house, callers, people = served
    house.clock.advance(timedelta(days=days))
    for name in list(callers):
        found = await account_store.find_account(house.pool, name)
        assert found is not None
        people.accounts[name] = found
        callers[name] = Caller(await people.browser(name))
