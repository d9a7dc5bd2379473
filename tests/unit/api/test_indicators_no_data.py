"""A hospital whose source is not connected has no data: that is no zero, whatever the path."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.unit.applications.indicators.publishing.star_house import (
    Caller,
    approve,
    publishing_house,
    put,
    stay,
)
from tests.unit.security.people import People

from lianyi.projections.operational.star import star

from .house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[House, dict[str, Caller]]
OPERATIONS = "EX-04"
"""Operations of patients who left, by the stays of all: of the facts surgery and encounter."""


def operation(number: int, day: str, *, department: str) -> dict[str, Any]:
    """An invented operation of a stay that ended on a day."""
    left = datetime.fromisoformat(f"{day}T09:00:00")
    return dict.fromkeys(star()["surgery"].columns) | {
        "surgery": f"or^{number}",
        "encounter": f"his^{number}",
        "hospital": "HA",
        "operating": department,
        "discharging": department,
        "started_at": left - timedelta(days=1),
        "discharged_at": left,
        "kind": "operation",
        "cancelled": False,
        "origin": f"1-{number}",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """HA sends stays from April on and operations from May on; HB sends stays of June, no more."""
    async with publishing_house(module_database, tmp_path_factory.mktemp("house")) as found:
        house, callers = found
        people = People(house)
        for name, where in (("reader", "*"), ("reader of b", "HB")):
            await people.refresh()
            await people.add(name, ("operations-analyst", where), organisation="GROUP")
            callers[name] = Caller(await people.browser(name))
        stays = [
            stay(number, f"2026-{month:02}-{number % 27 + 1:02}", department=f"D{number % 2 + 1}")
            for number, month in enumerate([4, 4, 5, 5, 6, 6, 6, 6])
        ]
        others = [stay(n, "2026-06-11", hospital="HB", department="E1") for n in (21, 22)]
        put(house.data_dir, [*stays, *others])
        put(
            house.data_dir,
            [
                operation(2, "2026-05-03", department="D1"),
                operation(4, "2026-06-05", department="D1"),
            ],
            fact="surgery",
        )
        yield found


async def figures(caller: Caller, **asked: Any) -> Any:
    (item,) = (await caller.get("/values", **({"codes": OPERATIONS} | asked)))["items"]
    return item


async def test_a_tile_and_its_line_say_no_data_and_why(served: Served) -> None:
    board = await served[1]["b"].get("/board", month="2026-06")
    (tile,) = (one for one in board["tiles"] if one["code"] == OPERATIONS)
    assert tile["way"] == "no_data"
    assert tile["figure"] is None
    assert tile["reached"] is None
    assert not tile["complete"]
    assert "的“一台手术”数据，可由SIU 消息带来" in tile["why"]["zh"]
    assert {one["value"] for one in tile["line"]} == {None}
    (stays,) = (one for one in board["tiles"] if one["code"] == "INP-005")
    assert stays["figure"]["value"] == 2
    assert [one["value"] for one in stays["line"]][-2:] == [None, 2], "not connected in May"


async def test_a_department_without_an_operation_has_a_true_zero(served: Served) -> None:
    item = await figures(served[1]["owner"], period="2026-06", by="department")
    cells = {(f["hospital"]["code"], f["department"]["code"]): f for f in item["figures"]}
    assert cells["HA", "D2"]["value"] == 0
    assert cells["HA", "D2"]["no_data"] is None
    other = cells["HB", "E1"]
    assert (other["numerator"], other["denominator"], other["value"]) == (None, None, None)
    assert "尚未接入" in other["no_data"]["zh"]
    assert other["rank"] is None
    assert item["way"] == "counted"
    narrowed = await figures(
        served[1]["owner"], period="2026-06", by="department", department="D2", hospital="HA"
    )
    assert narrowed["all"]["value"] == 0, "the hospital's own rows say that it is known"


async def test_months_begin_with_the_first_row_and_compare_with_nothing_before(
    served: Served,
) -> None:
    a = served[1]["a"]
    item = await figures(a, period="2026-03..2026-07", by="month")
    assert [one["value"] for one in item["figures"]] == [None, None, 50, 25, None]
    why = [(one["no_data"] or {"zh": ""})["zh"] for one in item["figures"]]
    assert "自 2026-05 开始" in why[1]
    assert "只到 2026-06" in why[4]
    may = item["figures"][2]
    assert may["previous"] is may["on_previous"] is may["last_year"] is None
    later = await figures(a, period="2026-07", by="month")
    assert (later["way"], later["all"], later["complete"]) == ("no_data", None, False)


async def test_what_is_put_together_freely_says_so_too(served: Served) -> None:
    owner = served[1]["owner"]
    found = await owner.get("/explored", codes=OPERATIONS, period="2026-06", by="hospital")
    cells = {one["places"][0]["code"]: one for one in found["items"][0]["cells"]}
    assert cells["HA"]["value"] == 25
    assert cells["HB"]["numerator"] is cells["HB"]["value"] is None
    assert cells["HB"]["no_data"]["en"].startswith("no data (not connected)")
    alone = await served[1]["b"].get("/explored", codes=OPERATIONS, period="2026-06", by="")
    assert (alone["items"][0]["way"], alone["items"][0]["all"]) == ("no_data", None)


async def test_nothing_is_made_of_what_is_not_known(served: Served) -> None:
    owner, b = served[1]["owner"], served[1]["b"]
    of = await owner.get(f"/{OPERATIONS}/benchmark", period="2026-06", of="hospital")
    assert [row["place"]["code"] for row in of["rows"]] == ["HA"]
    mine = await b.get(f"/{OPERATIONS}/benchmark", period="2026-06", of="hospital", hospital="HB")
    assert (mine["way"], mine["rows"], mine["rank"]) == ("no_data", [], None)
    for path, code in (
        (f"/{OPERATIONS}/contribution", "LY-2570"),
        (f"/{OPERATIONS}/impact", "LY-2570"),
        (f"/{OPERATIONS}/forecast", "LY-2572"),
    ):
        asked = {} if "forecast" in path else {"period": "2026-06", "against": "previous"}
        told = await b.client.get(f"/api/v1/indicators{path}", params=asked)
        assert told.json()["error"]["code"] == code
        assert "无数据" in told.json()["error"]["zh"]["why"]
    asked = {"period": "2026-06", "against": "previous", "by": "hospital"}
    parts = await owner.get("/INP-005/contribution", **asked)
    rows = {row["hospital"]["code"]: row for row in parts["rows"]}
    assert rows["HB"]["numerator_before"] is rows["HB"]["value_before"] is None
    assert rows["HB"]["value"] == 2


async def test_a_file_says_no_data_and_no_zero(served: Served) -> None:
    reader = served[1]["reader"]
    asked = {"codes": OPERATIONS, "period": "2026-06", "by": "hospital", "form": "csv"}
    text = (await reader.get("/files/values", **asked)).content.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(text)) if "HB" in line]
    assert lines
    assert all(any(cell.startswith("无数据") for cell in line) for line in lines)
    board = await served[1]["reader of b"].get("/files/board", month="2026-06", form="csv")
    said = board.content.decode("utf-8-sig")
    assert "无数据（尚未接入）：从未收到含“出院时间”的“一台手术”数据" in said


async def test_what_is_not_known_is_not_published_and_raises_no_alert(served: Served) -> None:
    callers = served[1]
    chief = callers["chief"]
    await approve(callers, OPERATIONS, "national-exam")
    wanted = {"caliber": "national-exam", "value": 40}
    await chief.post(f"/{OPERATIONS}/targets", wanted | {"period": "2026-06", "hospital": ""})
    rule = {"caliber": "national-exam", "hospital": "", "kind": "target", "limit": 0}
    await chief.post(f"/{OPERATIONS}/alert-rules", rule | {"ends": False})

    asked = {"period": "2026-06", "codes": [OPERATIONS], "caliber": "national-exam"}
    preview = await chief.post("/publish/preview", asked)
    assert {cell["hospital"] for cell in preview["cells"]} == {"HA"}
    (left_out,) = preview["left_out"]
    assert (left_out["hospital"], left_out["why"]) == ("HB", "no data")
    assert "尚未接入" in left_out["no_data"]["zh"]
    done = await chief.post("/publish", asked)
    assert done["new"] == 3
    assert done["left_out"] == [left_out]
    alerts = (await chief.get("/alerts"))["items"]
    assert {one["hospital"] for one in alerts} == {"HA"}
    assert await chief.refused("/publish", asked | {"period": "2026-03"}) == "LY-2534"


async def test_the_exam_says_what_is_missing_and_counts_no_zero(served: Served) -> None:
    b = served[1]["b"]
    rows = {row["exam"]: row for row in (await b.get("/exam", year=2026, hospital="HB"))["rows"]}
    assert (rows[4]["source"], rows[4]["value"]) == ("missing", None)
    assert rows[4]["why"].startswith("无数据（尚未接入）")
    mine = (await served[1]["a"].get("/exam", year=2026, hospital="HA"))["rows"][3]
    assert mine["source"] == "counted"


async def test_two_definitions_of_what_is_not_known_are_not_compared(served: Served) -> None:
    detail = await served[1]["owner"].get(f"/{OPERATIONS}")
    one, other, *_ = (caliber["hash"] for caliber in detail["calibers"])
    path = f"/{OPERATIONS}/calibers/national-exam/change"
    asked = {"period": "2026-06", "hospital": "HB", "before": one, "after": other}
    found = await served[1]["b"].get(path, **asked)
    assert found["before"]["numerator"] is found["after"]["value"] is None
    assert "无数据" in found["after"]["no_data"]["zh"]
