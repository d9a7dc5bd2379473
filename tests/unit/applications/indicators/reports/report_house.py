"""A house with two hospitals whose rows can be counted, people, and a mail server."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdf
from tests.unit.api.hospital_group import TABLES
from tests.unit.api.house import House, learning, serving
from tests.unit.applications.indicators import two_stars
from tests.unit.security.people import People

from lianyi.applications.indicators.reports.running import Maker
from lianyi.applications.indicators.reports.settings import MailSettings, ReportSettings

ADDRESS = "/api/v1/indicators"
ANALYST = "operations-analyst"
WHO = {
    "president": (("manager", "H1"), (ANALYST, "H1")),
    "head": (("manager", "D1"), (ANALYST, "D1")),
    "region": (("manager", "G"), (ANALYST, "G")),
    "neighbour": (("manager", "H2"), (ANALYST, "H2")),
    "planner": (("manager", "H1"),),
    "doctor": (("clinician", "D1"),),
}
SAYS: dict[str, Any] = {
    "title": "院长月报",
    "sections": [
        {"kind": "board", "board": "president"},
        {"kind": "table", "codes": ["VIS-001", "EX-04"], "by": "department"},
    ],
    "schedule": {"every": "monthly", "day": 2, "at": "08:00"},
    "hospital": "",
    "mails": ["president@hospital.test"],
    "accounts": [],
    "language": "zh",
}


@dataclass
class Reported:
    """A house whose reports are made."""

    house: House
    people: People
    browsers: dict[str, httpx.AsyncClient]

    @property
    def maker(self) -> Maker:
        found: Maker = self.house.app.state.indicator_reports.maker
        return found

    async def browser(self, who: str) -> httpx.AsyncClient:
        """The browser of somebody, who signs in when he has not or it was long ago."""
        if who not in self.browsers:
            self.browsers[who] = await self.people.browser(who)
        return self.browsers[who]

    async def later(self, by: timedelta) -> None:
        """Let time pass; nobody is signed in any more."""
        self.house.clock.advance(by)
        await self.leave()

    async def leave(self) -> None:
        """Close every browser."""
        for one in self.browsers.values():
            await one.aclose()
        self.browsers.clear()

    async def ask(
        self, who: str, method: str, path: str, body: Any = None, *, status: int = 200, **query: Any
    ) -> Any:
        answer = await (await self.browser(who)).request(
            method, f"{ADDRESS}{path}", json=body, params=query
        )
        assert answer.status_code == status, answer.text
        if answer.headers["content-type"].startswith("application/json"):
            return answer.json()
        return answer.content

    async def get(self, who: str, path: str, *, status: int = 200, **query: Any) -> Any:
        return await self.ask(who, "GET", path, status=status, **query)

    async def order(self, who: str, **says: Any) -> Any:
        return await self.ask(who, "POST", "/reports", {"says": SAYS | says})

    async def acts(self) -> list[str]:
        return [one.kind.removeprefix("act ") for one in await self.house.acts()]


@asynccontextmanager
async def reporting(
    database: str, folder: Path, *, port: int = 0, **more: Any
) -> AsyncIterator[Reported]:
    """Serve such a house; ``more`` goes into the section ``[mail]``."""
    mail = MailSettings(
        host="127.0.0.1" if port else "",
        port=port or 25,
        sender="lianyi@hospital.test",
        **{"security": "none", "timeout_seconds": 5, **more},
    )
    settings = ReportSettings(attempts_max=3, first_wait_seconds=30)
    async with (
        serving(database, folder, mail=mail, reports=settings) as house,
        learning(house),
    ):
        for kind, text in TABLES:
            await house.client.post(f"/api/v1/masterdata/{kind}/import", content=text.encode())
        two_stars.put(house.data_dir / "star")
        people = People(house)
        await people.refresh()
        for name, roles in WHO.items():
            await people.add(name, *roles, organisation=roles[0][1])
        served = Reported(house, people, {})
        yield served
        await served.leave()


def words_of(pdf: bytes) -> str:
    """Return what stands on all pages, without blanks."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)
