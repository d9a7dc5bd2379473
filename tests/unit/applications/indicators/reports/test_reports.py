"""Reports from the order to the letter: made with the sight of whoever ordered, sent once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from lianyi.applications.indicators.reports.numbers import with_unit

from .postbox import Postbox, pdf_of, post
from .report_house import SAYS, reporting, words_of

DAY = timedelta(days=1)


async def test_a_report_is_mailed_when_it_is_due_and_says_what_the_screen_says(
    database: str, tmp_path: Path
) -> None:
    async with post() as box, reporting(database, tmp_path, port=box.port) as of:
        ordered = await of.order("president")
        assert ordered["next_at"] == "2026-04-02T00:00:00Z"
        assert await of.maker.look() == 0
        await of.later(31 * DAY)
        assert await of.maker.look() == 1
        assert await of.maker.look() == 0

        ((receivers, letter),) = box.letters
        assert receivers == ["president@hospital.test"]
        assert letter["Subject"] == "院长月报 · 2026 年 3 月"
        assert letter["Auto-Submitted"] == "auto-generated"
        shown = await of.get("president", f"/reports/{ordered['report']}")
        (run,) = shown["runs"]
        assert (run["state"], run["key"]) == ("sent", "2026-03")
        assert run["told"] == ["president@hospital.test"]
        assert shown["alarm"] is None
        path = f"/reports/{ordered['report']}/runs/{run['run']}/file"
        assert await of.get("president", path) == pdf_of(letter)

        words = words_of(pdf_of(letter))
        board = await of.get("president", "/board", month="2026-03")
        for tile in board["tiles"]:
            assert "".join(tile["name"]["zh"].split()) in words
            if tile["figure"]:
                value = with_unit(tile["figure"]["value"], tile["unit"], "zh")
                assert "".join(value.split()) in words, (tile["code"], value)
        assert run["watermark"] in words
        assert "第1页，共" in words
        assert "M1" not in words  # no patient's number
        acts = [one for one in await of.acts() if one.startswith("report.")]
        assert acts == ["report.ordered", "report.made", "report.sent"]


async def test_what_is_on_a_report_is_in_the_sight_of_whoever_ordered_it(
    database: str, tmp_path: Path
) -> None:
    async with post() as box, reporting(database, tmp_path, port=box.port) as of:
        for who in ("president", "head", "region"):
            report = (await of.order(who, schedule=None))["report"]
            await of.ask(who, "POST", f"/reports/{report}/run", {"month": "2026-02", "mail": True})
            assert await of.maker.look() == 1
        values = {}
        for who in ("president", "head", "region"):
            (item,) = (await of.get(who, "/values", codes="VIS-001", period="2026-02"))["items"]
            values[who] = item["all"]["value"]
        assert len(set(values.values())) == 3
        for (_, letter), who in zip(box.letters, values, strict=True):
            assert f"{values[who]:,.0f}" in words_of(pdf_of(letter))


async def test_the_same_watermark_gives_the_same_bytes(database: str, tmp_path: Path) -> None:
    async with reporting(database, tmp_path) as of:
        report = (await of.order("president", mails=[]))["report"]
        await of.later(31 * DAY)
        await of.maker.look()
        ((run),) = (await of.get("president", f"/reports/{report}"))["runs"]
        file = tmp_path / "data" / "reports" / f"{run['run']}.pdf"
        before = file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        await of.house.pool.execute("UPDATE reports.run SET state = 'due', made_at = NULL")
        file.unlink()
        await of.later(timedelta(hours=3))
        await of.maker.look()
        assert file.read_bytes() == before


async def test_whoever_lost_the_right_sends_nothing_and_an_alarm_says_so(
    database: str, tmp_path: Path
) -> None:
    async with post() as box, reporting(database, tmp_path, port=box.port) as of:
        report = (await of.order("president"))["report"]
        await of.house.pool.execute("UPDATE security.account SET state = 'disabled'"
                                    " WHERE name = 'president'")  # fmt: skip
        await of.later(31 * DAY)
        await of.maker.look()
        assert box.letters == []
        state, error = await of.house.pool.fetchrow("SELECT state, error FROM reports.run")
        assert (state, error["code"]) == ("refused", "LY-2585")
        overview = await of.house.get("/overview")
        told = [one for one in overview["problems"] if one["code"] == "LY-2585"]
        assert [one["where"] for one in told] == ["院长月报"]
        assert "report.refused" in await of.acts()

        await of.house.pool.execute("UPDATE security.account SET state = 'active'")
        of.people.signing_in.forget()
        run = await of.house.pool.fetchval("SELECT run FROM reports.run")
        await of.ask("president", "POST", f"/reports/{report}/runs/{run}/retry")
        await of.maker.look()
        assert len(box.letters) == 1
        assert (await of.get("president", f"/reports/{report}"))["alarm"] is None


async def test_rights_are_asked_again_before_a_letter_leaves(database: str, tmp_path: Path) -> None:
    box = Postbox(data=lambda: "451 later")
    async with post(box), reporting(database, tmp_path, port=box.port) as of:
        await of.order("president")
        await of.later(31 * DAY)
        await of.maker.look()
        await of.house.pool.execute(
            "UPDATE security.assignment SET ended_at = now() WHERE role = 'operations-analyst'"
        )
        of.people.signing_in.forget()
        box.data = lambda: None
        await of.later(timedelta(minutes=5))
        await of.maker.look()
        assert box.letters == []
        assert await of.house.pool.fetchval("SELECT state FROM reports.run") == "refused"


async def test_a_mail_server_that_stands_still_is_tried_again_and_then_left_to_a_person(
    database: str, tmp_path: Path
) -> None:
    async with post() as box:
        port = box.port
    async with reporting(database, tmp_path, port=port) as of:
        report = (await of.order("president"))["report"]
        await of.later(31 * DAY)
        waits = []
        for _ in range(3):
            assert await of.maker.look() == 1
            assert await of.maker.look() == 0  # not before its time
            (run,) = (await of.get("president", f"/reports/{report}"))["runs"]
            waits.append((run["state"], run["attempts"], run["error"]["code"]))
            await of.later(timedelta(hours=1))
        assert waits == [("made", 1, "LY-2588"), ("made", 2, "LY-2588"), ("parked", 3, "LY-2588")]
        shown = await of.get("president", f"/reports/{report}")
        assert shown["alarm"]["code"] == "LY-2588"
        async with post(port=port) as box:
            await of.ask("president", "POST", f"/reports/{report}/runs/{run['run']}/retry")
            await of.maker.look()
            assert len(box.letters) == 1
            refused = await of.ask(
                "president", "POST", f"/reports/{report}/runs/{run['run']}/retry", status=409
            )
            assert refused["error"]["code"] == "LY-2591"


async def test_each_receiver_gets_one_letter_whatever_the_others_get(
    database: str, tmp_path: Path
) -> None:
    answers = {"b@hospital.test": "450 busy", "c@hospital.test": "550 nobody"}
    box = Postbox(to=answers.get)
    async with post(box), reporting(database, tmp_path, port=box.port) as of:
        mails = ["a@hospital.test", "b@hospital.test", "c@hospital.test"]
        report = (await of.order("president", mails=mails))["report"]
        await of.later(31 * DAY)
        await of.maker.look()
        answers.pop("b@hospital.test")
        await of.later(timedelta(hours=1))
        await of.maker.look()
        assert [receivers for receivers, _ in box.letters] == [mails[:1], mails[1:2]]
        assert len({letter["Message-ID"] for _, letter in box.letters}) == 1
        (run,) = (await of.get("president", f"/reports/{report}"))["runs"]
        assert (run["told"], run["failed"]) == (mails[:2], mails[2:])


async def test_two_processes_send_one_letter(database: str, tmp_path: Path) -> None:
    async with post() as box, reporting(database, tmp_path, port=box.port) as of:
        await of.order("president")
        await of.later(31 * DAY)
        from lianyi.applications.indicators.reports.running import Maker

        makers = [Maker(of.maker._house) for _ in range(3)]
        done = await asyncio.gather(*(one.look() for one in makers))
        done.append(await of.maker.look())
        assert len(box.letters) == 1
        assert sum(done) == 1


async def test_nobody_sees_or_changes_the_reports_of_another(database: str, tmp_path: Path) -> None:
    async with reporting(database, tmp_path) as of:
        report = (await of.order("president", accounts=["planner"]))["report"]
        assert (await of.get("region", "/reports"))["items"] == []
        await of.get("region", f"/reports/{report}", status=404)
        (seen,) = (await of.get("planner", "/reports"))["items"]
        assert (seen["report"], seen["own"]) == (report, False)
        assert (await of.ask("president", "GET", "/reports"))["items"][0]["own"]
        change = {"version": 1, "says": SAYS}
        await of.ask("planner", "PUT", f"/reports/{report}", change, status=403)
        await of.ask("region", "PUT", f"/reports/{report}", change, status=404)
        await of.ask("doctor", "GET", "/reports", status=403)
        changed = await of.ask("president", "PUT", f"/reports/{report}", change)
        assert changed["version"] == 2
        twice = await of.ask("president", "PUT", f"/reports/{report}", change, status=422)
        assert twice["error"]["code"] == "LY-2583"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sections": [{"kind": "board", "board": "nosuch"}]},
        {"sections": [{"kind": "table", "codes": ["NO-999"]}]},
        {"sections": [{"kind": "table"}]},
        {"mails": ["a@b.test\r\nBcc: c@d.test"]},
        {"mails": ["a@elsewhere.test"]},
        {"accounts": ["who-is-that"]},
        {"title": "one\ntwo"},
    ],
)
async def test_a_report_that_cannot_be_is_refused(
    database: str, tmp_path: Path, wrong: dict[str, object]
) -> None:
    async with reporting(database, tmp_path, domains=("hospital.test",)) as of:
        answer = await (await of.browser("president")).post(
            "/api/v1/indicators/reports", json={"says": SAYS | wrong}
        )
        assert answer.status_code in {404, 422}, answer.text
        assert await of.house.pool.fetchval("SELECT count(*) FROM reports.report") == 0


async def test_without_a_mail_server_the_run_waits_and_the_file_is_there(
    database: str, tmp_path: Path
) -> None:
    async with reporting(database, tmp_path) as of:
        report = (await of.order("president"))["report"]
        await of.later(31 * DAY)
        await of.maker.look()
        (run,) = (await of.get("president", f"/reports/{report}"))["runs"]
        assert (run["state"], run["error"]["code"]) == ("parked", "LY-2587")
        path = f"/reports/{report}/runs/{run['run']}/file"
        assert (await of.get("president", path)).startswith(b"%PDF-")


async def test_the_daily_report_tells_what_happened_since_the_last_working_day(
    database: str, tmp_path: Path
) -> None:
    async with reporting(database, tmp_path) as of:
        listed = await of.get("president", "/reports")
        daily = next(one for one in listed["templates"] if one["template"] == "president-daily")
        says = {"title": "院长日报", "sections": daily["sections"], "schedule": daily["schedule"]}
        report = (await of.order("president", mails=[], **says))["report"]
        await of.later(timedelta(days=7))  # Monday, 9 March
        await of.maker.look()
        (run,) = (await of.get("president", f"/reports/{report}"))["runs"]
        assert (run["first_on"], run["last_on"]) == ("2026-03-06", "2026-03-08")
        path = f"/reports/{report}/runs/{run['run']}/file"
        words = words_of(await of.get("president", path))
        assert "期间动态" in words
        assert "2026-03-06至2026-03-08" in words


async def test_files_are_removed_when_their_time_is_over(database: str, tmp_path: Path) -> None:
    async with reporting(database, tmp_path) as of:
        report = (await of.order("president", mails=[]))["report"]
        await of.later(31 * DAY)
        await of.maker.look()
        (run,) = (await of.get("president", f"/reports/{report}"))["runs"]
        await of.later(1_101 * DAY)
        await of.maker.tidy()
        assert list((tmp_path / "data" / "reports").iterdir()) == []
        gone = await of.get("president", f"/reports/{report}/runs/{run['run']}/file", status=404)
        assert gone["error"]["code"] == "LY-2590"
