"""Who an account is among the practitioners: said by whoever manages accounts, and an act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.api.house import serving
from tests.unit.security.people import People

NAMES = [
    {"source": "masterdata", "authority": "", "identifier": "E7", "organisation": ""},
    {"source": "messages", "authority": "HIS", "identifier": "4711", "organisation": "H1"},
]


@pytest.fixture
async def people(database: str, tmp_path: Path) -> AsyncIterator[People]:
    async with serving(database, tmp_path) as house:
        found = People(house)
        await found.tree({"H1": None, "D1": "H1", "H2": None})
        await found.add("guard", ("security-administrator", "H1"), organisation="H1")
        await found.add("doctor", organisation="D1")
        await found.add("wide", ("manager", "H2"), organisation="D1")
        await found.add("robot", organisation="D1", kind="service")
        await found.add("stranger", organisation="H2")
        yield found


def address(name: str) -> str:
    return f"/api/v1/accounts/{name}/practitioner"


async def put(people: People, name: str, names: list[Any]) -> httpx.Response:
    guard = await people.browser("guard")
    return await guard.put(address(name), json={"names": names})


async def test_names_are_said_read_back_and_replaced(people: People) -> None:
    guard = await people.browser("guard")
    assert (await guard.get(address("doctor"))).json() == {"names": []}
    answer = await put(people, "doctor", [*reversed(NAMES), NAMES[0]])
    assert answer.json() == (await guard.get(address("doctor"))).json() == {"names": NAMES}
    await put(people, "doctor", NAMES[:1])
    assert (await guard.get(address("doctor"))).json() == {"names": NAMES[:1]}


async def test_each_change_is_an_act_that_says_before_and_after(people: People) -> None:
    await put(people, "doctor", NAMES)
    await put(people, "doctor", [])
    one, other = [
        act for act in await people.house.acts() if act.kind == "act account.practitioner_changed"
    ]
    assert one.sender == other.sender == "guard"
    facts = orjson.loads(other.body)
    assert (facts["subject"], facts["before"], facts["after"]) == ("doctor", NAMES, [])
    assert orjson.loads(one.body)["before"] == []


@pytest.mark.parametrize(
    ("name", "names", "code"),
    [
        ("guard", NAMES, "LY-1814"),  # nobody gives himself patients
        ("stranger", NAMES, "LY-1810"),
        ("robot", NAMES, "LY-1810"),
        ("doctor", [NAMES[1] | {"organisation": "H2"}], "LY-1800"),
        ("wide", NAMES, "LY-1800"),  # the first name would count in the other hospital, too
        ("doctor", [{"identifier": ""}], ""),
        ("doctor", [{"identifier": "4711^HIS"}], ""),
        ("doctor", [{"identifier": "a\x00"}], ""),
        ("doctor", [{"identifier": "1", "source": "guess"}], ""),
        ("doctor", [{"identifier": str(n)} for n in range(21)], ""),
    ],
)
async def test_what_may_not_be_said_is_refused_and_changes_nothing(
    people: People, name: str, names: list[Any], code: str
) -> None:
    answer = await put(people, name, names)
    assert answer.status_code in {403, 404, 422}
    assert code in answer.text
    assert await people.house.pool.fetchval("SELECT count(*) FROM security.practitioner") == 0


async def test_a_name_of_ones_own_hospital_may_be_given_to_whoever_works_elsewhere_too(
    people: People,
) -> None:
    assert (await put(people, "wide", NAMES[1:])).json() == {"names": NAMES[1:]}


async def test_whoever_only_reads_accounts_changes_no_name(people: People) -> None:
    await people.add("auditor", ("audit-administrator", "H1"), organisation="H1")
    auditor = await people.browser("auditor")
    assert (await auditor.get(address("doctor"))).status_code == 200
    answer = await auditor.put(address("doctor"), json={"names": NAMES})
    assert answer.status_code == 403
