"""Data services: offered by one, approved by another, called by those who are named."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    TREE,
    Caller,
    put,
    stay,
    write,
)
from tests.unit.applications.indicators.requests.request_house import STAYS, later, request_house
from tests.unit.security.people import People

from lianyi.applications.indicators.data_services import service

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[House, dict[str, Caller], People]
PATH = "/services"
QUESTION = {"codes": CODE, "by": "hospital,department"}
OFFER: dict[str, Any] = {
    "name": "deaths",
    "title": "各科室死亡人数",
    "purpose": "质控平台展示",
    "question": QUESTION,
    "columns": ["period", "hospital", "department", "department_name", "numerator", "value"],
    "organisation": "GROUP",
    "roles": ["data-service-client"],
    "rows_max": 3,
    "calls_per_minute": 600,
    "first_on": "2026-07-01",
    "last_on": "2026-07-31",
}
CLIENTS = (("client", "*"), ("client of a", "HA"), ("client of d1", "D1"), ("client of b", "HB"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    async with request_house(module_database, tmp_path_factory.mktemp("house")) as found:
        _, callers, people = found
        for name, where in CLIENTS:
            await people.add(name, ("data-service-client", where), organisation="GROUP")
            callers[name] = Caller(await people.browser(name))
        yield found


async def offered(callers: dict[str, Caller], who: str = "analyst", **said: Any) -> dict[str, Any]:
    """Let somebody offer a service; return its newest version."""
    found: dict[str, Any] = (await callers[who].post(PATH, OFFER | said))["versions"][0]
    return found


async def in_force(
    callers: dict[str, Caller], *, by: str = "steward", who: str = "analyst", **said: Any
) -> str:
    """Let a service be offered and approved; return its address."""
    one = await offered(callers, who, **said)
    path = f"{PATH}/{one['name']}"
    decision = {"said": "approved", "hash": one["hash"]}
    await callers[by].post(f"{path}/versions/{one['version']}/decision", decision)
    return path


def places(page: dict[str, Any]) -> set[tuple[str, str]]:
    """Return hospital and department of the rows of a page."""
    return {(row[1], row[2]) for row in page["rows"]}


async def code_of(caller: Caller, path: str, status: int = 409, **params: Any) -> str:
    """Return the code of a refusal."""
    return str((await caller.get(path, status=status, **params))["error"]["code"])


async def test_a_service_is_offered_approved_by_another_and_called_page_by_page(
    served: Served,
) -> None:
    house, who, _ = served
    one = await offered(who)
    path = f"{PATH}/deaths"
    assert (one["state"], one["version"], one["may"]) == ("offered", 1, ["revoked"])
    assert await code_of(who["client"], f"{path}/data") == "LY-2614"
    decision = {"said": "approved", "hash": one["hash"]}
    await who["steward"].post(f"{path}/versions/1/decision", decision)
    first = await who["client"].get(f"{path}/data", period="2026-06")
    assert first["columns"] == OFFER["columns"]
    assert (first["total"], first["next_skip"], len(first["rows"])) == (4, 3, 3)
    more = {"period": "2026-06", "skip": first["next_skip"], "digest": first["digest"]}
    last = await who["client"].get(f"{path}/data", **more)
    assert last["next_skip"] is None
    rows = first["rows"] + last["rows"]
    assert {(row[1], row[2]) for row in rows} == set(STAYS.values())
    assert {row[0] for row in rows} == {"2026-06"}
    assert [row[4] for row in rows] == [0.0, 1.0, 0.0, 1.0], "each second stay ended in death"
    wide = await who["client"].get(f"{path}/data", period="2026-06", limit=3_000)
    assert len(wide["rows"]) == 3, "no page holds more than was approved"

    answer = await who["client"].get(f"{path}/data.csv", period="2026-06")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0] == OFFER["columns"]
    assert [row[2] for row in table[1:]] == [row[2] for row in first["rows"]]
    assert answer.headers["x-next-skip"] == "3"
    assert answer.headers["x-digest"] == first["digest"]

    uses = (await who["analyst"].get(path))["uses"]
    assert [(x["by"], x["calls"]) for x in uses] == [("Client", 4)]
    kinds = Counter(x.kind for x in await house.log.read(0, after=0, limit=10_000))
    assert kinds["act data_service.offered"] == 1
    assert kinds["act data_service.approved"] == 1
    assert kinds["act access.call_data_service"] >= 4


async def test_nobody_approves_his_own_and_nothing_but_what_he_looked_at(served: Served) -> None:
    _, who, people = served
    await people.add(
        "both", ("data-steward", "*"), ("operations-analyst", "*"), organisation="GROUP"
    )
    who["both"] = Caller(await people.browser("both"))
    one = await offered(who, "both", name="own")
    path = f"{PATH}/own/versions/1/decision"
    decision = {"said": "approved", "hash": one["hash"]}
    assert await who["both"].refused(path, decision) == "LY-2613"
    assert await who["steward"].refused(path, decision | {"hash": "0" * 64}) == "LY-2521"
    assert await who["steward"].refused(path, {"said": "refused"}) == "LY-1601"
    answers = await asyncio.gather(
        *(
            who[name].client.post(f"/api/v1/indicators{path}", json=said)
            for name in ("steward", "steward")
            for said in (decision, {"said": "refused", "note": "否"})
        )
    )
    assert Counter(x.status_code for x in answers) == {200: 1, 409: 3}
    assert await who["steward of b"].refused(path, decision) == "LY-2610"


async def test_a_changed_definition_ends_a_service_until_it_is_approved_anew(
    served: Served,
) -> None:
    house, who, _ = served
    path = await in_force(who, name="falls")
    await who["client"].get(f"{path}/data", period="2026-06")
    write(house.content_dir, 'class == "inpatient"')
    assert await code_of(who["client"], f"{path}/data", period="2026-06") == "LY-2614"
    (shown,) = (await who["analyst"].get(path))["versions"]
    assert not shown["holds"]
    assert "变化" in shown["why_not"]["zh"]
    await in_force(who, name="falls")
    page = await who["client"].get(f"{path}/data", period="2026-06")
    assert page["version"] == 2
    assert all(row[4] == 1.0 for row in page["rows"])
    states = [x["state"] for x in (await who["analyst"].get(path))["versions"]]
    assert states == ["approved", "replaced"]
    write(house.content_dir)
    assert await code_of(who["client"], f"{path}/data", period="2026-06") == "LY-2614"


async def test_a_service_is_revoked_at_once_by_its_owner_or_who_decides(served: Served) -> None:
    _, who, _ = served
    for name, by in (("ends-by-owner", "analyst"), ("ends-by-steward", "steward")):
        path = await in_force(who, name=name)
        await who["client"].get(f"{path}/data", period="2026-06")
        assert await who["analyst of a"].refused(f"{path}/versions/1/revoke", {}) == "LY-2610"
        await who[by].post(f"{path}/versions/1/revoke", {"note": "不再需要"})
        assert await code_of(who["client"], f"{path}/data", period="2026-06") == "LY-2614"
        assert await who[by].refused(f"{path}/versions/1/revoke", {}) == "LY-2612"


async def test_nobody_else_revokes_and_a_new_offer_takes_the_place_of_one_that_waits(
    served: Served,
) -> None:
    _, who, _ = served
    path = await in_force(who, name="kept", who="analyst of a", organisation="HA")
    assert await who["analyst"].refused(f"{path}/versions/1/revoke", {}) == "LY-1800"
    waits = await offered(who, "analyst of a", name="kept", organisation="HA")
    newer = await offered(who, "analyst of a", name="kept", organisation="HA", title="改名")
    decision = {"said": "approved", "hash": newer["hash"]}
    for one, code in ((waits, "LY-2612"), (newer, "")):
        answer = await who["steward"].client.post(
            f"/api/v1/indicators{path}/versions/{one['version']}/decision", json=decision
        )
        assert answer.status_code == (409 if code else 200)
    states = [x["state"] for x in (await who["analyst"].get(path))["versions"]]
    assert states == ["approved", "replaced", "replaced"]
    assert (await who["client"].get(f"{path}/data", period="2026-06"))["version"] == 3


async def test_so_many_services_and_no_more(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, who, _ = served
    await in_force(who, name="one-of-a", who="analyst of a", organisation="HA")
    monkeypatch.setattr(service, "NAMES_MAX", 1)
    wanted = OFFER | {"organisation": "HA", "name": "another-of-a"}
    assert await who["analyst of a"].refused(PATH, wanted) == "LY-2618"
    await offered(who, "analyst of a", name="one-of-a", organisation="HA")


async def test_only_named_callers_call_and_only_on_its_days(served: Served) -> None:
    _, who, _ = served
    path = await in_force(who, name="named", roles=[], accounts=["client of a"])
    await who["client of a"].get(f"{path}/data", period="2026-06")
    assert await code_of(who["client"], f"{path}/data", 404) == "LY-2610"
    assert await code_of(who["client"], path, 404) == "LY-2610"
    assert await code_of(who["analyst"], f"{path}/data", 403) == "LY-1800", "no right to call"
    listed = [x["name"] for x in (await who["client"].get(PATH))["items"]]
    assert "named" not in listed
    early = await in_force(who, name="early", first_on="2026-07-11")
    over = await in_force(who, name="over", last_on="2026-07-09")
    for one in (early, over):
        assert await code_of(who["client"], f"{one}/data") == "LY-2614"


async def test_nobody_calls_more_often_than_was_approved(served: Served) -> None:
    house, who, _ = served
    path = await in_force(who, name="often", calls_per_minute=3)
    address = f"/api/v1/indicators{path}/data?period=2026-06"
    answers = await asyncio.gather(*(who["client"].client.get(address) for _ in range(8)))
    assert Counter(x.status_code for x in answers) == {200: 3, 429: 5}
    refused = next(x for x in answers if x.status_code == 429)
    assert refused.json()["error"]["code"] == "LY-2615"
    await who["client of a"].get(f"{path}/data", period="2026-06")
    house.clock.advance(timedelta(minutes=1))
    await who["client"].get(f"{path}/data", period="2026-06")
    uses = {x["by"]: x["calls"] for x in (await who["steward"].get(path))["uses"]}
    assert uses == {"Client": 4, "Client Of A": 1}


async def test_pages_of_two_answers_are_not_put_together(served: Served) -> None:
    house, who, _ = served
    path = await in_force(who, name="pages")
    first = await who["client"].get(f"{path}/data", period="2026-06")
    rows = [
        stay(n, f"2026-06-{n:02}", hospital=hospital, department=department)
        for n, (hospital, department) in STAYS.items()
    ]
    put(house.data_dir, rows)
    more = {"period": "2026-06", "skip": 3, "digest": first["digest"]}
    assert await code_of(who["client"], f"{path}/data", **more) == "LY-2616"
    died = [row | {"died": n % 2 == 0} for n, row in enumerate(rows, 1)]
    put(house.data_dir, died)
    assert (await who["client"].get(f"{path}/data", **more))["total"] == 4


async def test_what_cannot_be_offered_is_not(served: Served) -> None:
    _, who, _ = served
    for wrong, code in (
        ({"columns": ["patient"]}, "LY-2618"),
        ({"columns": ["value", "value"]}, "LY-2618"),
        ({"columns": ["payer"]}, "LY-2618"),
        ({"roles": []}, "LY-2618"),
        ({"roles": ["nobody"]}, "LY-2618"),
        ({"accounts": ["no such"]}, "LY-2618"),
        ({"last_on": "2026-06-30"}, "LY-2618"),
        ({"question": QUESTION | {"codes": "NO-01"}}, "LY-2502"),
        ({"name": "UPPER"}, "LY-1601"),
    ):
        assert await who["analyst"].refused(PATH, OFFER | {"name": "wrong"} | wrong) == code
    assert await who["analyst of a"].refused(PATH, OFFER | {"name": "wrong"}) == "LY-1800"
    assert await who["a"].refused(PATH, OFFER | {"name": "wrong"}) == "LY-1800"
    await offered(who, name="taken")
    own = {"organisation": "HA", "name": "taken"}
    assert await who["analyst of a"].refused(PATH, OFFER | own) == "LY-2611"


async def test_whatever_people_may_see_a_service_gives_what_all_of_them_may(
    served: Served,
) -> None:
    _, _, people = served
    random = Random(28)
    await people.tree({**TREE, "E1": "HB", "E2": "HB"})

    def reached(code: str) -> set[tuple[str, str]]:
        return {pair for pair in STAYS.values() if code == "GROUP" or code in pair}

    def above(code: str) -> set[str]:
        tops = {hospital for hospital, department in STAYS.values() if department == code}
        return {"GROUP", code, *tops}

    given = 0
    for n in range(40):
        about, owner, decider, client = (
            random.choice(("GROUP", "GROUP", *STAYS[random.randint(1, 4)])) for _ in "1234"
        )
        owns, decides, calls = (f"{what} {n}" for what in ("owner", "decider", "caller"))
        await people.add(owns, ("operations-analyst", owner), organisation="GROUP")
        await people.add(decides, ("data-steward", decider), organisation="GROUP")
        await people.add(calls, ("data-service-client", client), organisation="GROUP")
        one, other, third = [Caller(await people.browser(name)) for name in (owns, decides, calls)]
        said = OFFER | {"name": f"sight-{n}", "organisation": about, "rows_max": 100}
        answer = await one.client.post(f"/api/v1/indicators{PATH}", json=said)
        assert (answer.status_code == 200) == (owner in above(about)), answer.text
        if answer.status_code != 200:
            continue
        path = f"{PATH}/sight-{n}"
        decision = {"said": "approved", "hash": answer.json()["versions"][0]["hash"]}
        decided = await other.client.post(
            f"/api/v1/indicators{path}/versions/1/decision", json=decision
        )
        assert (decided.status_code == 200) == (decider in above(about)), decided.text
        if decided.status_code != 200:
            continue
        wanted = reached(about) & reached(owner) & reached(decider) & reached(client)
        called = await third.client.get(f"/api/v1/indicators{path}/data?period=2026-06")
        if not wanted:
            assert called.status_code == 403, called.text
            continue
        assert places(called.json()) == wanted
        given += 1
    assert given > 5
    await people.tree(TREE)


ROWS = OFFER | {
    "name": "rows",
    "gives": "rows",
    "side": "denominator",
    "question": {"codes": CODE},
    "columns": ["hospital", "discharging", "discharging_name", "encounter", "died", "key"],
    "masked": ["encounter"],
    "rows_max": 3,
}


async def test_rows_are_given_to_whoever_may_see_rows_with_columns_masked(served: Served) -> None:
    house, who, people = served
    both = (("data-service-client", "*"), ("operations-analyst", "HA"))
    await people.add("rower", *both, organisation="GROUP")
    who["rower"] = Caller(await people.browser("rower"))
    one = await offered(who, **ROWS)
    assert (one["gives"], one["side"], one["masked"]) == ("rows", "denominator", ["encounter"])
    path = await in_force(who, **ROWS)
    page = await who["rower"].get(f"{path}/data", period="2026-06")
    assert page["total"] == 2, "of what may be called everywhere, rows are shown in one hospital"
    assert [row[:2] + row[3:] for row in page["rows"]] == [
        ["HA", "D1", "****", False, "****"],
        ["HA", "D2", "****", True, "****"],
    ]
    assert page["digest"] == (await who["rower"].get(f"{path}/data", period="2026-06"))["digest"]
    assert await code_of(who["client"], f"{path}/data", 403, period="2026-06") == "LY-2504"
    text = (await who["rower"].get(f"{path}/data.csv", period="2026-06")).text
    assert [line.rsplit(",", 2)[1] for line in text.splitlines()] == ["died", "false", "true"]

    more = {"period": "2026-06", "skip": 1, "limit": 1, "digest": page["digest"]}
    assert (await who["rower"].get(f"{path}/data", **more))["rows"] == page["rows"][1:]
    rows = [stay(n, f"2026-06-{n:02}", hospital=h, department=d) for n, (h, d) in STAYS.items()]
    put(house.data_dir, rows)
    assert await code_of(who["rower"], f"{path}/data", **more) == "LY-2616"
    put(house.data_dir, [row | {"died": n % 2 == 0} for n, row in enumerate(rows, 1)])
    for wrong, code in (
        ({"columns": ["hospital", "value"], "masked": []}, "LY-2618"),
        ({"masked": ["stay_days"]}, "LY-2618"),
        ({"question": {"codes": f"{CODE},INP-001"}}, "LY-2618"),
        ({"question": {"codes": "EX-24"}}, "LY-2505"),
    ):
        assert await who["analyst"].refused(PATH, ROWS | {"name": "wrong"} | wrong) == code, wrong


async def test_rows_that_a_service_gives_are_those_that_all_of_them_may_see(
    served: Served,
) -> None:
    _, _, people = served
    random = Random(6)
    await people.tree({**TREE, "E1": "HB", "E2": "HB"})

    def reached(code: str) -> set[tuple[str, str]]:
        return {pair for pair in STAYS.values() if code == "GROUP" or code in pair}

    given = 0
    for n in range(20):
        owner, decider, client, sees = (
            random.choice(("GROUP", "GROUP", *STAYS[random.randint(1, 4)])) for _ in "1234"
        )
        owns, decides, calls = (f"row {what} {n}" for what in ("owner", "decider", "caller"))
        await people.add(
            owns, ("operations-analyst", owner), ("manager", "GROUP"), organisation="GROUP"
        )
        await people.add(decides, ("data-steward", decider), organisation="GROUP")
        roles = (("data-service-client", client), ("operations-analyst", sees))
        await people.add(calls, *roles, organisation="GROUP")
        one, other, third = [Caller(await people.browser(name)) for name in (owns, decides, calls)]
        said = ROWS | {"name": f"rows-{n}", "organisation": owner, "rows_max": 100}
        version = (await one.post(PATH, said))["versions"][0]
        path = f"{PATH}/rows-{n}"
        decision = {"said": "approved", "hash": version["hash"]}
        decided = await other.client.post(
            f"/api/v1/indicators{path}/versions/1/decision", json=decision
        )
        if decided.status_code != 200:
            continue
        wanted = reached(owner) & reached(decider) & reached(client) & reached(sees)
        called = await third.client.get(f"/api/v1/indicators{path}/data?period=2026-06")
        if not wanted:
            assert called.status_code == 403, called.text
            continue
        assert {(row[0], row[1]) for row in called.json()["rows"]} == wanted
        given += 1
    assert given > 3
    await people.tree(TREE)


async def test_who_loses_a_right_calls_no_more_and_a_grant_stays_what_it_was(
    served: Served,
) -> None:
    house, who, people = served
    path = await in_force(who, name="stays", rows_max=100)
    whole = places(await who["client"].get(f"{path}/data", period="2026-06"))
    assert whole == set(STAYS.values())
    await house.pool.execute(
        "UPDATE security.assignment SET organisation = 'HB' WHERE account ="
        " (SELECT account FROM security.account WHERE name = 'client')"
    )
    await people.refresh()
    narrowed = places(await who["client"].get(f"{path}/data", period="2026-06"))
    assert narrowed == {pair for pair in STAYS.values() if pair[0] == "HB"}
    await house.pool.execute(
        "UPDATE security.assignment SET organisation = '*' WHERE account ="
        " (SELECT account FROM security.account WHERE name = 'client')"
    )
    await people.refresh()


async def test_the_walls_keep_calls_of_others_and_names_of_others(served: Served) -> None:
    house, who, _ = served
    path = await in_force(who, name="walls")
    await who["client of a"].get(f"{path}/data", period="2026-06")
    accounts = dict(await house.pool.fetch("SELECT name, account FROM security.account"))
    for name, calls in (("client of a", 1), ("client of b", 0), ("analyst", 1), ("steward", 1)):
        async with house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL ROLE lianyi_doors")
            await connection.execute(
                "SELECT set_config('lianyi.actor', $1, true)", str(accounts[name])
            )
            found = await connection.fetch("SELECT FROM data_services.called WHERE name = 'walls'")
            assert len(found) == calls, name
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO data_services.called VALUES"
                        " ('walls', $1, 'x', now(), 1, now())",
                        accounts["owner"],
                    )
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        assert await connection.fetch("SELECT FROM data_services.service") == []


async def test_a_service_ends_with_its_last_day(served: Served) -> None:
    _, who, _ = served
    path = await in_force(who, name="days")
    await who["client"].get(f"{path}/data", period="2026-06")
    await later(served, 21)
    await served[1]["client"].get(f"{path}/data", period="2026-06")
    await later(served, 1)
    assert await code_of(served[1]["client"], f"{path}/data", period="2026-06") == "LY-2614"


async def test_calls_of_long_ago_are_forgotten_and_those_of_the_last_month_never(
    served: Served,
) -> None:
    house, who, _ = served
    path = await in_force(who, name="forgotten", last_on="2026-12-31")
    account = await house.pool.fetchval("SELECT account FROM security.account WHERE name = 'owner'")
    now = house.clock.now() + timedelta(hours=3)
    for days in (0, 30, 91, 93, 400):
        await house.pool.execute(
            "INSERT INTO data_services.called VALUES ('forgotten', $1, 'Owner', $2, 1, $2)",
            account,
            now - timedelta(days=days),
        )
    house.clock.advance(timedelta(hours=3))
    await later(served, 0)
    await who["client"].get(f"{path}/data", period="2026-06")
    left = await house.pool.fetch(
        "SELECT minute FROM data_services.called WHERE name = 'forgotten' AND account = $1", account
    )
    assert sorted((now - row["minute"]).days for row in left) == [0, 30, 91]
    await house.pool.execute("SELECT data_services.forget_calls($1)", now + timedelta(days=1))
    left = await house.pool.fetch(
        "SELECT minute FROM data_services.called WHERE account = $1", account
    )
    assert sorted((now - row["minute"]).days for row in left) == [0, 30]
