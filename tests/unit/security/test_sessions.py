"""Signing in, staying signed in, and every way in which that must end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest
from tests.unit.api.house import House
from tests.unit.security.people import PASSWORD, People

from lianyi.api.first_token import console_token
from lianyi.api.guard import COOKIE
from lianyi.base.sensitive import Sensitive
from lianyi.security import account_store as store
from lianyi.security.signing_in import REMEMBERED_SECONDS
from lianyi.security.tokens import Kind, new_token

ENGINEER = ("integration-engineer", "*")
GUARDIAN = ("security-administrator", "*")
ME = "/api/v1/overview"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def pass_time(house: House, **by: float) -> None:
    house.clock.advance(timedelta(**by))


# ---- signing in --------------------------------------------------------------------------------


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    await people.add("gone", ENGINEER, password=PASSWORD)
    await people.house.pool.execute(
        "UPDATE security.account SET state = 'disabled' WHERE name = 'gone'"
    )
    await people.add("robot", ENGINEER, kind="service")

    answers = [
        (await people.sign_in(name, password))[0]
        for name, password in [
            ("li.na", "wrong"),
            ("nobody", "wrong"),
            ("gone", PASSWORD),
            ("robot", PASSWORD),
            ("console", PASSWORD),
        ]
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert all("set-cookie" not in answer.headers for answer in answers)


async def test_an_account_is_locked_after_so_many_wrong_passwords_and_opens_by_itself(
    people: People,
) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    for tried in range(5):
        answer, _ = await people.sign_in("li.na", "wrong", address=f"10.0.0.{tried}")
        assert answer.status_code == 401
    locked, _ = await people.sign_in("li.na", address="10.0.1.1")
    assert code_of(locked) == "LY-1802", "the right password does not open it, nor say that"
    pass_time(people.house, minutes=15, seconds=1)
    opened, _ = await people.sign_in("li.na", address="10.0.1.1")
    assert opened.status_code == 200


async def test_one_wrong_password_fewer_does_not_lock_and_a_right_one_begins_anew(
    people: People,
) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    for round_ in range(3):
        for tried in range(4):
            await people.sign_in("li.na", "wrong", address=f"10.0.{round_}.{tried}")
        opened, _ = await people.sign_in("li.na", address="10.1.1.1")
        assert opened.status_code == 200, round_


async def test_an_administrator_unlocks_others_and_never_himself(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    await people.add("guard", GUARDIAN)
    for tried in range(5):
        await people.sign_in("li.na", "wrong", address=f"10.0.0.{tried}")
    guard = await people.browser("guard")
    assert (await guard.post("/api/v1/accounts/guard/unlock")).status_code == 403
    assert (await guard.post("/api/v1/accounts/li.na/unlock")).status_code == 200
    assert (await people.sign_in("li.na"))[0].status_code == 200


async def test_many_guesses_at_the_same_time_count_each(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    guesses = [people.sign_in("li.na", f"wrong{n}", address=f"10.0.0.{n}") for n in range(12)]
    await asyncio.gather(*guesses, people.sign_in("li.na", "wrong", address="10.0.1.1"))
    answer, _ = await people.sign_in("li.na", address="10.0.1.2")
    assert answer.status_code == 401


async def test_who_guesses_right_while_the_account_is_being_locked_is_not_let_in(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    check = people.signing_in._hasher.check

    async def slowly(*given: Any) -> Any:
        found = await check(*given)
        await people.house.pool.execute(
            "UPDATE security.account SET locked_until = $1 WHERE name = 'li.na'",
            people.house.clock.now() + timedelta(minutes=15),
        )
        return found

    monkeypatch.setattr(people.signing_in._hasher, "check", slowly)
    assert (await people.sign_in("li.na"))[0].status_code == 401


async def test_who_is_disabled_while_he_signs_in_stays_disabled_and_outside(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    check = people.signing_in._hasher.check

    async def slowly(*given: Any) -> Any:
        found = await check(*given)
        await people.house.pool.execute(
            "UPDATE security.account SET state = 'disabled' WHERE name = 'li.na'"
        )
        return found

    monkeypatch.setattr(people.signing_in._hasher, "check", slowly)
    answer, browser = await people.sign_in("li.na")
    assert answer.status_code == 401
    assert (await browser.get(ME)).status_code == 401
    found = await store.find_account(people.house.pool, "li.na")
    assert found
    assert found.state == "disabled"


async def test_a_service_has_no_password_and_a_person_no_key(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("robot", ENGINEER, kind="service")
    await people.add("li.na", ENGINEER, password=PASSWORD)
    guard = await people.browser("guard")
    assert (await guard.post("/api/v1/accounts/robot/password")).status_code == 404
    keyed = await guard.post("/api/v1/accounts/li.na/keys", json={"title": "mine"})
    assert keyed.status_code == 404


# ---- cookies, tokens, forgeries ----------------------------------------------------------------


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    answer, _ = await people.sign_in("li.na")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "domain=" not in cookie
    assert f"max-age={12 * 3600}" in cookie
    assert "secure" not in cookie, "over plain http a browser would throw it away"
    secure = httpx.AsyncClient(
        transport=httpx.ASGITransport(people.house.app), base_url="https://lianyi.test"
    )
    wanted = {"name": "li.na", "password": PASSWORD}
    answer = await secure.post("/api/v1/session", json=wanted)
    assert "; secure" in answer.headers["set-cookie"].lower()


async def test_every_sign_in_opens_a_session_of_its_own(people: People) -> None:
    """A cookie that was planted before the sign-in is worth nothing after it."""
    await people.add("li.na", ENGINEER, password=PASSWORD)
    planted = new_token(Kind.SESSION).shown.reveal()
    browser = people.stranger()
    browser.cookies.set(COOKIE, planted)
    await browser.post("/api/v1/session", json={"name": "li.na", "password": PASSWORD})
    thief = people.stranger()
    thief.cookies.set(COOKIE, planted)
    assert (await thief.get(ME)).status_code == 401
    first, _ = await people.sign_in("li.na")
    second, _ = await people.sign_in("li.na")
    assert first.cookies[COOKIE] != second.cookies[COOKIE]


async def test_forged_and_foreign_tokens_open_nothing(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    answer, _ = await people.sign_in("li.na")
    session = answer.cookies[COOKIE]
    await people.add("robot", ENGINEER, kind="service")
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    given = await guard.post("/api/v1/accounts/robot/keys", json={"title": "t"})
    key = given.json()["secret"]
    stored = await people.house.pool.fetchval("SELECT stored FROM security.session LIMIT 1")

    last = "A" if session[-1] != "A" else "B"
    other = new_token(Kind.SESSION).shown.reveal()
    cookies = ["", session[:-1] + last, session[:-1], session + "A", session.upper(), key,
               other, stored.hex(), session + " ", "%00"]  # fmt: skip
    for cookie in cookies:
        forger = people.stranger()
        forged = await forger.get(ME, headers=[(b"cookie", f"{COOKIE}={cookie}".encode())])
        assert forged.status_code == (401 if cookie.strip() != session else 200), cookie
    bearers = [session, key[:-1] + ("A" if key[-1] != "A" else "B"), key + "x", "",
               new_token(Kind.API_KEY).shown.reveal(), stored.hex(), "null"]  # fmt: skip
    for number, bearer in enumerate(bearers):
        forger = people.stranger(f"10.0.0.{number}")
        forged = await forger.get(ME, headers={"Authorization": f"Bearer {bearer}"})
        assert forged.status_code == 401, bearer
    assert (
        await people.stranger().get(ME, headers={"Authorization": f"Bearer {key}"})
    ).status_code == 200


async def test_what_the_database_holds_opens_nothing(people: People) -> None:
    """Whoever reads a backup has digests, not sessions and keys."""
    await people.add("li.na", ENGINEER, password=PASSWORD)
    answer, _ = await people.sign_in("li.na")
    shown = answer.cookies[COOKIE]
    rows = await people.house.pool.fetch("SELECT s::text FROM security.session AS s")
    acts = [message.body for message in await people.house.acts()]
    assert rows
    assert all(shown not in row[0] for row in rows)
    assert all(shown.encode() not in body and PASSWORD.encode() not in body for body in acts)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_change_by_cookie_needs_our_header_and_a_key_does_not(
    people: People, method: str
) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("victim", ENGINEER)
    guard = await people.browser("guard")
    path = {
        "POST": "/api/v1/accounts/victim/unlock",
        "PATCH": "/api/v1/accounts/victim",
        "DELETE": "/api/v1/accounts/victim/sessions",
    }[method]
    del guard.headers["X-Lianyi"]
    for wrong in ({}, {"X-Lianyi": ""}, {"X-Lianyi": "0"}, {"X-Lianyi": "1, 1"}):
        refused = await guard.request(method, path, json={}, headers=wrong)
        assert (refused.status_code, code_of(refused)) == (403, "LY-1607")
    assert (
        await guard.request(method, path, json={}, headers={"X-Lianyi": "1"})
    ).status_code == 200
    assert (await guard.get("/api/v1/accounts")).status_code == 200, "looking needs none"


# ---- the end of a session ----------------------------------------------------------------------


async def test_a_session_ends_when_nobody_uses_it(people: People) -> None:
    await people.add("li.na", ENGINEER)
    browser = await people.browser("li.na")
    for _ in range(5):
        pass_time(people.house, minutes=29)
        assert (await browser.get("/api/v1/roles")).status_code == 200
    pass_time(people.house, minutes=30)
    assert (await browser.get("/api/v1/roles")).status_code == 401
    assert (await browser.get("/api/v1/roles")).status_code == 401, (
        "a refused request does not revive it"
    )


async def test_a_session_ends_after_its_hours_however_much_it_is_used(people: People) -> None:
    await people.add("li.na", ENGINEER)
    browser = await people.browser("li.na")
    for _ in range(12 * 3 - 1):
        pass_time(people.house, minutes=20)
        assert (await browser.get("/api/v1/roles")).status_code == 200
    pass_time(people.house, minutes=20)
    assert (await browser.get("/api/v1/roles")).status_code == 401


REVOCATIONS = {
    "the account is disabled": (
        "PATCH",
        "/api/v1/accounts/li.na",
        {"state": "disabled"},
    ),
    "its sessions are ended": ("DELETE", "/api/v1/accounts/li.na/sessions", None),
    "the password is reset": ("POST", "/api/v1/accounts/li.na/password", None),
}


@pytest.mark.parametrize("why", REVOCATIONS)
async def test_a_session_ends_at_once_when(people: People, why: str) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    await people.add("guard", GUARDIAN)
    browser, guard = await people.browser("li.na"), await people.browser("guard")
    assert (await browser.get(ME)).status_code == 200
    pass_time(people.house, seconds=1)
    method, path, body = REVOCATIONS[why]
    done = await guard.request(method, path, json=body)
    assert done.status_code == 200, done.text
    assert (await browser.get(ME)).status_code == 401


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE security.account SET state = 'disabled' WHERE name = 'li.na'",
        "UPDATE security.session SET ended_at = now()",
        "UPDATE security.assignment SET ended_at = now()",
    ],
)
async def test_what_another_process_ends_is_over_here_within_ten_seconds(
    people: People, statement: str
) -> None:
    await people.add("li.na", ENGINEER)
    browser = await people.browser("li.na")
    assert (await browser.get(ME)).status_code == 200
    await people.house.pool.execute(statement)
    pass_time(people.house, seconds=REMEMBERED_SECONDS)
    assert (await browser.get(ME)).status_code in {401, 403}
    assert REMEMBERED_SECONDS <= 10


async def test_one_session_of_several_is_ended(people: People) -> None:
    await people.add("li.na", ENGINEER)
    await people.add("guard", GUARDIAN)
    one, other = await people.browser("li.na"), await people.browser("li.na")
    guard = await people.browser("guard")
    listed = (await guard.get("/api/v1/accounts/li.na")).json()["sessions"]
    assert len(listed) == 2
    oldest = listed[-1]["id"]
    await guard.delete("/api/v1/accounts/li.na/sessions", params={"session": oldest})
    statuses = {(await one.get(ME)).status_code, (await other.get(ME)).status_code}
    assert statuses == {200, 401}


async def test_signing_out_ends_the_session_and_not_only_the_cookie(people: People) -> None:
    await people.add("li.na", ENGINEER)
    browser = await people.browser("li.na")
    kept = browser.cookies[COOKIE]
    assert (await browser.delete("/api/v1/session")).status_code == 200
    thief = people.stranger()
    thief.cookies.set(COOKIE, kept)
    assert (await thief.get(ME)).status_code == 401


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(people: People) -> None:
    await people.add("li.na", ENGINEER, password=PASSWORD)
    _, here = await people.sign_in("li.na")
    there = await people.browser("li.na")
    assert (await there.get(ME)).status_code == 200
    pass_time(people.house, seconds=1)
    wanted = {"old": PASSWORD, "new": "Vk7!plome-Trast"}
    done = await here.post("/api/v1/me/password", json=wanted)
    assert done.status_code == 204, done.text
    assert (await here.get(ME)).status_code == 200
    assert (await there.get(ME)).status_code == 401
    assert (await people.sign_in("li.na"))[0].status_code == 401
    assert (await people.sign_in("li.na", wanted["new"]))[0].status_code == 200


async def test_the_own_old_password_cannot_be_guessed_without_end(people: People) -> None:
    """Whoever finds a browser signed in has no more tries than at the door."""
    await people.add("li.na", ENGINEER, password=PASSWORD)
    _, browser = await people.sign_in("li.na")
    for n in range(5):
        wanted = {"old": f"wrong{n}", "new": "Vk7!plome-Trast"}
        refused = await browser.post("/api/v1/me/password", json=wanted)
        assert refused.status_code == 401
    right = {"old": PASSWORD, "new": "Vk7!plome-Trast"}
    assert (await browser.post("/api/v1/me/password", json=right)).status_code == 401


async def test_who_must_change_his_password_can_do_nothing_else(people: People) -> None:
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    made = await guard.post(
        "/api/v1/accounts", json={"name": "new.one", "display_name": "New", "organisation": ""}
    )
    given = made.json()["password"]
    role = {"role": "integration-engineer", "organisation": "*", "reason": "test"}
    assert (await guard.post("/api/v1/accounts/new.one/roles", json=role)).status_code == 200
    _, browser = await people.sign_in("new.one", given)
    refused = await browser.get(ME)
    assert (refused.status_code, code_of(refused)) == (403, "LY-1804")
    pass_time(people.house, seconds=1)
    wanted = {"old": given, "new": "Vk7!plome-Trast"}
    assert (await browser.post("/api/v1/me/password", json=wanted)).status_code == 204
    assert (await browser.get(ME)).status_code == 200


# ---- second factors ----------------------------------------------------------------------------


async def with_factor(people: People) -> tuple[pyotp.TOTP, list[str]]:
    """Give somebody a second factor; return it and its recovery codes."""
    await people.add("li.na", ENGINEER, password=PASSWORD)
    _, browser = await people.sign_in("li.na")
    offered = (await browser.post("/api/v1/me/second-factor")).json()
    factor = pyotp.TOTP(offered["secret"])
    code = factor.at(people.house.clock.now())
    confirmed = await browser.post("/api/v1/me/second-factor/confirm", json={"code": code})
    assert confirmed.status_code == 200, confirmed.text
    pass_time(people.house, seconds=30)
    return factor, confirmed.json()["codes"]


async def test_a_one_time_code_is_good_once(people: People) -> None:
    factor, _ = await with_factor(people)
    without, _ = await people.sign_in("li.na")
    assert code_of(without) == "LY-1803"
    code = factor.at(people.house.clock.now())
    both = await asyncio.gather(
        people.sign_in("li.na", code=code, address="10.0.0.1"),
        people.sign_in("li.na", code=code, address="10.0.0.2"),
    )
    assert sorted(answer.status_code for answer, _ in both) == [200, 401]
    again, _ = await people.sign_in("li.na", code=code)
    assert code_of(again) == "LY-1802"


async def test_the_code_that_confirmed_the_factor_does_not_sign_in(people: People) -> None:
    factor, _ = await with_factor(people)
    used: datetime = people.house.clock.now() - timedelta(seconds=30)
    answer, _ = await people.sign_in("li.na", code=factor.at(used))
    assert answer.status_code == 401


async def test_a_recovery_code_is_good_once(people: People) -> None:
    _, codes = await with_factor(people)
    both = await asyncio.gather(
        people.sign_in("li.na", code=codes[3], address="10.0.0.1"),
        people.sign_in("li.na", code=codes[3].upper(), address="10.0.0.2"),
    )
    assert sorted(answer.status_code for answer, _ in both) == [200, 401]
    assert (await people.sign_in("li.na", code=codes[3]))[0].status_code == 401
    assert (await people.sign_in("li.na", code=codes[4]))[0].status_code == 200


async def test_wrong_codes_lock_the_account_as_wrong_passwords_do(people: People) -> None:
    factor, _ = await with_factor(people)
    right = factor.at(people.house.clock.now())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for tried in range(5):
        await people.sign_in("li.na", code=wrong, address=f"10.0.0.{tried}")
    answer, _ = await people.sign_in("li.na", code=right, address="10.0.1.1")
    assert answer.status_code == 401


async def test_nobody_takes_away_his_own_second_factor(people: People) -> None:
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    own = await guard.delete("/api/v1/accounts/guard/second-factor")
    assert (own.status_code, code_of(own)) == (403, "LY-1814")


async def test_a_confirmed_factor_is_not_replaced_by_offering_another(people: People) -> None:
    factor, _ = await with_factor(people)
    browser = await people.browser("li.na")
    await browser.post("/api/v1/me/second-factor")
    answer, _ = await people.sign_in("li.na", code=factor.at(people.house.clock.now()))
    assert answer.status_code == 200


# ---- keys and the token of the first start -----------------------------------------------------


async def test_the_key_of_a_system_ends(people: People) -> None:
    await people.add("robot", ENGINEER, kind="service")
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    tomorrow = (people.house.clock.now() + timedelta(days=1)).isoformat()

    async def new_key(**wanted: Any) -> tuple[httpx.AsyncClient, str]:
        given = await guard.post("/api/v1/accounts/robot/keys", json={"title": "t", **wanted})
        assert given.status_code == 200, given.text
        robot = people.stranger()
        robot.headers["Authorization"] = f"Bearer {given.json()['secret']}"
        return robot, given.json()["key"]["id"]

    first, name = await new_key()
    second, _ = await new_key(expires_at=tomorrow)
    assert (await first.get(ME)).status_code == 200
    assert (await second.get(ME)).status_code == 200
    assert (await guard.delete(f"/api/v1/accounts/robot/keys/{name}")).status_code == 200
    assert (await first.get(ME)).status_code == 401
    assert (await second.get(ME)).status_code == 200
    pass_time(people.house, days=1)
    assert (await second.get(ME)).status_code == 401


async def test_a_disabled_system_is_let_in_with_no_key(people: People) -> None:
    await people.add("robot", ENGINEER, kind="service")
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    given = await guard.post("/api/v1/accounts/robot/keys", json={"title": "t"})
    robot = people.stranger()
    robot.headers["Authorization"] = f"Bearer {given.json()['secret']}"
    assert (await robot.get(ME)).status_code == 200
    await guard.patch("/api/v1/accounts/robot", json={"state": "disabled"})
    assert (await robot.get(ME)).status_code == 401


async def test_the_first_token_is_dead_once_there_is_an_administrator(people: People) -> None:
    token = console_token(people.house.data_dir)
    first = people.stranger()
    assert (await first.post("/api/v1/session", json={"token": token})).status_code == 200
    wanted = {"name": "chief", "display_name": "Chief", "password": PASSWORD}
    made = await first.post("/api/v1/session/first", json=wanted)
    assert made.status_code == 200, made.text

    assert (await first.get(ME)).status_code == 401, "its session is over"
    again = await people.stranger().post("/api/v1/session", json={"token": token})
    assert again.status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await people.stranger().get(ME, headers=bearer)).status_code == 401
    assert (await people.stranger().post("/ops", data={"token": token})).status_code == 401
    second = await people.stranger().post(
        "/api/v1/session/first", json=wanted | {"name": "other"}, headers=bearer
    )
    assert second.status_code == 401
    _, chief = await people.sign_in("chief")
    other = await chief.post("/api/v1/session/first", json=wanted | {"name": "other"})
    assert (other.status_code, code_of(other)) == (409, "LY-1816")


# ---- roles -------------------------------------------------------------------------------------


async def give(
    guard: httpx.AsyncClient, name: str, role: str, where: str = "*", **more: Any
) -> httpx.Response:
    wanted = {"role": role, "organisation": where, "reason": "test", **more}
    return await guard.post(f"/api/v1/accounts/{name}/roles", json=wanted)


@pytest.mark.parametrize("name", ["guard", "GUARD", " guard"])
async def test_nobody_gives_himself_a_role(people: People, name: str) -> None:
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    assert (await give(guard, name, "integration-watcher")).status_code in {403, 404}
    (held,) = await store.assignments_of(people.house.pool, [people.accounts["guard"].account])
    assert held.role == "security-administrator"


async def test_roles_that_exclude_each_other_are_not_given_to_one_person(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("li.na", ("integration-engineer", "H1"))
    guard = await people.browser("guard")
    for role in ("security-administrator", "audit-administrator"):
        for where in ("*", "H1", "H2"):
            refused = await give(guard, "li.na", role, where)
            assert (refused.status_code, code_of(refused)) == (409, "LY-1813")
    assert (await give(guard, "li.na", "integration-watcher")).status_code == 200


async def test_two_administrators_cannot_give_both_halves_at_once(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("li.na")
    guard = await people.browser("guard")
    answers = await asyncio.gather(
        give(guard, "li.na", "system-administrator"), give(guard, "li.na", "audit-administrator")
    )
    assert sorted(one.status_code for one in answers) == [200, 409]


async def test_a_role_with_an_end_stops_by_time(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("li.na")
    guard, browser = await people.browser("guard"), await people.browser("li.na")
    until = people.house.clock.now() + timedelta(minutes=10)
    assert (await browser.get(ME)).status_code == 403
    given = await give(guard, "li.na", "integration-watcher", until=until.isoformat())
    assert given.status_code == 200
    assert (await browser.get(ME)).status_code == 200
    pass_time(people.house, minutes=9, seconds=59)
    assert (await browser.get(ME)).status_code == 200
    pass_time(people.house, seconds=REMEMBERED_SECONDS)
    assert (await browser.get(ME)).status_code == 403
    await people.house.app.state.accounts.refresh()
    sight = await people.house.pool.fetchval(
        "SELECT count(*) FROM messagelog.sight WHERE actor = $1", people.accounts["li.na"].account
    )
    assert sight == 0, "the second wall has closed, too"


async def test_a_role_does_not_end_before_it_begins(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("li.na")
    guard = await people.browser("guard")
    past = (people.house.clock.now() - timedelta(seconds=1)).isoformat()
    refused = await give(guard, "li.na", "integration-watcher", until=past)
    assert (refused.status_code, code_of(refused)) == (422, "LY-1817")


async def test_a_time_without_its_zone_is_refused_and_not_guessed(people: People) -> None:
    await people.add("guard", GUARDIAN)
    await people.add("li.na")
    await people.add("robot", kind="service")
    guard = await people.browser("guard")
    answer = await give(guard, "li.na", "integration-watcher", until="2030-01-01T00:00:00")
    assert answer.status_code == 422
    key = {"title": "t", "expires_at": "2030-01-01T00:00:00"}
    assert (await guard.post("/api/v1/accounts/robot/keys", json=key)).status_code == 422


async def test_an_administrator_of_one_hospital_does_not_take_over_who_reaches_further(
    people: People,
) -> None:
    """To give somebody a password is to be able to act as him."""
    await people.tree({"A": None, "B": None})
    await people.add("guard.a", ("security-administrator", "A"), organisation="A")
    await people.add("wide", ENGINEER, organisation="A", password=PASSWORD)
    await people.add("narrow", ("integration-engineer", "A"), organisation="A", password=PASSWORD)
    await people.add("wide-robot", ENGINEER, organisation="A", kind="service")
    guard = await people.browser("guard.a")
    pass_time(people.house, seconds=1)
    for method, path, body in [
        ("POST", "wide/password", None),
        ("DELETE", "wide/second-factor", None),
        ("POST", "wide-robot/keys", {"title": "t"}),
    ]:
        refused = await guard.request(method, f"/api/v1/accounts/{path}", json=body)
        assert (refused.status_code, code_of(refused)) == (403, "LY-1800"), path
    assert (await guard.post("/api/v1/accounts/narrow/password")).status_code == 200


async def test_a_session_is_nothing_another_account_can_end(people: People) -> None:
    """The names of sessions are cut from digests; with one of B's, A's administrator ends none."""
    await people.tree({"A": None, "B": None})
    await people.add("guard.a", ("security-administrator", "A"), organisation="A")
    await people.add("of.a", ("integration-engineer", "A"), organisation="A")
    await people.add("of.b", ("integration-engineer", "B"), organisation="B")
    guard, b = await people.browser("guard.a"), await people.browser("of.b")
    name = await people.house.pool.fetchval(
        "SELECT left(encode(stored, 'hex'), 12) FROM security.session WHERE account = $1",
        people.accounts["of.b"].account,
    )
    for account in ("of.a", "of.b"):
        await guard.delete(f"/api/v1/accounts/{account}/sessions", params={"session": name})
    assert (await b.get(ME)).status_code == 200


async def test_nothing_of_a_secret_is_in_an_answer_that_others_read(people: People) -> None:
    _, codes = await with_factor(people)
    await people.add("guard", GUARDIAN)
    guard = await people.browser("guard")
    shown = (await guard.get("/api/v1/accounts/li.na")).text
    lines = await store.passwords_of(people.house.pool, people.accounts["li.na"].account, limit=9)
    assert "$argon2" not in shown
    assert all(code not in shown for code in codes)
    assert Sensitive(PASSWORD).reveal() not in shown
    assert all(line not in shown for line, _ in lines)
