"""A house with a small star, an indicator of its own, and people who approve and publish."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from tests.unit.api.house import House, serving
from tests.unit.applications.indicators.rows import table_of
from tests.unit.security.people import People

from lianyi.base.clock import SteppedClock
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import month_of, star

CODE = "TST-001"
DIED = 'class == "inpatient" && died'
NOW = datetime(2026, 7, 10, 2, 0, tzinfo=UTC)
TREE = {"GROUP": None, "HA": "GROUP", "HB": "GROUP", "D1": "HA", "D2": "HA"}


def stay(
    number: int, day: str, *, hospital: str = "HA", department: str = "D1", died: bool = False
) -> dict[str, Any]:
    """An invented stay that ended on a day."""
    return dict.fromkeys(star()["encounter"].columns) | {
        "encounter": f"his^{number}",
        "class": "inpatient",
        "hospital": hospital,
        "discharging": department,
        "discharged_at": datetime.fromisoformat(f"{day}T09:00:00"),
        "died": died,
        "origin": f"1-{number}",
    }


def put(data_dir: Path, rows: Sequence[Mapping[str, Any]], fact: str = "encounter") -> None:
    """Put rows into the star, in the place of those of the months that they fall into."""
    shelf, of = Shelf(data_dir / "star"), star()[fact]
    months = {month_of(row["discharged_at"].date()) for row in rows}
    for month in months:
        here = [dict(row) for row in rows if month_of(row["discharged_at"].date()) == month]
        shelf.put(of, "his", month, table_of(fact, here))


def write(content_dir: Path, where: str = DIED, *, version: int = 1, title: str = "院内") -> None:
    """Write the file of the indicator."""
    folder = content_dir / "indicators"
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(f"{CODE}.yaml").write_text(
        f"""
indicator: {CODE}
name: {{ zh: 测试死亡率, en: test mortality }}
category: safety
meaning: 测试
unit: percent
better: down
owner: 医务部
source: {{ document: 测试, paragraph: 一 }}
calibers:
  - caliber: hospital
    version: {version}
    title: {{ zh: {title}, en: as here }}
    valid_from: 2025-01-01
    numerator:
      fact: encounter
      where: '{where}'
      time: discharged_at
      department: discharging
    denominator:
      fact: encounter
      where: 'class == "inpatient"'
      time: discharged_at
      department: discharging
""",
        encoding="utf-8",
    )


class Caller:
    """Somebody who asks the API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.client.get(f"/api/v1/indicators{path}", params=params)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer

    async def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = await self.client.post(f"/api/v1/indicators{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def refused(self, path: str, body: Any = None) -> str:
        """Return the code of a refusal."""
        answer = await self.client.post(f"/api/v1/indicators{path}", json=body)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["error"]["code"])


@asynccontextmanager
async def publishing_house(
    database: str, folder: Path
) -> AsyncIterator[tuple[House, dict[str, Caller]]]:
    """Serve a house; ``owner`` and ``chief`` may do everything everywhere, ``a`` in HA only."""
    async with serving(database, folder, clock=SteppedClock(NOW)) as house:
        people = People(house)
        await people.tree(TREE)
        callers = {}
        for name, where in (("owner", "*"), ("chief", "*"), ("a", "HA"), ("a2", "HA"), ("b", "HB")):
            await people.add(name, ("manager", where), organisation="GROUP")
            callers[name] = Caller(await people.browser(name))
        write(house.content_dir)
        yield house, callers


async def approve(
    callers: Mapping[str, Caller], code: str = CODE, caliber: str = "hospital"
) -> str:
    """Let the owner propose and the chief approve what the file says; return its hash."""
    history = await callers["owner"].get(f"/{code}/calibers/{caliber}/history")
    hashed = str(history["standings"][-1]["hash"])
    await callers["owner"].post(f"/{code}/calibers/{caliber}/propose", {"hash": hashed})
    await callers["chief"].post(f"/{code}/calibers/{caliber}/approve", {"hash": hashed})
    return hashed
