"""A link that opens one record once, asked of the served product as its neighbours ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.api.console import embedded_headers
from lianyi.base.database import connect

LINKS = "/api/v1/record/links"
WANTED = {"patient": "4711^HIS", "user": "doctor", "purpose": "ETREAT"}


def patient(id_: str, mrn: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "id": id_, "name": [{"text": "王小明"}],
        "identifier": [{"system": "urn:lianyi:authority:HIS", "value": mrn, "use": "usual"}],
    }  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(patient("p1", "4711"))
        await found.put(patient("p2", "4712"))
        yield found


async def wanted(ward: Ward, who: str = "emr", **change: str) -> httpx.Response:
    browser = await ward.people.browser(who)
    return await browser.post(LINKS, json=WANTED | change)


async def opened(ward: Ward, link: str) -> httpx.Response:
    frame = ward.people.stranger()
    return await frame.post(f"{LINKS}/open", json={"link": link})


async def test_a_link_opens_one_record_once_and_nothing_else(ward: Ward, database: str) -> None:
    await ward.people.browser("doctor")
    made = await wanted(ward)
    assert made.status_code == 200, made.text
    address, _, link = made.json()["address"].partition("#link=")
    assert address.endswith("/embed/record")

    answer = await opened(ward, link)
    assert answer.status_code == 200, answer.text
    token, person = answer.json()["token"], answer.json()["person"]
    frame = ward.people.stranger()
    frame.headers["Authorization"] = f"Bearer {token}"

    async def code(path: str, method: str = "GET") -> str:
        got = await frame.request(method, f"/api/v1{path}")
        return "" if got.status_code < 400 else str(got.json()["error"]["code"])

    record = await frame.get(f"/api/v1/record/{person}")
    assert record.status_code == 200, record.text
    assert record.json()["person"]["name"] == "王小明"
    look = (await frame.get(f"/api/v1/record/{person}/look")).json()
    assert look["rights"][0]["look"]["purpose"] == "ETREAT"
    session = (await frame.get("/api/v1/session")).json()["account"]
    assert (session["name"], set(session["permissions"])) == (
        "doctor", {"clinical.read", "glass.break"}
    )  # fmt: skip
    other = (await wanted(ward, patient="4712^HIS")).json()["address"].partition("#link=")[2]
    foreign = (await opened(ward, other)).json()["person"]
    assert await code(f"/record/{foreign}") == "LY-2380"
    assert await code("/record?q=4712") == "LY-2380"
    assert await code("/me") == "LY-2380"
    assert await code("/privacy/glass/mine") == "LY-2380"
    by_cookie = ward.people.stranger()
    by_cookie.cookies.set("lianyi_session", token)
    assert (await by_cookie.get(f"/api/v1/record/{person}")).status_code == 401

    connection = await connect(database)
    rows = await connection.fetch(
        "SELECT kind, sender, body FROM messagelog.message WHERE shard = 0"
        " AND kind = ANY ($1) ORDER BY number",
        ["act link.made", "act link.opened", "act access.get_patient_record"],
    )
    await connection.close()
    acts = [(row["kind"], row["sender"], b'"system":"emr"' in row["body"]) for row in rows]
    assert acts[:3] == [
        ("act link.made", "emr", False),
        ("act link.opened", "doctor", True),
        ("act access.get_patient_record", "doctor", True),
    ]

    again = await opened(ward, link)
    assert (again.status_code, again.json()["error"]["code"]) == (403, "LY-2383")
    assert await code(f"/record/{person}") == "LY-1606"  # what it had opened has ended


async def test_a_late_or_altered_link_opens_nothing(ward: Ward, database: str) -> None:
    await ward.people.browser("doctor")
    link = (await wanted(ward)).json()["address"].partition("#link=")[2]
    altered = link[:-1] + ("a" if link[-1] != "a" else "b")
    for text in (altered, "", link.replace("lnk", "emb")):
        assert (await opened(ward, text)).json()["error"]["code"] == "LY-2381"
    connection = await connect(database)
    await connection.execute("UPDATE security.record_link SET expires_at = made_at")
    await connection.close()
    assert (await opened(ward, link)).json()["error"]["code"] == "LY-2382"


async def test_nobody_gets_a_link_for_whom_he_does_not_answer(ward: Ward) -> None:
    await ward.people.browser("doctor")
    await ward.people.add("lis", ("clinical-system", "H1"), organisation="H1", kind="service")
    assert (await wanted(ward, "doctor")).json()["error"]["code"] == "LY-1800"
    assert (await wanted(ward, user="ghost")).json()["error"]["code"] == "LY-2384"
    assert (await wanted(ward, user="steward")).json()["error"]["code"] == "LY-2384"
    assert (await wanted(ward, user="lis")).json()["error"]["code"] == "LY-2384"
    assert (await wanted(ward, purpose="HRESCH")).json()["error"]["code"] == "LY-2384"
    assert (await wanted(ward, patient="9999^HIS")).status_code == 404


async def test_only_named_origins_hold_the_record_in_a_frame(ward: Ward) -> None:
    browser = await ward.people.browser("doctor")
    page, other = await browser.get("/embed/record"), await browser.get("/record")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert other.headers["x-frame-options"] == "DENY"
    policy = embedded_headers(["https://emr.test", "http://127.0.0.1:9"])["content-security-policy"]
    assert "frame-ancestors https://emr.test http://127.0.0.1:9;" in policy
