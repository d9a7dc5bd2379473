"""The desk of the one-card register, asked of the served product; codes go to a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.unit.projections.identity.people import citizen
from tests.unit.projections.identity.test_endpoints import Desk, adt, opened

from lianyi.api.card_authority_settings import CardAuthoritySettings
from lianyi.base.outgoing import OutgoingSettings, set_outgoing

HEX = "7E5B" * 16
CODE = f"{HEX}:1:20260301081500:8F3A"
NEW_CARD = "0A1B" * 16
SECRET = "a-bearer-of-the-desk"


class Authority:
    """A card authority: a real HTTP server that answers as one."""

    def __init__(self) -> None:
        self.answer: tuple[int, Any] = (200, {"number": HEX, "status": "active"})
        self.heard: list[tuple[str, Any]] = []
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                authority.heard.append((self.headers.get("Authorization", ""), json.loads(body)))
                status, said = authority.answer
                sent = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                if status == 302:
                    self.send_header("Location", authority.url)
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/resolve"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Authority:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def authority() -> Iterator[Authority]:
    with Authority() as found:
        yield found


@pytest.fixture
async def town(database: str, tmp_path: Path, authority: Authority) -> AsyncIterator[Desk]:
    """A house that asks the authority, and a patient who has one of its cards."""
    token = tmp_path / "token"
    token.write_text(SECRET)
    asked = {
        "name": "ehc", "url": authority.url, "kind": "e-health-card", "codes": "[0-9A-F]{64}:.+",
        "token_file": str(token),
    }  # fmt: skip
    async with opened(database, tmp_path, card_authorities=[asked]) as desk:
        card = f"^^^GA^NI~{HEX}^^^EHC^EHC^^20250101^20270101"
        await desk.hear(adt("1").replace(b"^^^GA^NI", card.encode()))
        yield desk


async def resolve(town: Desk, token: str = CODE, who: str = "clerk", **more: str) -> Any:
    return await town.post("/cards/resolve", {"token": token, **more}, who)


async def change(town: Desk, **more: Any) -> Any:
    wanted = {
        "record": {"source": "HIS", "mrn": "1"}, "kind": "e-health-card", "value": HEX,
        "issuer": "EHC", "status": "lost", "reason": "left in a taxi",
    }  # fmt: skip
    return await town.post("/cards", wanted | more, "clerk")


async def test_a_code_leads_to_the_number_and_to_whoever_has_it(
    town: Desk, authority: Authority
) -> None:
    authority.answer = 200, {
        "number": HEX, "status": "active", "name": "王小明", "born": "1980-03-15",
        "valid_until": "2027-01-01", "more": "is ignored",
    }  # fmt: skip
    answer = await resolve(town)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["kind"], found["value"], found["state"]) == ("e-health-card", HEX, "active")
    assert (found["name"], found["born"]) == ("王小明", "1980-03-15")
    (person,) = found["persons"]
    assert person["name"] == "王小明"
    assert authority.heard == [(f"Bearer {SECRET}", {"token": CODE})]


async def test_a_code_is_kept_nowhere(town: Desk, authority: Authority) -> None:
    await resolve(town)
    authority.answer = 404, {}
    await resolve(town)
    kept = [
        one
        for shard in (0, 1)
        for one in await town.house.log.read(shard, after=0, limit=10_000)
        if CODE.encode() in one.body or any(CODE in key for key in one.keys)
    ]
    assert kept == []


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ((404, {}), 422, "LY-2161"),
        ((410, {}), 422, "LY-2161"),
        ((401, {}), 503, "LY-2162"),
        ((500, {}), 503, "LY-2162"),
        ((302, {}), 503, "LY-2162"),
        ((200, b"<html>"), 503, "LY-2162"),
        ((200, {"name": "x"}), 503, "LY-2162"),
        ((200, {"number": " "}), 503, "LY-2162"),
        ((200, {"number": CODE}), 503, "LY-2162"),
        ((200, {"number": "1", "name": "x" * 70_000}), 503, "LY-2162"),
    ],
)
async def test_what_an_authority_may_answer(
    town: Desk, authority: Authority, answer: tuple[int, Any], status: int, code: str
) -> None:
    authority.answer = answer
    told = await resolve(town)
    assert (told.status_code, told.json()["error"]["code"]) == (status, code)
    assert CODE not in told.text


async def test_a_lost_card_leads_to_nobody(town: Desk, authority: Authority) -> None:
    authority.answer = 200, {"number": HEX, "status": "lost"}
    found = (await resolve(town)).json()
    assert (found["state"], found["persons"]) == ("lost", [])


async def test_who_is_asked_is_named_or_known_by_the_form_of_the_code(
    town: Desk, authority: Authority
) -> None:
    for token, more in (("12345", {}), (CODE, {"authority": "nobody"})):
        answer = await resolve(town, token, **more)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "LY-2160")
    assert authority.heard == []
    assert (await resolve(town, "12345", authority="ehc")).status_code == 200


async def test_nothing_is_asked_where_the_platform_may_not_connect(
    town: Desk, authority: Authority
) -> None:
    set_outgoing(OutgoingSettings(loopback=False))
    try:
        answer = await resolve(town)
    finally:
        set_outgoing(OutgoingSettings(loopback=True))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "LY-2162")
    assert authority.heard == []


async def test_a_card_is_lost_and_replaced(town: Desk, authority: Authority) -> None:
    (found,) = (await town.get("/persons", "clerk", q=HEX))["items"]
    answer = await change(town, status="replaced", replaced_by=NEW_CARD)
    assert answer.status_code == 201, answer.text
    cards = [
        (one["value"], one["state"], one["replaced_by"])
        for one in answer.json()["person"]["records"][0]["identifiers"]
        if one["kind"] == "e-health-card"
    ]
    assert sorted(cards) == [(NEW_CARD, "active", ""), (HEX, "replaced", NEW_CARD)]
    assert (await town.get("/persons", "clerk", q=HEX))["items"] == []
    (again,) = (await town.get("/persons", "clerk", q=NEW_CARD))["items"]
    assert again["id"] == found["id"]
    assert (await resolve(town)).json()["persons"] == []

    await town.hear(adt("1").replace(b"^^^GA^NI", f"^^^GA^NI~{HEX}^^^EHC^EHC".encode()))
    assert (await town.get("/persons", "clerk", q=HEX))["items"] == []  # HIS does not know it yet
    await change(town, status="active")
    assert len((await town.get("/persons", "clerk", q=HEX))["items"]) == 1


async def test_a_card_keeps_its_validity_and_fhir_tells_it(town: Desk) -> None:
    person = await town.person("1", who="clerk")
    await change(town)
    browser = await town.people.browser("clerk")
    patient = (await browser.get(f"/fhir/Patient/{person['id']}")).json()
    card = next(one for one in patient["identifier"] if one.get("value") == HEX)
    assert (card["use"], card["period"]) == ("old", {"start": "2025-01-01", "end": "2027-01-01"})
    assert card["extension"] == [{"url": "urn:lianyi:card-status", "valueCode": "lost"}]

    sent = {
        "resourceType": "Patient", "name": [{"text": "王小明"}], "birthDate": "1980-03-15",
        "identifier": [card | {"period": {"start": "2026-02-01"}}],
    }  # fmt: skip
    fed = await town.fhir("PUT", "Patient", sent, identifier="urn:lianyi:authority:HIS|55")
    assert fed.status_code == 201, fed.text
    record = await town.person("55", who="clerk")
    (said,) = next(one for one in record["records"] if one["mrn"] == "55")["identifiers"]
    assert (said["state"], said["valid_from"], said["value"]) == ("lost", "2026-02-01", HEX)


async def test_codes_are_refused_where_numbers_belong(town: Desk) -> None:
    code = {"kind": "e-health-card", "value": CODE}
    body = {"source": "HIS", "mrn": "9", "person": {"name": "李雷", "identifiers": [code]}}
    for path, asked in (
        ("/registrations", body), ("/match", {"person": body["person"]}),
    ):  # fmt: skip
        answer = await town.post(path, asked, "clerk")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "LY-2163"), path
    answer = await change(town, value=CODE)
    assert answer.json()["error"]["code"] == "LY-2163"
    await town.hear(adt("10").replace(b"^^^GA^NI", f"^^^GA^NI~{CODE}^^^EHC^EHC".encode()))
    person = await town.person("10", who="clerk")
    values = [one["value"] for record in person["records"] for one in record["identifiers"]]
    assert (CODE in values, citizen().value in values) == (False, True)


async def test_cards_are_of_records_that_are_seen(town: Desk) -> None:
    gone = await change(town, record={"source": "HIS", "mrn": "404"})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "LY-2164")
    wanted = {
        "record": {"source": "HIS", "mrn": "1"}, "kind": "hospital-card", "value": "1",
        "status": "lost", "reason": "r",
    }  # fmt: skip
    foreign = await town.post("/cards", wanted, "foreigner")
    assert foreign.status_code == 404
    assert (await change(town, kind="citizen")).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"url": "ftp://x/y"}, {"url": "http://u:p@x/y"}, {"codes": "("}, {"kind": "citizen"}]
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, str]) -> None:
    usual = {"name": "a", "url": "https://a.test/x", "kind": "insurance"}
    CardAuthoritySettings.model_validate(usual)
    with pytest.raises(ValidationError):
        CardAuthoritySettings.model_validate(usual | wrong)
