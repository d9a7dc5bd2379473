"""Entered figures, the exam, targets, alerts and the registers, through the API."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    NOW,
    Caller,
    approve,
    publishing_house,
    put,
    stay,
    write,
)

DEATHS = {1: 2, 2: 1, 3: 2, 4: 1, 5: 2, 6: 8}
"""Of ten stays a month."""


@pytest.fixture
async def served(database: str, tmp_path: Path) -> AsyncIterator[tuple[House, dict[str, Caller]]]:
    async with publishing_house(database, tmp_path) as found:
        yield found


def entry(numerator: str) -> dict[str, str]:
    return {
        "period": "2025",
        "hospital": "HA",
        "numerator": numerator,
        "evidence": "国家临检中心证书",
        "file": "证书-2025.pdf",
        "sha256": "a" * 64,
    }


async def test_an_entered_figure_holds_when_a_second_person_confirms_it(
    served: tuple[House, dict[str, Caller]],
) -> None:
    _, callers = served
    a, second = callers["a"], callers["a2"]
    assert await a.refused(f"/{CODE}/entries", entry("3")) == "LY-2528"
    assert await callers["b"].refused("/EX-13/entries", entry("3")) == "LY-1800"
    assert await a.refused("/EX-13/entries", entry("3") | {"period": "2026"}) == "LY-2525"

    first = await a.post("/EX-13/entries", entry("31"))
    assert first["state"] == "waiting"
    assert first["own_work"]
    assert not (await callers["a2"].get("/entries"))["items"][0]["own_work"]
    assert await a.refused(f"/entries/{first['number']}/confirm") == "LY-2523"
    assert await callers["b"].refused(f"/entries/{first['number']}/confirm") == "LY-2529"
    assert await _exam(a) == ("missing", None, "填报待确认")
    done = await second.post(f"/entries/{first['number']}/confirm")
    assert (done["state"], done["confirmed_by"]) == ("confirmed", "a2")
    assert await second.refused(f"/entries/{first['number']}/confirm") == "LY-2533"
    assert await _exam(a) == ("entered", 31.0, "国家临检中心证书")

    corrected = await second.post("/EX-13/entries", entry("32"))
    assert await _exam(a) == ("entered", 31.0, "国家临检中心证书")
    await a.post(f"/entries/{corrected['number']}/confirm")
    assert await _exam(a) == ("entered", 32.0, "国家临检中心证书")
    listed = (await a.get("/entries", code="EX-13"))["items"]
    assert [(one["numerator"], one["state"]) for one in listed] == [
        ("32", "confirmed"),
        ("31", "replaced"),
    ]
    assert (await callers["b"].get("/entries", code="EX-13"))["items"] == []


async def _exam(caller: Caller) -> tuple[str, float | None, str]:
    rows = (await caller.get("/exam", year=2025, hospital="HA"))["rows"]
    row = rows[12]
    return row["source"], row["value"], row["why"]


def visit(number: int, day: str) -> dict[str, Any]:
    """An invented visit of an outpatient."""
    came = stay(number, day)
    return came | {
        "class": "outpatient",
        "discharging": None,
        "registering": "D1",
        "registered_at": came["discharged_at"],
    }


async def test_the_exam_has_56_rows_published_before_counted_before_missing(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    put(
        house.data_dir,
        [
            *(stay(n, f"2025-0{n}-03") for n in range(1, 5)),
            *(visit(10 + n, "2025-06-01") for n in range(6)),
            *(stay(30 + n, "2024-03-01") for n in range(2)),
            visit(32, "2024-03-02"),
        ],
    )
    sheet = await callers["a"].get("/exam", year=2025, hospital="HA")
    assert [row["exam"] for row in sheet["rows"]] == list(range(1, 57))
    assert sheet["over"]
    first = sheet["rows"][0]
    assert (first["code"], first["source"], first["why"]) == ("EX-01", "counted", "未发布")
    assert (first["numerator"], first["denominator"], first["value"]) == ("6", "4", 1.5)
    assert (first["previous"], first["change"]) == (0.5, 200.0)
    assert sheet["known"] == sum(row["value"] is not None for row in sheet["rows"])
    assert all(row["why"] for row in sheet["rows"] if row["source"] == "missing")

    await approve(callers, "EX-01", "national-exam")
    await callers["a"].post("/publish", {"period": "2025", "codes": ["EX-01"]})
    answer = await callers["a"].client.get(
        "/api/v1/indicators/exam.csv", params={"year": 2025, "hospital": "HA"}
    )
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(rows) == 56
    told = dict(zip(head, rows[0], strict=True))
    assert [told[one] for one in ("编码", "数值", "来源", "上年")] == [
        "EX-01", "1.5", "已发布", "0.5",
    ]  # fmt: skip


async def test_alerts_of_targets_of_what_was_usual_and_of_what_is_missing(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    chief, a = callers["chief"], callers["a"]
    put(
        house.data_dir,
        [
            stay(
                month * 100 + n, f"2026-0{month}-03", died=n < (8 if month == 6 else month % 2 + 1)
            )
            for month in range(1, 7)
            for n in range(10)
        ]
        + [stay(month * 10, f"2025-{month}-05") for month in range(10, 13)],
    )
    await approve(callers)
    for month in ("2025-10", "2025-11", "2025-12", *(f"2026-0{n}" for n in range(1, 6))):
        await chief.post("/publish", {"period": month, "codes": [CODE]})
    target = {"period": "2026-06", "hospital": "HA", "value": 20}
    (kept,) = (await a.post(f"/{CODE}/targets", target))["items"]
    assert (kept["target"], kept["value"], kept["forecast"]) == (20.0, None, None)
    assert await a.refused(f"/{CODE}/targets", target | {"hospital": ""}) == "LY-1800"
    await a.post(f"/{CODE}/targets", {"period": "2026", "hospital": "HA", "value": 20})
    for kind, limit in (("target", 10), ("sudden", 2), ("missing", 5)):
        await chief.post(f"/{CODE}/alert-rules", {"kind": kind, "limit": limit})

    assert await a.post("/alerts/evaluate", {"period": "2026-06"}) == {"raised": 1}
    (missing,) = (await a.get("/alerts"))["items"]
    assert (missing["kind"], missing["department"], missing["value"]) == ("missing", "", None)
    done = await chief.post("/publish", {"period": "2026-06", "codes": [CODE]})
    assert done["alerts"] == 3  # the target, and what is not usual of the hospital and D1
    assert await a.post("/alerts/evaluate", {"period": "2026-06"}) == {"raised": 0}
    assert (await callers["b"].get("/alerts"))["items"] == []

    found = {(one["kind"], one["department"]): one for one in (await a.get("/alerts"))["items"]}
    assert found["target", ""]["highest"] == pytest.approx(22.0)
    assert found["sudden", "D1"]["value"] == 80.0
    year = next(
        one for one in (await a.get("/targets", code=CODE))["items"] if one["period"] == "2026"
    )
    assert year["forecast"] == pytest.approx(100 * sum(DEATHS.values()) / 60)

    number = found["target", ""]["number"]
    assert await callers["b"].refused(f"/alerts/{number}/acknowledge", {"note": "x"}) == "LY-2530"
    heard = await a.post(f"/alerts/{number}/acknowledge", {"note": "已核查"})
    assert [heard[one] for one in ("state", "acknowledged_by", "note")] == [
        "acknowledged", "a", "已核查",
    ]  # fmt: skip
    number = found["sudden", "D1"]["number"]
    until = (NOW + timedelta(days=3)).isoformat()
    past = (NOW - timedelta(days=3)).isoformat()
    assert await a.refused(f"/alerts/{number}/silence", {"until": past, "note": "x"}) == "LY-2525"
    silent = await a.post(f"/alerts/{number}/silence", {"until": until, "note": "改造期间"})
    assert silent["state"] == "silenced"
    assert len((await a.get("/alerts", state="open"))["items"]) == 2
    house.clock.advance(timedelta(days=4))
    callers = {"a": Caller(house.client)}
    assert len((await callers["a"].get("/alerts", state="open"))["items"]) == 3
    kinds = {one.kind for one in await house.acts()}
    assert {
        "act indicator.targeted", "act indicator.ruled", "act indicator.alerted",
        "act indicator.acknowledged", "act indicator.silenced",
    } <= kinds  # fmt: skip


async def test_a_condition_is_open_once_however_often_it_is_raised(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    chief, a = callers["chief"], callers["a"]
    put(house.data_dir, [stay(1, "2025-06-02")])
    await approve(callers)
    await chief.post("/publish", {"period": "2025-06", "codes": [CODE]})
    await chief.post(f"/{CODE}/alert-rules", {"kind": "missing", "limit": 5})
    for month in range(1, 6):
        house.clock.advance(timedelta(minutes=1))
        done = await chief.post("/alerts/evaluate", {"period": f"2026-0{month}"})
        assert done == {"raised": 1}
    (one,) = (await a.get("/alerts", state="open"))["items"]
    assert (one["period"], one["times"]) == ("2026-05", 5)
    assert one["since"] < one["raised_at"]
    until = (NOW + timedelta(days=3)).isoformat()
    first = one["number"] - 4
    silent = await a.post(f"/alerts/{first}/silence", {"until": until, "note": "补发中"})
    assert (silent["number"], silent["state"]) == (one["number"], "silenced")
    await a.post(f"/alerts/{one['number']}/acknowledge", {"note": "已补发"})
    assert (await a.get("/alerts", state="open"))["items"] == []
    assert len((await callers["b"].get(f"/{CODE}/watched"))["items"]) == 1
    house.clock.advance(timedelta(days=4))
    a, chief = Caller(house.client), Caller(house.client)
    assert await chief.post("/alerts/evaluate", {"period": "2026-06"}) == {"raised": 1}
    (again,) = (await a.get("/alerts", state="open"))["items"]
    assert (again["period"], again["times"]) == ("2026-06", 1)
    said = (await a.get(f"/{CODE}/watched"))["items"]
    assert [(one["said"], one["kind"], one["note"]) for one in said] == [
        ("acknowledged", "missing", "已补发"),
        ("silenced", "missing", "补发中"),
        ("ruled", "missing", ""),
    ]


async def test_the_registers_say_what_held_on_a_day(
    served: tuple[House, dict[str, Caller]],
) -> None:
    house, callers = served
    hashed = await approve(callers)
    house.clock.advance(timedelta(minutes=5))
    now = await callers["owner"].get("/registers")
    mine = [one for one in now["calibers"] if one["code"] == CODE]
    assert [(one["hash"], one["approved_by"], one["in_file"]) for one in mine] == [
        (hashed, "chief", True)
    ]
    facts = {one["fact"]: one for one in now["metadata"]}
    assert facts["encounter"]["key"] == "encounter"
    assert hashed in {one["hash"] for one in now["rules"]}
    dimensions = {one["dimension"]: one for one in now["dimensions"]}
    assert "encounter" in dimensions["discharging"]["facts"]
    assert CODE in {one["code"] for one in now["statistical_metadata"]}

    before = await callers["owner"].get("/registers", as_of="2026-07-09")
    (mine,) = [one for one in before["calibers"] if one["code"] == CODE]
    assert mine["approved_by"] == ""
    for never in ("0001-01-01", "9999-12-31"):
        await callers["owner"].get("/registers", status=422, as_of=never)
    early = await callers["owner"].get("/registers", as_of="2024-12-31")
    assert CODE not in {one["code"] for one in early["calibers"]}

    write(house.content_dir, 'class == "inpatient"', version=2)
    now = await callers["owner"].get("/registers")
    mine = [one for one in now["calibers"] if one["code"] == CODE]
    assert {(one["version"], one["in_file"], one["approved_by"]) for one in mine} == {
        (2, True, ""),
        (1, False, "chief"),
    }
