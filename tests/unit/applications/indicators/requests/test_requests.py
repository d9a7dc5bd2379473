"""Requests for figures: filed, decided by a second person, answered, and seen for a time."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from random import Random
from uuid import UUID

import asyncpg
import openpyxl  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import CODE, TREE, Caller, approve
from tests.unit.security.people import People

from lianyi.applications.indicators.requests import service
from lianyi.applications.indicators.requests.model import MOVES, Said, State, move

from .request_house import (
    ASK,
    PATH,
    QUESTION,
    ROWS,
    STAYS,
    answered,
    approved,
    later,
    places,
    request_house,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[House, dict[str, Caller], People]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    async with request_house(module_database, tmp_path_factory.mktemp("house")) as found:
        yield found


async def test_a_request_is_filed_asked_back_amended_approved_answered_and_seen(
    served: Served,
) -> None:
    house, who, _ = served
    one = await who["a"].post(PATH, ASK)
    path = f"{PATH}/{one['request']}"
    assert (one["state"], one["version"], one["own"]) == ("asked", 1, True)
    assert one["may"] == ["amended", "withdrawn"]
    assert one["organisation_name"]["zh"]

    back = {"version": 1, "said": "returned", "note": "按科室还是按病区？"}
    seen = await who["steward"].post(f"{path}/decision", back)
    assert (seen["state"], seen["may"]) == ("returned", [])
    said = ASK | {"version": 2, "words": "各科室六月的住院死亡率", "note": "按科室"}
    answer = await who["a"].client.put(f"/api/v1/indicators{path}", json=said)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "asked"
    decided = await who["steward"].post(f"{path}/decision", {"version": 3, "said": "approved"})
    assert (decided["state"], decided["open_days"]) == ("approved", 14)
    await who["a"].get(f"{path}/figures", status=409)
    done = await who["analyst"].post(f"{path}/answer", {"version": 4, "question": QUESTION})
    assert (done["state"], done["is_open"]) == ("answered", True)

    view = await who["a"].get(f"{path}/figures")
    assert places(view) == {("HA", "D1"), ("HA", "D2")}
    history = (await who["a"].get(path))["history"]
    assert [one["said"] for one in history] == [
        "filed", "returned", "amended", "approved", "answered",
    ]  # fmt: skip
    assert [one["note"] for one in history][1:3] == ["按科室还是按病区？", "按科室"]
    kinds = Counter(one.kind for one in await house.log.read(0, after=0, limit=1000))
    for said_ in ("filed", "returned", "amended", "approved", "answered"):
        assert kinds[f"act figure_request.{said_}"] >= 1


async def test_nobody_decides_about_his_own(served: Served) -> None:
    _, who, _ = served
    one = await who["steward"].post(PATH, ASK)
    assert one["may"] == ["amended", "withdrawn"]
    path = f"{PATH}/{one['request']}"
    assert await who["steward"].refused(f"{path}/decision", {"version": 1, "said": "approved"}) == (
        "LY-2603"
    )
    decided = {"version": 1, "said": "refused", "note": "已有月报"}
    assert (await who["second steward"].post(f"{path}/decision", decided))["state"] == "refused"


async def test_of_many_who_decide_at_once_one_decides(served: Served) -> None:
    house, who, _ = served
    for n in range(4):
        one = await who["a"].post(PATH, ASK)
        path = f"/api/v1/indicators{PATH}/{one['request']}/decision"
        deciders = [who["steward"], who["second steward"], who["chief"], who["a2"]]
        said = [
            {"version": 1, "said": "approved", "open_days": 7}
            if (n + k) % 2
            else {"version": 1, "said": "refused", "note": "否"}
            for k in range(len(deciders) * 2)
        ]
        answers = await asyncio.gather(
            *(x.client.post(path, json=s) for x, s in zip(deciders * 2, said, strict=True))
        )
        codes = Counter(answer.status_code for answer in answers)
        assert codes == {200: 1, 409: len(answers) - 1}
        now = await who["a"].get(f"{PATH}/{one['request']}")
        assert now["version"] == 2
        assert [x["said"] for x in now["history"]] == ["filed", now["state"]]
        acts = [
            x
            for x in await house.log.read(0, after=0, limit=10_000)
            if x.kind.startswith("act figure_request.") and one["request"].encode() in x.body
        ]
        assert len(acts) == 2


async def test_the_table_of_moves_is_what_the_doors_do(served: Served) -> None:
    _, who, _ = served
    one = await approved(who, "a", ASK)
    path = f"{PATH}/{one['request']}"
    again = {"version": 2, "said": "approved"}
    assert await who["steward"].refused(f"{path}/decision", again) == "LY-2602"
    assert await who["steward"].refused(f"{path}/decision", again | {"version": 1}) == "LY-2601"
    assert await who["steward"].refused(f"{path}/decision", {"version": 2, "said": "refused"}) == (
        "LY-1601"
    ), "a refusal says why"
    await who["steward"].post(f"{path}/revoke", {"version": 2, "note": "误批"})
    assert await who["a"].refused(f"{path}/withdraw", {"version": 3}) == "LY-2602"
    assert await who["analyst"].refused(f"{path}/answer", {"version": 3, "question": QUESTION}) == (
        "LY-2602"
    )
    ends = {State.REFUSED, State.WITHDRAWN, State.REVOKED}
    assert all(move(state, said) is None for state in ends for said in MOVES)
    assert {after for _, after in MOVES.values()} | {State.ASKED} == set(State)
    assert set(MOVES) == set(Said) - {Said.FILED}


async def test_an_answer_is_closed_when_its_time_is_over_or_it_is_taken_back(
    served: Served,
) -> None:
    _, who, _ = served
    gone = await answered(who, "a", ASK)
    await who["a"].get(f"{gone}/figures")
    await who["second steward"].post(f"{gone}/revoke", {"version": 3, "note": "数据有误"})
    assert (await who["a"].get(f"{gone}/figures", status=409))["error"]["code"] == "LY-2604"

    path = await answered(who, "a", ASK)
    await later(served, 6)
    again = {"version": 3, "question": QUESTION | {"by": "month"}}
    corrected = await who["analyst"].post(f"{path}/answer", again)
    assert corrected["is_open"]
    await later(served, 2)
    assert (await who["a"].get(f"{path}/figures", status=409))["error"]["code"] == "LY-2604"
    assert (await who["a"].get(path))["is_open"] is False


async def test_only_who_asks_decides_or_answers_there_is_told(served: Served) -> None:
    _, who, _ = served
    one = await who["a"].post(PATH, ASK)
    path = f"{PATH}/{one['request']}"
    for stranger in ("b", "steward of b", "doctor"):
        await who[stranger].get(path, status=404)
        listed = await who[stranger].get(PATH)
        assert one["request"] not in [x["request"] for x in listed["items"]]
    decided = {"version": 1, "said": "approved"}
    assert await who["steward of b"].refused(f"{path}/decision", decided) == "LY-2600"
    assert await who["a2"].refused(f"{path}/withdraw", {"version": 1}) == "LY-2600"
    assert await who["doctor"].refused(f"{path}/decision", decided) == "LY-1800"
    for told in ("a", "a2", "steward", "second steward", "analyst of a"):
        assert (await who[told].get(path))["words"] == ASK["words"]
    everything = await who["owner"].post(PATH, ASK | {"organisation": ""})
    await who["second steward"].get(f"{PATH}/{everything['request']}", status=404)
    await who["steward"].get(f"{PATH}/{everything['request']}")


async def test_nobody_sees_by_an_answer_more_than_he_may_or_than_was_granted(
    served: Served,
) -> None:
    _, who, _ = served
    path = await answered(who, "owner", ASK)
    assert places(await who["owner"].get(f"{path}/figures")) == {("HA", "D1"), ("HA", "D2")}, (
        "the owner sees both hospitals, and asked for one"
    )
    path = await answered(who, "a", ASK | {"organisation": "GROUP"})
    assert places(await who["a"].get(f"{path}/figures")) == {("HA", "D1"), ("HA", "D2")}
    whole = places(await who["steward"].get(f"{path}/figures"))
    assert whole == set(STAYS.values()), "whoever may see more sees what was granted"
    path = await answered(who, "a", ASK, department="D1", hospital="HA")
    assert places(await who["a"].get(f"{path}/figures")) == {("HA", "D1")}
    assert await who["b"].refused(PATH, ASK) == "LY-2504", "he sees nothing of it himself"


async def test_rows_need_the_right_of_both_and_the_approval(served: Served) -> None:
    _, who, _ = served
    assert await who["a"].refused(PATH, ROWS) == "LY-2606", "no role of his shows rows"
    one = await who["analyst of a"].post(PATH, ROWS)
    path = f"{PATH}/{one['request']}"
    decided = {"version": 1, "said": "approved"}
    assert await who["a2"].refused(f"{path}/decision", decided) == "LY-2504", "a manager sees none"
    await who["steward"].post(f"{path}/decision", decided)
    await who["analyst"].post(f"{path}/answer", {"version": 2, "question": QUESTION})
    rows = await who["analyst of a"].get(f"{path}/rows/{CODE}")
    assert {row["hospital"] for row in rows["items"]} == {"HA"}
    assert rows["total"] == 1
    assert (await who["analyst of a"].get(f"{path}/rows/{CODE}", side="denominator"))["total"] == 2
    assert (await who["analyst of a"].get(f"{path}/rows/EX-04", status=403))["error"]["code"] == (
        "LY-2605"
    )
    figures = await answered(who, "analyst of a", ASK)
    refused = await who["analyst of a"].get(f"{figures}/rows/{CODE}", status=403)
    assert refused["error"]["code"] == "LY-2605"


async def test_an_answer_is_saved_as_it_is_seen_by_whoever_may_save(served: Served) -> None:
    _, who, people = served
    await people.add("saver", ("operations-analyst", "HA"), organisation="GROUP")
    who["saver"] = Caller(await people.browser("saver"))
    path = await answered(who, "saver", ROWS)

    async def saved(**more: str) -> bytes:
        answer = await who["saver"].client.get(f"/api/v1/indicators{path}/file", params=more)
        assert answer.status_code == 200, answer.text
        return answer.content

    shown = places(await who["saver"].get(f"{path}/figures"))
    text = list(csv.reader(io.StringIO((await saved(form="csv")).decode("utf-8-sig"))))
    head = next(n for n, row in enumerate(text) if row and row[0].startswith("编码"))
    cells = [row for row in text[head + 1 :] if row[4] != "合计"]
    assert {(row[5], row[7]) for row in cells} == shown == {("HA", "D1"), ("HA", "D2")}
    assert any("saver" in cell for row in text[:head] for cell in row), "it says who took it"
    book = openpyxl.load_workbook(io.BytesIO(await saved(form="xlsx")), read_only=True)
    found = [row for row in book.active.iter_rows(values_only=True) if row[0] == CODE]
    assert {(row[5], row[7]) for row in found if row[4] != "合计"} == shown
    rows = (await saved(form="csv", rows_of=CODE, side="denominator")).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(rows))][1:] == ["HA", "HA"]
    sheet = await saved(form="xlsx", rows_of=CODE)
    keys = openpyxl.load_workbook(io.BytesIO(sheet), read_only=True).active
    assert [row[0] for row in keys.iter_rows(values_only=True)].count("HA") == 1

    refused = await who["saver"].get(f"{path}/file", status=403, rows_of="EX-04")
    assert refused["error"]["code"] == "LY-2605"
    figures = await answered(who, "saver", ASK)
    refused = await who["saver"].get(f"{figures}/file", status=403, rows_of=CODE)
    assert refused["error"]["code"] == "LY-2605"
    own = await answered(who, "a", ASK)
    await who["a"].get(f"{own}/figures")
    await who["a"].get(f"{own}/file", status=403)
    assert (await who["b"].get(f"{own}/file", status=403))["error"]["code"] == "LY-1800"


async def test_whatever_people_may_see_an_answer_shows_what_all_of_them_may(
    served: Served,
) -> None:
    _, who, people = served
    random = Random(26)
    tree = {**TREE, "E1": "HB", "E2": "HB"}
    await people.tree(tree)

    def reached(code: str) -> set[tuple[str, str]]:
        return {pair for pair in STAYS.values() if code in {"*", "GROUP"} or code in pair}

    for n in range(24):
        asker, decider, about = (
            random.choice(("GROUP", *STAYS[random.randint(1, 4)])) for _ in "123"
        )
        asks, decides = f"asker {n}", f"decider {n}"
        await people.add(asks, ("operations-analyst", asker), organisation="GROUP")
        await people.add(decides, ("data-steward", decider), organisation="GROUP")
        one, other = [Caller(await people.browser(name)) for name in (asks, decides)]
        filed = await one.client.post(
            f"/api/v1/indicators{PATH}", json=ROWS | {"organisation": about}
        )
        assert (filed.status_code == 403) == (not reached(asker) & reached(about)), filed.text
        if filed.status_code == 403:
            continue
        path = f"{PATH}/{filed.json()['request']}"
        said = await other.client.post(
            f"/api/v1/indicators{path}/decision", json={"version": 1, "said": "approved"}
        )
        below = reached(about) <= reached(decider) and decider in {"GROUP", about, *_above(about)}
        assert (said.status_code == 200) == below, (asker, decider, about, said.text)
        if said.status_code != 200:
            continue
        await who["analyst"].post(f"{path}/answer", {"version": 2, "question": QUESTION})
        wanted = reached(asker) & reached(decider) & reached(about)
        assert places(await one.get(f"{path}/figures")) == wanted
        rows = await one.get(f"{path}/rows/{CODE}", side="denominator")
        assert {row["hospital"] for row in rows["items"]} == {hospital for hospital, _ in wanted}
        assert rows["total"] == len(wanted)
        file = await one.get(f"{path}/file", form="csv", rows_of=CODE, side="denominator")
        assert len(file.text.splitlines()) == 1 + len(wanted)
    await people.tree(TREE)


def _above(code: str) -> set[str]:
    return {hospital for hospital, department in STAYS.values() if department == code}


async def test_what_is_there_already_is_offered(served: Served) -> None:
    _, who, _ = served
    kept = {"name": "各科室死亡情况", "asked": QUESTION | {"period": ""}, "shared": True}
    await who["owner"].post("/explorations", kept)
    await who["owner"].post("/explorations", kept | {"name": "死亡情况草稿", "shared": False})
    found = (await who["a"].get(f"{PATH}/existing", words="各科室六月的测试死亡率"))["items"]
    named = {one["name"]["zh"]: one for one in found}
    assert named["测试死亡率"]["code"] == CODE
    assert named["测试死亡率"]["approved"] is False
    assert named["各科室死亡情况"]["saved"] is not None
    assert "死亡情况草稿" not in named, "it is not shared"
    await approve(who)
    again = (await who["a"].get(f"{PATH}/existing", words=f"想要 {CODE}"))["items"]
    assert [(one["code"], one["approved"]) for one in again] == [(CODE, True)]
    assert (await who["a"].get(f"{PATH}/existing", words="毫不相干"))["items"] == []


async def test_what_cannot_be_asked_is_not_filed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, who, _ = served
    for wrong, code in (
        ({"period": "June"}, "LY-2503"),
        ({"question": QUESTION | {"codes": "NO-01"}}, "LY-2502"),
        ({"question": QUESTION | {"by": "weather"}}, "LY-2546"),
        ({"organisation": "NOWHERE"}, "LY-2504"),
        ({"words": " "}, "LY-1601"),
    ):
        assert await who["a2"].refused(PATH, ASK | wrong) == code
    monkeypatch.setattr(service, "OPEN_MAX", 1)
    mine = await who["b"].post(PATH, ASK | {"organisation": "HB"})
    assert await who["b"].refused(PATH, ASK | {"organisation": "HB"}) == "LY-2607"
    await who["b"].post(f"{PATH}/{mine['request']}/withdraw", {"version": 1})
    await who["b"].post(PATH, ASK | {"organisation": "HB"})


async def test_the_oldest_come_first_and_pages_hold_each_once(served: Served) -> None:
    _, who, _ = served
    for _ in range(3):
        await who["b"].post(PATH, ASK | {"organisation": "HB"})
    whole = [x["request"] for x in (await who["steward of b"].get(PATH))["items"]]
    paged: list[str] = []
    skip: int | None = 0
    while skip is not None:
        page = await who["steward of b"].get(PATH, skip=skip, limit=2)
        paged += [x["request"] for x in page["items"]]
        skip = page["next_skip"]
    assert paged == whole
    assert len(set(paged)) == len(paged)
    times = [x["filed_at"] for x in (await who["steward"].get(PATH))["items"]]
    assert times == sorted(times)
    over = await who["steward"].get(PATH, open=False)
    changed = [x["changed_at"] for x in over["items"]]
    assert changed == sorted(changed, reverse=True)
    assert {x["state"] for x in over["items"]} <= {"refused", "answered", "withdrawn", "revoked"}


async def test_the_wall_keeps_requests_of_others(served: Served) -> None:
    house, who, _ = served
    mine = await who["a"].post(PATH, ASK)
    request = UUID(mine["request"])
    accounts = dict(await house.pool.fetch("SELECT name, account FROM security.account"))
    for name, seen in (("b", 0), ("doctor", 0), ("a2", 1), ("steward", 1)):
        async with house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL ROLE lianyi_doors")
            await connection.execute(
                "SELECT set_config('lianyi.actor', $1, true)", str(accounts[name])
            )
            for table in ("request", "word"):
                found = await connection.fetch(
                    f"SELECT FROM requests.{table} WHERE request = $1", request
                )
                assert len(found) == seen, (name, table)
            moved = await connection.execute(
                "UPDATE requests.request SET version = version WHERE request = $1", request
            )
            assert moved == f"UPDATE {seen}"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO requests.word VALUES"
                        " ($1, 9, 'approved', '', 'x', $2, now(), 0, 1)",
                        request, accounts["owner"],
                    )  # fmt: skip
    with pytest.raises(asyncpg.RaiseError):
        await house.pool.execute("UPDATE requests.word SET note = ''")
