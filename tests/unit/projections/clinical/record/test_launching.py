"""Another system launches us about its patient: a real server there, the served product here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.peers.ehr import CLIENT, SECRET, Ehr
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.base.database import connect
from lianyi.projections.clinical.record.linking import NewLink
from lianyi.security.providers.smart import IDENTIFIERS_MAX, numbers_of

from .test_linking import patient

LAUNCHES = "/api/v1/record/launches"
BACK = "http://127.0.0.1:1/embed/launched"
SYSTEM = "http://emr.test/numbers"


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    found = Ehr()
    found.redirect_uri = BACK
    for id_, number in (("pat-1", "4711"), ("pat-9", "9999")):
        found.patients[id_] = {
            "resourceType": "Patient", "id": id_,
            "identifier": [{"system": "http://other.test", "value": "4712"},
                           {"system": SYSTEM, "value": number}],
        }  # fmt: skip
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def ward(database: str, tmp_path: Path, ehr: Ehr) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(patient("p1", "4711"))
        await found.put(patient("p2", "4712"))
        await found.people.browser("doctor")
        ehr.clock = found.house.clock
        await found.people.add("admin", ("security-administrator", "*"))
        system = ("clinical-system", "H1")
        await found.people.add("wards", system, organisation="H1", kind="service")
        admin = await found.people.browser("admin")
        linked = {"provider": "ward", "subject": ehr.user}
        answer = await admin.post("/api/v1/accounts/doctor/identities", json=linked)
        assert answer.status_code < 300, answer.text
        write(found, tmp_path, ehr)
        yield found


def write(ward: Ward, folder: Path, ehr: Ehr, **changed: Any) -> None:
    (folder / "ehr-secret").write_text(SECRET)
    keys = {
        "provider": "ward", "kind": "smart", "title": {"zh": "病房", "en": "Ward"},
        "issuer": ehr.origin, "client_id": CLIENT, "client_secret_file": str(folder / "ehr-secret"),
        "redirect_uri": BACK, "fhir": ehr.fhir, "system": "wards", "authorities": {SYSTEM: "HIS"},
    }  # fmt: skip
    files = ward.house.app.state.outside.book._content_dir / "sign-in"
    files.mkdir(parents=True, exist_ok=True)
    (files / "ward.yaml").write_text(yaml.safe_dump(keys | changed))


async def begun(ward: Ward, ehr: Ehr, about: str = "pat-1") -> dict[str, Any]:
    """Let the system launch us, and the browser go there and come back."""
    frame = ward.people.stranger()
    said = dict(parse_qsl(ehr.launch(about)))
    answer = await frame.post(LAUNCHES, json=said)
    assert answer.status_code == 200, answer.text
    begun = answer.json()
    async with httpx.AsyncClient(trust_env=False) as browser:
        back = (await browser.get(begun["address"])).headers["location"]
    assert back.startswith(f"{BACK}?")
    brought = dict(parse_qsl(urlsplit(back).query))
    return {"system": begun["system"], "binding": begun["binding"], **brought}


async def finish(ward: Ward, answer: dict[str, Any]) -> httpx.Response:
    return await ward.people.stranger().post(f"{LAUNCHES}/finish", json=answer)


def code(answer: httpx.Response) -> str:
    return "" if answer.status_code < 400 else str(answer.json()["error"]["code"])


async def test_a_launch_opens_the_record_of_its_patient_as_its_user(
    ward: Ward, ehr: Ehr, database: str
) -> None:
    brought = await begun(ward, ehr)
    answer = await finish(ward, brought)
    assert answer.status_code == 200, answer.text
    opened = answer.json()
    frame = ward.people.stranger()
    frame.headers["Authorization"] = f"Bearer {opened['token']}"
    record = await frame.get(f"/api/v1/record/{opened['person']}")
    assert record.json()["person"]["name"] == "王小明"
    assert (await frame.get("/api/v1/session")).json()["account"]["name"] == "doctor"
    assert code(await frame.get("/api/v1/record?q=4712")) == "LY-2380"

    connection = await connect(database)
    rows = await connection.fetch(
        "SELECT kind, sender, body FROM messagelog.message WHERE shard = 0"
        " AND kind = ANY ($1) ORDER BY number",
        ["act link.made", "act link.opened", "act access.get_patient_record"],
    )
    await connection.close()
    assert [(row["kind"], row["sender"]) for row in rows] == [
        ("act link.made", "wards"),
        ("act link.opened", "doctor"),
        ("act access.get_patient_record", "doctor"),
    ]
    assert b'"system":"wards"' in rows[2]["body"]
    again = await finish(ward, brought)
    assert code(again) == "LY-1852"  # what was kept for it serves once


async def test_the_answer_counts_in_the_page_that_was_launched_only(ward: Ward, ehr: Ehr) -> None:
    brought = await begun(ward, ehr)
    assert code(await finish(ward, brought | {"binding": "0" * 64})) == "LY-1852"
    assert code(await finish(ward, brought)) == "LY-1852"  # and is gone


async def test_a_launch_that_proves_nothing_opens_nothing(ward: Ward, ehr: Ehr) -> None:
    assert code(await finish(ward, await begun(ward, ehr) | {"code": "made-up"})) == "LY-1850"
    assert (
        code(await finish(ward, await begun(ward, ehr) | {"iss": "http://evil.test"})) == "LY-1850"
    )
    brought = await begun(ward, ehr)
    ehr.wrong = {"id_token": "a.b.c"}
    assert code(await finish(ward, brought)) == "LY-1850"
    ehr.wrong = {"patient": "pat-9"}  # its access token is for another one
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-1851"
    ehr.wrong, ehr.refuses = {}, True
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-1850"


async def test_a_launch_about_nobody_here_opens_nothing(ward: Ward, ehr: Ehr) -> None:
    assert code(await finish(ward, await begun(ward, ehr, "pat-9"))) == "LY-2388"
    ehr.wrong = {"patient": None}
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-2388"


async def test_only_registered_systems_and_known_users_come_in(
    ward: Ward, ehr: Ehr, tmp_path: Path
) -> None:
    stranger = {"iss": "https://elsewhere.test/fhir", "launch": "x"}
    assert code(await ward.people.stranger().post(LAUNCHES, json=stranger)) == "LY-2387"
    ehr.user = "staff-999"
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-1856"
    ehr.user = "staff-248"
    write(ward, tmp_path, ehr, system="doctor")  # the account of a person is no system
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-2389"
    await ward.people.add("monitor", ("monitoring", "H1"), organisation="H1", kind="service")
    write(ward, tmp_path, ehr, system="monitor")
    assert code(await finish(ward, await begun(ward, ehr))) == "LY-2389"


async def test_a_system_that_launches_is_no_way_to_sign_in(ward: Ward, ehr: Ehr) -> None:
    browser = ward.people.stranger()
    assert (await browser.get("/api/v1/session")).json()["providers"] == []
    page = await browser.get("/api/v1/session/ward/begin")
    assert "LY-1859" in page.text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
NUMBERS = st.fixed_dictionaries(
    {"system": st.sampled_from([SYSTEM, "http://other.test"]) | PLAIN},
    optional={"value": st.text("4711^\0 一", max_size=120) | PLAIN, "use": st.just("old") | PLAIN},
)


@given(identifier=st.lists(NUMBERS | PLAIN, max_size=30) | PLAIN)
def test_whatever_another_system_calls_its_patient_a_number_is_one_that_can_be_asked_for(
    identifier: Any,
) -> None:
    found = numbers_of({"identifier": identifier}, {SYSTEM: "HIS"})
    assert len(found) == len(set(found)) <= IDENTIFIERS_MAX
    for one in found:
        assert NewLink(patient=one, user="doctor").patient.endswith("^HIS")
