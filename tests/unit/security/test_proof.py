"""A browser left open is not enough to change a second factor."""

from __future__ import annotations

from datetime import timedelta

import httpx
from tests.unit.api.house import House
from tests.unit.security.people import PASSWORD, People

ME = "/api/v1/me"
OFFER = f"{ME}/second-factor"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def later(house: House, *, seconds: float) -> None:
    house.clock.advance(timedelta(seconds=seconds))


async def test_a_second_factor_is_begun_with_a_password_shown_in_the_last_five_minutes(
    house: House, people: People
) -> None:
    await people.add("li.na", ("integration-engineer", "*"), password=PASSWORD)
    browser = await people.browser("li.na")
    later(house, seconds=300)
    assert (await browser.post(OFFER)).status_code == 200
    later(house, seconds=1)
    refused = await browser.post(OFFER)
    assert (refused.status_code, code_of(refused)) == (403, "LY-1897")

    wrong = await browser.post(f"{ME}/proof", json={"password": "wrong"})
    assert (wrong.status_code, code_of(wrong)) == (401, "LY-1802")
    assert code_of(await browser.post(OFFER)) == "LY-1897"

    assert (await browser.post(f"{ME}/proof", json={"password": PASSWORD})).status_code == 204
    assert (await browser.post(OFFER)).status_code == 200
    later(house, seconds=301)
    assert code_of(await browser.post(OFFER)) == "LY-1897"
    acts = [one.kind for one in await house.acts()]
    assert acts.count("act session.proved") == 1
    assert acts.count("act session.refused") == 1


async def test_somebody_elses_factor_is_taken_away_with_ones_own_password(
    house: House, people: People
) -> None:
    await people.add("li.na", ("integration-engineer", "*"))
    await people.add("guard", ("security-administrator", "*"), password=PASSWORD)
    guard, other = await people.browser("guard"), await people.browser("guard")
    path = "/api/v1/accounts/li.na/second-factor"
    later(house, seconds=301)
    assert code_of(await guard.delete(path)) == "LY-1897"
    await guard.post(f"{ME}/proof", json={"password": PASSWORD})
    assert code_of(await other.delete(path)) == "LY-1897", "another session has shown nothing"
    assert code_of(await guard.delete(path)) == "LY-1815", "he has none, but it may be asked for"


async def test_guessing_the_password_again_locks_the_account(people: People) -> None:
    await people.add("li.na", ("integration-engineer", "*"), password=PASSWORD)
    browser = await people.browser("li.na")
    for _ in range(5):
        assert (await browser.post(f"{ME}/proof", json={"password": "no"})).status_code == 401
    right = await browser.post(f"{ME}/proof", json={"password": PASSWORD})
    assert right.status_code == 401


async def test_whoever_has_no_password_here_signs_in_again(house: House, people: People) -> None:
    await people.add("li.na", ("integration-engineer", "*"))
    browser = await people.browser("li.na")
    later(house, seconds=301)
    assert (await browser.post(f"{ME}/proof", json={"password": "any"})).status_code == 401
    assert code_of(await browser.post(OFFER)) == "LY-1897"
    fresh = await people.browser("li.na")
    assert (await fresh.post(OFFER)).status_code == 200
