"""What two hospitals decide and publish about themselves, through the API."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
from tests.unit.security.people import People

COUNTED = "BED-001"
"""An indicator that is counted; the one below is entered by form."""
ENTERED = "EX-13"
FORM = "monthly-service"
PERIOD = "2026-01"
WALLED = ("decision", "published", "alert")
"""Tables of schema indicators that name a hospital."""


class Figures(NamedTuple):
    """Numbers of what a hospital has, as addresses write them."""

    entry: str
    value: str
    alert: str
    filing: str = ""


async def told(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask or say something about indicators."""
    method = "GET" if body is None else "POST"
    answer = await client.request(method, f"/api/v1/indicators{path}", json=body)
    assert answer.status_code == 200, f"{path} {answer.text}"
    return answer.json()


async def approve(people: People) -> None:
    """Let two people who reach both hospitals approve what is counted."""
    for name in ("board.one", "board.two"):
        await people.add(name, ("manager", "*"))
    said = {"hash": await hash_of(people), "note": "x"}
    for name, verb in (("board.one", "propose"), ("board.two", "approve")):
        await told(await people.browser(name), f"/{COUNTED}/calibers/hospital/{verb}", said)


async def hash_of(people: People) -> str:
    """Return the hash of what is counted."""
    standings = (await told(await people.browser("board.one"), "/approvals"))["items"]
    (holds,) = [one for one in standings if (one["code"], one["caliber"]) == (COUNTED, "hospital")]
    return str(holds["hash"])


async def publish(people: People, organisation: str, mark: str) -> Figures:
    """Let a hospital enter, aim at, publish and be alarmed; ``mark`` is in its texts."""
    name = f"{mark.lower()}-manager"
    await people.add(name, ("manager", organisation), organisation=organisation)
    browser = await people.browser(name)
    of = {"hospital": organisation}
    entered = {"period": "2025", "numerator": "4711", "evidence": f"{mark} paper"}
    first = await told(browser, f"/{ENTERED}/entries", of | entered)
    await told(await people.browser("board.one"), f"/entries/{first['number']}/confirm", {})
    entry = await told(browser, f"/{ENTERED}/entries", of | entered)
    aim = {"period": PERIOD, "department": f"{mark}-D", "value": 4711}
    await told(browser, f"/{COUNTED}/targets", of | aim)
    await told(browser, f"/{COUNTED}/targets", of | {"period": PERIOD, "value": 1_000_000})
    await told(browser, f"/{COUNTED}/alert-rules", of | {"kind": "target", "limit": 0})
    done = await told(browser, "/publish", {"period": PERIOD, "codes": [COUNTED]})
    assert done["new"] >= 1
    assert done["alerts"] >= 1
    cells = (await told(browser, f"/{COUNTED}/published"))["items"]
    alerts = (await told(browser, "/alerts"))["items"]
    said = {"note": f"{mark} noted"}
    await told(browser, f"/alerts/{alerts[-1]['number']}/acknowledge", said)
    path = f"/forms/{FORM}"
    sheet = await told(browser, f"{path}/sheet?period={PERIOD}&hospital={organisation}")
    filed = {"period": PERIOD, "digest": sheet["digest"], "note": f"{mark} filed"}
    filing = await told(browser, f"{path}/file", of | filed)
    return Figures(
        entry=str(entry["number"]),
        value=str(cells[0]["as_published"]["number"]),
        alert=str(alerts[-1]["number"]),
        filing=str(filing["number"]),
    )
