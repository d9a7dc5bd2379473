"""Sheets, filings and differences through the API, with a change of each kind planted."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    DIED,
    Caller,
    approve,
    publishing_house,
    put,
    stay,
    write,
)
from tests.unit.security.people import People

Served = tuple[House, dict[str, Caller]]
JUNE = {"period": "2026-06", "hospital": "HA"}
SHEET = "/forms/own/sheet"
STAYS = [stay(n, "2026-06-03", died=n < 2) for n in range(10)]
LINES = (
    f'{{ number: "1", indicator: {CODE}, caliber: hospital, decimals: 1 }}',
    f'{{ number: "1.1", indicator: {CODE}, side: numerator, name: {{ zh: 死亡, en: deaths }} }}',
    f'{{ number: "2", indicator: {CODE}, caliber: all-deaths }}',
    '{ number: "3", name: { zh: 床位, en: beds }, missing: { zh: 无来源, en: no source } }',
)
SECOND = """
  - caliber: all-deaths
    version: 1
    title: { zh: 含急诊, en: with emergencies }
    valid_from: 2025-01-01
    numerator: { fact: encounter, where: died, time: discharged_at, department: discharging }
    denominator: { fact: encounter, time: discharged_at, department: discharging }
"""


def define(content_dir: Path, *lines: str, where: str = DIED, version: int = 1) -> None:
    """Write the form and the indicator with two calibers."""
    write(content_dir, where, version=version)
    file = content_dir / "indicators" / f"{CODE}.yaml"
    file.write_text(file.read_text(encoding="utf-8") + SECOND.lstrip("\n"), encoding="utf-8")
    folder = content_dir / "forms"
    folder.mkdir(exist_ok=True)
    body = "\n".join(f"      - {one}" for one in lines or LINES)
    folder.joinpath("own.yaml").write_text(
        "form: own\nname: { zh: 自有月报, en: own report }\n"
        "authority: { zh: 市卫健委, en: city }\nperiod: month\neditions:\n"
        '  - edition: "2025"\n    valid_from: 2025-01-01\n'
        f"    source: {{ document: 文件, paragraph: 附表 }}\n    lines:\n{body}\n",
        encoding="utf-8",
    )


@pytest.fixture
async def served(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with publishing_house(database, tmp_path) as found:
        house, callers = found
        people = People(house)
        for name, where in (("saver", "HA"), ("saver.b", "HB")):
            await people.add(name, ("operations-analyst", where), organisation="GROUP")
            callers[name] = Caller(await people.browser(name))
        put(house.data_dir, STAYS)
        define(house.content_dir)
        yield found


async def looked(caller: Caller, **more: Any) -> dict[str, Any]:
    """Return what is sent to file the sheet as it is now."""
    sheet = await caller.get(SHEET, **JUNE)
    return JUNE | {"digest": sheet["digest"]} | more


def emergency(number: int) -> dict[str, Any]:
    return stay(number, "2026-06-04", died=True) | {"class": "emergency"}


async def test_a_sheet_is_printed_by_its_edition_and_says_where_each_line_is_from(
    served: Served,
) -> None:
    house, callers = served
    put(house.data_dir, [stay(100 + n, "2025-06-03", died=n < 1) for n in range(4)])
    a = callers["a"]
    listed = await a.get("/forms")
    assert [one["form"] for one in listed["items"]] == [
        "annual-hospital", "informatics-effect", "monthly-service", "national-exam", "own",
        "quarterly-insurance",
    ]  # fmt: skip
    assert listed["unusable"] == []
    sheet = await a.get(SHEET, **JUNE)
    assert (sheet["edition"]["edition"], sheet["over"], sheet["known"]) == ("2025", True, 3)
    assert sheet["filed"] is None
    one, deaths, second, beds = sheet["lines"]
    assert (one["shown"], one["previous"], one["source"]) == ("20.0", "25.0", "counted")
    assert (one["numerator"], one["denominator"], len(one["hash"])) == ("2", "10", 64)
    assert (deaths["shown"], deaths["unit"], deaths["name"]["zh"]) == ("2", "count", "死亡")
    assert (second["shown"], second["caliber"]) == ("20.00", "all-deaths")
    assert (beds["shown"], beds["source"], beds["why"]["zh"]) == (None, "missing", "无来源")

    await approve(callers)
    await a.post("/publish", {"period": "2026-06", "codes": [CODE]})
    now = await a.get(SHEET, **JUNE)
    assert now["lines"][0]["source"] == "published"
    assert now["digest"] != sheet["digest"]
    await a.get(SHEET, status=404, period="2024-06", hospital="HA")  # no edition held then
    for period in ("2026", "2026Q2", "2026-13"):
        await a.get(SHEET, status=422, period=period, hospital="HA")
    await a.get("/forms/never/sheet", status=404, **JUNE)
    await callers["b"].get(SHEET, status=403, **JUNE)


async def test_the_exam_is_a_form_and_says_what_its_own_page_says(served: Served) -> None:
    _, callers = served
    exam = await callers["a"].get("/exam", year=2025, hospital="HA")
    form = await callers["a"].get("/forms/national-exam/sheet", period="2025", hospital="HA")
    assert [one["number"] for one in form["lines"]] == [str(row["exam"]) for row in exam["rows"]]
    for row, line in zip(exam["rows"], form["lines"], strict=True):
        assert (row["code"], row["source"], row["caliber"]) == (
            line["code"], line["source"], line["caliber"],
        )  # fmt: skip
        assert (row["numerator"], row["denominator"]) == (line["numerator"], line["denominator"])
        assert (row["value"] is None) == (line["shown"] is None)


async def test_where_the_exam_asks_for_a_growth_it_is_told_one(served: Served) -> None:
    house, callers = served
    costs = [(1, "2024-05-06", 1_000_000), (2, "2025-05-06", 1_500_000), (3, "2025-06-03", 900_000)]
    put(house.data_dir, [stay(n, day) | {"total_fen": fen} for n, day, fen in costs])
    exam = await callers["a"].get("/exam", year=2025, hospital="HA")
    form = await callers["a"].get("/forms/national-exam/sheet", period="2025", hospital="HA")
    row, line = exam["rows"][39], form["lines"][39]
    assert (row["code"], row["unit"], row["value"]) == ("EX-40", "percent", 20.0)
    assert row["name_zh"] == line["name"]["zh"] == "住院次均费用增幅"
    assert (line["code"], line["unit"], line["shown"]) == ("EX-40", "percent", "20.00")
    assert row["why"] == line["why"]["zh"] == "本年 12,000.00 元，上年 10,000.00 元；未发布"
    before = await callers["a"].get("/exam", year=2024, hospital="HA")
    assert before["rows"][39]["value"] is None
    assert before["rows"][39]["why"].startswith("本年 10,000.00 元，上年 —")


async def test_a_sheet_is_saved_as_a_file_and_the_log_says_so(served: Served) -> None:
    house, callers = served
    saver = callers["saver"]
    answer = await saver.get("/forms/own/sheet.csv", **JUNE)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert ["# 报表", "自有月报"] in rows
    (one,) = [row for row in rows if row[0] == "1"]
    assert one[2:5] == ["测试死亡率", "20.0", "%"]
    book = await saver.get("/forms/own/sheet.xlsx", language="en", **JUNE)
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        assert b"own report" in opened.read("xl/worksheets/sheet1.xml") + opened.read(
            "docProps/core.xml"
        )
    await callers["saver.b"].get("/forms/own/sheet.csv", status=403, **JUNE)
    await callers["a"].get("/forms/own/sheet.csv", status=403, **JUNE)  # may not export
    (shard,) = await house.log.shards()
    kinds = [one.kind for one in await house.log.read(shard, after=0, limit=1_000)]
    assert kinds.count("act access.export_form_sheet_as_csv") == 3
    assert kinds.count("act access.export_form_sheet") == 1


async def test_a_sheet_is_filed_once_and_again_only_with_a_reason(served: Served) -> None:
    house, callers = served
    a, second, b = callers["a"], callers["a2"], callers["b"]
    wanted = await looked(a, note="按时")
    assert await b.refused("/forms/own/file", wanted) == "LY-1800"
    assert await a.refused("/forms/own/file", wanted | {"digest": "0" * 64}) == "LY-2542"
    assert await a.refused("/forms/own/file", wanted | {"period": "2026-07"}) == "LY-2525"

    first = await a.post("/forms/own/file", wanted)
    assert (first["state"], first["known"], first["lines"]) == ("waiting", 3, 4)
    assert [one["shown"] for one in first["items"]] == ["20.0", "2", "20.00", None]
    number = first["number"]
    answer = await a.get(f"/forms/filings/{number}/file")
    assert hashlib.sha256(answer.content).hexdigest() == first["sha256"]
    assert len(answer.content) == first["bytes"]
    assert await a.refused(f"/forms/filings/{number}/confirm") == "LY-2523"
    assert await b.refused(f"/forms/filings/{number}/confirm") == "LY-2544"
    await b.get(f"/forms/filings/{number}", status=404)
    await b.get(f"/forms/filings/{number}/file", status=404)
    assert (await b.get("/forms/filings"))["items"] == []
    done = await second.post(f"/forms/filings/{number}/confirm")
    assert (done["state"], done["confirmed_by"], done["note"]) == ("in_force", "a2", "按时")
    assert await second.refused(f"/forms/filings/{number}/confirm") == "LY-2545"

    put(house.data_dir, [*STAYS, stay(50, "2026-06-09", died=True)])
    wanted = await looked(a, kind="csv")
    assert await a.refused("/forms/own/file", wanted) == "LY-2543"
    again = await a.post("/forms/own/file", wanted | {"reason": "补报一例"})
    sheet = await a.get(SHEET, **JUNE)
    assert sheet["filed"]["number"] == number  # the first holds until the new one is confirmed
    await second.post(f"/forms/filings/{again['number']}/confirm")
    listed = (await a.get("/forms/filings", form="own", **JUNE))["items"]
    assert [(one["number"], one["state"], one["reason"]) for one in listed] == [
        (again["number"], "in_force", "补报一例"),
        (number, "replaced", ""),
    ]
    kept = await a.get(f"/forms/filings/{number}")
    assert kept["items"] == first["items"]
    answer = await a.get(f"/forms/filings/{again['number']}/file")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    acts = [one for one in await house.acts() if one.kind.startswith("act indicator.fil")]
    assert [one.kind for one in acts] == [
        "act indicator.filed", "act indicator.filing_confirmed",
        "act indicator.filed", "act indicator.filing_confirmed",
    ]  # fmt: skip

    (house.data_dir / "indicators" / "filings" / first["sha256"]).write_bytes(b"changed")
    await a.get(f"/forms/filings/{number}/file", status=503)


def told(difference: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {one["number"]: tuple(one["causes"]) for one in difference["lines"]}


async def filed(callers: dict[str, Caller]) -> None:
    wanted = await looked(callers["a"])
    first = await callers["a"].post("/forms/own/file", wanted)
    await callers["a2"].post(f"/forms/filings/{first['number']}/confirm")


async def difference(callers: dict[str, Caller]) -> dict[str, Any]:
    found: dict[str, Any] = await callers["a"].get("/forms/own/difference", **JUNE)
    return found


async def test_what_was_filed_differs_for_each_cause_that_was_planted(served: Served) -> None:
    house, callers = served
    before = await difference(callers)
    assert before["filing"] is None
    assert set(told(before).values()) == {("not_filed",)}
    await filed(callers)
    same = await difference(callers)
    assert told(same) == dict.fromkeys(("1", "1.1", "2", "3"), ("same",))
    assert same["differs"] == 0
    await callers["b"].get("/forms/own/difference", status=403, **JUNE)

    # Somebody died in the emergency department: what boards show counts inpatients only.
    put(house.data_dir, [*STAYS, emergency(60)])
    other = await difference(callers)
    assert told(other) == told(same) | {"2": ("data",)}
    (two,) = [one for one in other["lines"] if one["number"] == "2"]
    assert (two["filed"], two["now"], two["difference"]) == ("20.00", "27.27", "7.27")
    assert (two["board"], two["board_difference"]) == ("20.00", "0.00")
    await _file_again(callers)
    caliber = await difference(callers)
    assert told(caliber)["2"] == ("caliber",)
    (two,) = [one for one in caliber["lines"] if one["number"] == "2"]
    assert (two["filed"], two["now"], two["board"]) == ("27.27", "27.27", "20.00")
    assert two["board_caliber"]["zh"] == "院内"

    # The definition changes, then the data, too; then the form itself.
    define(house.content_dir, where='class == "inpatient"', version=2)
    changed = await difference(callers)
    assert told(changed)["1"] == ("definition",)
    one = changed["lines"][0]
    assert (one["filed"], one["now"], one["by_then"]) == ("20.0", "100.0", "20.0")
    put(house.data_dir, [*STAYS, emergency(60), stay(61, "2026-06-05", died=True)])
    both = await difference(callers)
    assert told(both)["1"] == ("definition", "data")
    assert both["lines"][0]["by_then"] == "27.3"

    define(house.content_dir, LINES[0], LINES[1].replace('"1.1"', '"9"'))
    form = await difference(callers)
    assert told(form)["9"] == ("not_filed",)
    assert {number for number, found in told(form).items() if found == ("not_on_form",)} == {
        "1.1", "2", "3",
    }  # fmt: skip


async def _file_again(callers: dict[str, Caller]) -> None:
    wanted = await looked(callers["a"], reason="数据补报")
    again = await callers["a"].post("/forms/own/file", wanted)
    await callers["a2"].post(f"/forms/filings/{again['number']}/confirm")


async def test_one_publication_does_not_hide_that_the_data_changed(served: Served) -> None:
    house, callers = served
    await approve(callers)
    await callers["a"].post("/publish", {"period": "2026-06", "codes": [CODE]})
    await filed(callers)
    put(house.data_dir, [*STAYS, stay(62, "2026-06-05", died=True)])
    sheet = await callers["a"].get(SHEET, **JUNE)
    assert sheet["lines"][0]["shown"] == "20.0"  # as published
    assert told(await difference(callers))["1"] == ("data",)


async def test_a_faulty_form_is_told_and_the_others_go_on(served: Served) -> None:
    house, callers = served
    file = house.content_dir / "forms" / "own.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("caliber: all-deaths", "caliber: all-death"), encoding="utf-8")
    listed = await callers["a"].get("/forms")
    assert len(listed["items"]) == 5
    (problem,) = listed["unusable"]
    assert problem["where"] == "forms/own.yaml: editions.0.lines.2.caliber"
    assert "'all-deaths'" in problem["en"]
    answer = await callers["a"].get(SHEET, status=422, **JUNE)
    assert answer["error"]["code"] == "LY-2540"
