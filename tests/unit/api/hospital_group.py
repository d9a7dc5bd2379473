"""A group with two hospitals, and who keeps the master data of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from tests.unit.security.people import People

from lianyi.projections.waiting import until_learned

from .house import House

DAY = "2026-03-02"
TABLES = (
    ("organisation", "code,name_zh,parent\nG,集团,\nH1,一院,G\nD1,内科,H1\nD2,外科,H1\n"
     "H2,二院,G\nE1,骨科,H2\n"),
    ("location", "code,name_zh,parent\nB,大楼,\nW1,一病区,B\nW2,二病区,B\nW1-1,一床,W1\n"),
    ("practitioner", "code,name_zh,organisation,role\nP1,张三,D1,doctor\nP2,李四,E1,doctor\n"
     "P3,王五,D1,doctor\nP3,王五,E1,doctor\n"),
    ("organisation", "code,location\nD1,W1\nE1,W2\n"),
)  # fmt: skip


@dataclass
class Group:
    """A group with two hospitals, and the keeper of the first."""

    house: House
    people: People
    keeper: httpx.AsyncClient

    async def ask(self, path: str, **params: Any) -> Any:
        answer = await self.keeper.get(f"/api/v1/masterdata/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """Change something as the keeper; return the status and the code of a failure."""
        answer = await self.keeper.post(f"/api/v1/masterdata/{path}", json=body)
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    async def import_(self, kind: str, text: str) -> httpx.Response:
        return await self.keeper.post(f"/api/v1/masterdata/{kind}/import", content=text.encode())


async def codes(group: Group, kind: str, **asked: Any) -> list[str]:
    return [row["code"] for row in (await group.ask(kind, **asked))["items"]]


def feed(house: House, *rows: str) -> bytes:
    lines = [f"MFE|MUP|{n}||X|CE\rZOG|{row}" for n, row in enumerate(rows, start=1)]
    head = "MSH|^~\\&|HIS|H1|||20260302080000||MFN^Z01|F1|P|2.5.1||||||UNICODE UTF-8"
    return "\r".join([head, "MFI|ORG||UPD|||NE", *lines, ""]).encode()


async def learned(house: House, position: Any) -> None:
    """Wait until master data has learned what stands there; a second goes by."""
    house.clock.advance(timedelta(seconds=1))
    await until_learned(house.pool, "masterdata", position)
