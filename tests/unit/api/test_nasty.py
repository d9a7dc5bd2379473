"""Whatever is asked, the answer is one of the documented ones, never an unforeseen failure."""

from __future__ import annotations

from typing import Any

import pytest

from .house import House, hl7

NASTY = [
    "\0", "%", "_", "\\", "'", '"; DROP', "^", "a^b^c", "1-1", "0-0", "-", "\uffff", "𐀀", "\u202e",
    "*" * 60, " ", "{}", "${q}", "%00", "../..", "9" * 19, "-1", "1e9", "NaN",
]  # fmt: skip
TIMES = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01", "0", "-62135596800",
    "2026-03-02T08:00:00", "253402300799", "1e400",
]  # fmt: skip
FORESEEN = {200, 404, 409, 422}


@pytest.mark.parametrize("value", NASTY)
async def test_nasty_texts_are_searched_for_or_refused(lab: House, value: str) -> None:
    (at,) = await lab.append("lab", [hl7("A1")])
    emr = lab.destinations["emr"]
    await lab.except_(emr, at, "parked")
    for path, name in [
        ("/messages", "q"), ("/messages", "channel"), ("/messages", "kind"), ("/messages", "gate"),
        ("/messages", "state"), ("/messages", "cursor"), ("/messages", "limit"),
        ("/deliveries", "channel"), ("/deliveries", "destination"), ("/deliveries", "cursor"),
        ("/replays", "cursor"),
    ]:  # fmt: skip
        answer = await lab.client.get(f"/api/v1{path}", params={name: value})
        assert answer.status_code in FORESEEN, (path, name, answer.text)
    bodies: list[tuple[str, Any]] = [
        ("/replays/dry-run", {"channel": "lab", "destination": "emr", "filter": {"key": value}}),
        ("/replays/dry-run", {"channel": "lab", "destination": "emr", "filter": {"kind": value}}),
        ("/replays/dry-run", {"channel": value, "destination": value, "filter": {}}),
        (
            "/replays",
            {
                "channel": "lab",
                "destination": "emr",
                "filter": {"kind": "hl7v2 *"},
                "rate_per_second": 1,
                "reason": value,
            },
        ),
        (f"/deliveries/{emr}/{at}/resend", {"reason": value, "body_text": value}),
        (f"/deliveries/{emr}/{at}/dismiss", {"reason": value}),
        ("/session", {"token": value}),
    ]
    for path, body in bodies:
        answer = await lab.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in FORESEEN | {401}, (path, body, answer.text)
    for path in ("/channels", "/errors", "/messages", "/replays"):
        answer = await lab.client.get(httpx_path(f"/api/v1{path}/", value))
        assert answer.status_code in FORESEEN | {405}, (path, answer.text)


def httpx_path(prefix: str, value: str) -> str:
    """Return an address whose last part is exactly a value."""
    from urllib.parse import quote

    return prefix + quote(value, safe="")


@pytest.mark.parametrize("moment", TIMES)
async def test_nasty_times_are_searched_or_refused(lab: House, moment: str) -> None:
    await lab.append("lab", [hl7("A1")])
    for params in ({"from": moment}, {"to": moment}, {"from": moment, "q": "P1"}, {"to": moment}):
        answer = await lab.client.get("/api/v1/messages", params=params)
        assert answer.status_code in FORESEEN, answer.text
    wanted = {"channel": "lab", "destination": "emr", "filter": {"from": moment, "to": moment}}
    answer = await lab.client.post("/api/v1/replays/dry-run", json=wanted)
    assert answer.status_code in FORESEEN, answer.text


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b'{"reason": "\\ud800"}', b"\xff", b"[" * 5000]
)
async def test_nasty_bodies_are_refused(lab: House, body: bytes) -> None:
    for path in ("/deliveries/1/1-1/dismiss", "/replays/dry-run", "/session"):
        answer = await lab.client.post(
            f"/api/v1{path}", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422, (path, answer.text)
        assert answer.json()["error"]["code"] == "LY-1601"
