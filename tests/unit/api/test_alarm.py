"""What the console asks by itself about privacy: for what one works, and how many looks wait."""

from __future__ import annotations

import httpx

from .house import House


async def worker(house: House, *roles: str) -> httpx.AsyncClient:
    """Somebody with a key and roles everywhere."""
    await house.post("/accounts", {"name": "worker", "display_name": "worker", "kind": "service"})
    for role in roles:
        wish = {"role": role, "organisation": "*", "reason": "test"}
        await house.post("/accounts/worker/roles", wish)
    key = await house.post("/accounts/worker/keys", {"title": "t"})
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(house.app),
        base_url="http://lianyi.test",
        headers={"Authorization": f"Bearer {key['secret']}"},
    )


async def test_a_session_says_for_what_one_works_and_the_usual_purpose_first(house: House) -> None:
    clinician = await worker(house, "clinician")

    me = (await clinician.get("/api/v1/session")).json()["account"]

    assert me["purpose"] == "TREAT"
    assert me["purposes"] == ["TREAT", "ETREAT"]


async def test_who_asks_only_how_many_looks_wait_has_seen_nobody(lab: House) -> None:
    for patient in ("4711^HIS", "4712^HIS"):
        wish = {"patient": patient, "reason": "fault", "words": "a fault of the lab"}
        await lab.post("/privacy/glass", wish)
    officer = await worker(lab, "privacy-officer")

    count = (await officer.get("/api/v1/privacy/glass", params={"limit": 0})).json()
    page = (await officer.get("/api/v1/privacy/glass", params={"limit": 1})).json()

    assert count == {"items": [], "next_cursor": None, "unreviewed": 2}
    assert len(page["items"]) == 1
    assert page["next_cursor"] is not None
    found = await lab.get("/audit", kind="access.list_glass", account="worker")
    assert [one["patients"] for one in found["items"]] == [page["items"][0]["patients"], []]
