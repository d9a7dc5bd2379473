"""From a file to a value that a hospital answers for, through the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    Caller,
    approve,
    publishing_house,
    put,
    stay,
    write,
)

JUNE = [
    stay(1, "2026-06-02"),
    stay(2, "2026-06-03", died=True),
    stay(3, "2026-06-04", department="D2"),
    stay(4, "2026-06-30", department="D2"),
    stay(5, "2026-06-05", hospital="HB", department="E1", died=True),
]


@pytest.fixture
async def served(database: str, tmp_path: Path) -> AsyncIterator[tuple[House, dict[str, Caller]]]:
    async with publishing_house(database, tmp_path) as found:
        yield found


async def test_a_value_is_published_restated_with_a_reason_and_counted_again(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    chief, owner = callers["chief"], callers["owner"]
    put(house.data_dir, JUNE)

    named = {"period": "2026-06", "codes": [CODE]}
    assert await chief.refused("/publish", named) == "LY-2524"
    hashed = await approve(callers)
    done = await chief.post("/publish", named)
    assert (done["new"], done["restated"], done["unchanged"]) == (5, 0, 0)
    again = await chief.post("/publish", {"period": "2026-06"})
    assert (again["new"], again["unchanged"], again["position"]) == (0, 5, "")
    left_out = {(one["code"], one["caliber"]): one["why"] for one in again["left_out"]}
    assert left_out["EX-17", "national-exam"] == left_out["EX-17", "bed-days"] == "draft"

    cells = (await owner.get(f"/{CODE}/published", period="2026-06", hospital="HA"))["items"]
    told = {one["department"]: one["as_published"] for one in cells}
    assert {name: (one["numerator"], one["denominator"]) for name, one in told.items()} == {
        "": ("1", "4"),
        "D1": ("1", "2"),
        "D2": ("0", "2"),
    }
    assert told[""]["value"] == 25.0
    assert told[""]["hash"] == hashed

    same = await chief.get(f"/published/{told['']['number']}/recount")
    assert same["same"]
    assert same["facts_unchanged"]
    assert same["numerator_rows"] == {"only_then": 0, "only_now": 0, "otherwise": 0}

    # A death is told late, a stay is taken back, one falls to another department.
    moved = [JUNE[0] | {"died": True}, JUNE[1], JUNE[2] | {"discharging": "D1"}, JUNE[4]]
    put(house.data_dir, moved)
    differs = await chief.get(f"/published/{told['']['number']}/recount")
    assert not differs["same"]
    assert differs["differs"] == ["encounter"]
    assert (differs["numerator"], differs["denominator"]) == ("2", "3")
    assert differs["numerator_rows"] == {"only_then": 0, "only_now": 1, "otherwise": 0}
    assert differs["denominator_rows"] == {"only_then": 1, "only_now": 0, "otherwise": 1}

    assert await chief.refused("/publish", named) == "LY-2526"
    restated = await chief.post("/publish", named | {"reason": "补报死亡一例"})
    assert (restated["new"], restated["restated"], restated["unchanged"]) == (0, 3, 2)
    cells = (await owner.get(f"/{CODE}/published", period="2026-06", hospital="HA"))["items"]
    whole = next(one for one in cells if one["department"] == "")
    assert (whole["as_published"]["value"], whole["restated"]) == (25.0, 1)
    assert whole["as_restated"]["value"] == pytest.approx(200 / 3)
    assert whole["as_restated"]["restates"] == whole["as_published"]["number"]
    assert whole["as_restated"]["reason"] == "补报死亡一例"
    gone = next(one for one in cells if one["department"] == "D2")
    assert gone["as_restated"]["denominator"] == "0"
    assert gone["as_restated"]["value"] is None

    chain = await chief.get("/published/chain")
    assert chain == {"values": 8, "broken_at": None, "chain": restated["chain"]}
    acts = [one for one in await house.acts() if one.kind == "act indicator.published"]
    assert restated["chain"].encode() in acts[-1].body


async def test_a_changed_file_has_no_approval_until_it_says_the_same_again(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    chief, owner = callers["chief"], callers["owner"]
    put(house.data_dir, JUNE)

    async def state() -> str:
        found = await owner.get(f"/{CODE}/calibers/hospital/history")
        return str(found["standings"][0]["state"])

    assert await state() == "draft"
    hashed = await approve(callers)
    assert await state() == "approved"
    write(house.content_dir, title="改了名")
    assert await state() == "approved"

    write(house.content_dir, 'class == "inpatient"')
    assert await state() == "changed since approval"
    path = f"/{CODE}/calibers/hospital"
    assert await chief.refused(f"{path}/approve", {"hash": hashed}) == "LY-2521"
    assert await chief.refused("/publish", {"period": "2026-06", "codes": [CODE]}) == "LY-2524"
    change = await owner.get(f"{path}/change", period="2026-06", hospital="HA")
    assert (change["before"]["value"], change["after"]["value"]) == (25.0, 100.0)
    assert change["numerator_rows"] == {"only_then": 0, "only_now": 3, "otherwise": 0}
    assert change["denominator_rows"] == {"only_then": 0, "only_now": 0, "otherwise": 0}

    write(house.content_dir)
    assert await state() == "approved"
    await chief.post(f"{path}/withdraw", {"hash": hashed, "note": "口径有误"})
    assert await state() == "draft"
    said = (await owner.get(f"{path}/history"))["words"]
    assert [(one["said"], one["by"]) for one in said] == [
        ("withdrawn", "chief"),
        ("approved", "chief"),
        ("proposed", "owner"),
    ]


async def test_a_preview_says_what_the_publication_says_and_writes_nothing(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    chief, named = callers["chief"], {"period": "2026-06", "codes": [CODE]}
    put(house.data_dir, JUNE)
    assert await chief.refused("/publish/preview", named) == "LY-2524"
    await approve(callers)
    seen = await chief.post("/publish/preview", named)
    assert (await chief.get(f"/{CODE}/published"))["items"] == []
    assert [one.kind for one in await house.acts()].count("act indicator.published") == 0
    done = await chief.post("/publish", named)
    assert (seen["new"], seen["restated"], seen["total"]) == (done["new"], 0, done["new"])
    cells = (await chief.get(f"/{CODE}/published"))["items"]
    told = {(one["hospital"], one["department"]): one["as_published"] for one in cells}
    for cell in seen["cells"]:
        one = told[cell["hospital"], cell["department"]]
        for what in ("numerator", "denominator", "value"):
            assert cell[what] == one[what]
    whole = next(one for one in seen["cells"] if (one["hospital"], one["department"]) == ("HA", ""))
    assert (whole["numerator_rows"], whole["denominator_rows"]) == (1, 4)

    put(house.data_dir, [JUNE[0] | {"died": True}, *JUNE[1:]])
    again = await chief.post("/publish/preview", named)
    whole, department = (one for one in again["cells"] if one["what"] == "restated")
    assert (whole["department"], department["department"]) == ("", "D1")
    assert (whole["before"], whole["value"]) == (25.0, 50.0)
    assert whole["moved"] == {"only_then": 0, "only_now": 1, "otherwise": 0}
    restated = await chief.post("/publish", named | {"reason": "补报"})
    assert (again["restated"], again["unchanged"]) == (restated["restated"], restated["unchanged"])
    mine = await callers["b"].post("/publish/preview", named)
    assert {one["hospital"] for one in mine["cells"]} == {"HB"}


async def test_rows_that_moved_between_two_definitions_are_listed(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    owner, everything = callers["owner"], Caller(house.client)
    put(house.data_dir, JUNE)
    before = await approve(callers)
    write(house.content_dir, 'class == "inpatient"')
    history = await owner.get(f"/{CODE}/calibers/hospital/history")
    after = history["standings"][0]["hash"]
    asked = {"period": "2026-06", "hospital": "HA", "before": before, "after": after}
    change = await owner.get(f"/{CODE}/calibers/hospital/change", **asked)
    turned = await owner.get(
        f"/{CODE}/calibers/hospital/change", **asked | {"before": after, "after": before}
    )
    assert turned["before"] == change["after"]
    for side, moved in (("numerator", "numerator_rows"), ("denominator", "denominator_rows")):
        for way, count in (("out", "only_then"), ("in", "only_now")):
            page = await everything.get(f"/{CODE}/moved", **asked, side=side, way=way, limit=2)
            assert page["total"] == change[moved][count]
            assert len(page["items"]) == min(2, page["total"])
            assert {row["hospital"] for row in page["items"]} <= {"HA"}
    assert change["numerator_rows"]["only_now"] == 3
    await owner.get(f"/{CODE}/moved", status=403, **asked)  # a manager sees no rows
    unknown = asked | {"before": "0" * 64}
    await everything.get(f"/{CODE}/moved", status=404, **unknown)
    await callers["b"].get(f"/{CODE}/calibers/hospital/change", status=403, **asked)


async def test_a_second_person_approves_and_only_what_waits(
    served: tuple[House, dict[str, Caller]],
) -> None:
    _, callers = served
    chief, owner, path = callers["chief"], callers["owner"], f"/{CODE}/calibers/hospital"
    hashed = (await owner.get(f"{path}/history"))["standings"][0]["hash"]
    assert await chief.refused(f"{path}/approve", {"hash": hashed}) == "LY-2522"
    await owner.post(f"{path}/propose", {"hash": hashed})
    for who, own in (("owner", True), ("chief", False)):
        (standing,) = (await callers[who].get(f"{path}/history"))["standings"]
        assert standing["own_work"] is own
    assert await owner.refused(f"{path}/approve", {"hash": hashed}) == "LY-2523"
    assert await callers["a"].refused(f"{path}/approve", {"hash": hashed}) == "LY-1800"
    done = await chief.post(f"{path}/approve", {"hash": hashed})
    assert (done["state"], done["last"]["by"]) == ("approved", "chief")
    assert await chief.refused(f"{path}/approve", {"hash": hashed}) == "LY-2522"
    assert await chief.refused("/XX-01/calibers/hospital/approve", {"hash": hashed}) == "LY-2520"


async def test_a_hospital_publishes_and_sees_its_own(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    put(house.data_dir, JUNE)
    await approve(callers)
    done = await callers["b"].post("/publish", {"period": "2026-06", "codes": [CODE]})
    assert done["new"] == 2
    assert (await callers["a"].get(f"/{CODE}/published"))["items"] == []
    (whole, _) = (await callers["b"].get(f"/{CODE}/published"))["items"]
    assert whole["hospital"] == "HB"
    number = whole["as_published"]["number"]
    await callers["a"].get(f"/published/{number}/recount", status=404)
    await callers["a"].get("/exam", status=403, year=2026, hospital="HB")
    assert await callers["a"].refused("/publish", {"period": "2026-07"}) == "LY-2525"


async def test_nobody_changes_what_was_published(
    served: tuple[House, dict[str, Caller]], database: str
) -> None:
    house, callers = served
    put(house.data_dir, JUNE)
    await approve(callers)
    await callers["chief"].post("/publish", {"period": "2026-06", "codes": [CODE]})
    for table in ("definition", "decision", "published", "alert"):
        for verb in ("DELETE FROM", "TRUNCATE"):
            statement = f"{verb} indicators.{table}" + " CASCADE" * (verb == "TRUNCATE")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await house.served.execute(statement)
            with pytest.raises(asyncpg.RaiseError):
                await house.pool.execute(statement)
    for statement in (
        "UPDATE indicators.published SET numerator = 0",
        "UPDATE indicators.decision SET by_name = 'x'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await house.served.execute(statement)
        with pytest.raises(asyncpg.RaiseError):
            await house.pool.execute(statement)

    # Whoever owns the tables and takes the guard away is found out by the chain.
    await house.pool.execute("ALTER TABLE indicators.published DISABLE TRIGGER keep")
    await house.pool.execute("UPDATE indicators.published SET numerator = 7 WHERE published = 3")
    assert (await callers["chief"].get("/published/chain"))["broken_at"] == 3
