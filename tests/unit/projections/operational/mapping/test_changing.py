"""Whatever comes to the lake, the star is what mapping all of it anew would make, to the byte."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from tests.unit.projections.operational.mapping.lakes import SETTINGS, ZONE

from lianyi.base import rows
from lianyi.base.rows import Column
from lianyi.messagelog.message import Position
from lianyi.projections.lake import keeping
from lianyi.projections.lake.follow import landed
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.landing import Arrived
from lianyi.projections.operational.mapping.build_store import FactBuilder
from lianyi.projections.operational.mapping.lake import TablesOfLake
from lianyi.projections.operational.mapping.problems import RowsMultiplied
from lianyi.projections.operational.mapping.reading import parse_mapping
from lianyi.projections.operational.mapping.report import Report
from lianyi.projections.operational.shelf import Change, Shelf
from lianyi.projections.operational.star import star

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
NAME = "his/charge.yaml"
CHARGE = """
fact: charge
hospital: H1
codes:
  payer: { "1": self, "2": employee }
  yes_no: { "1": true, "0": false }
parts:
  - table: BILL
    where: not(flag(VOID, "1"))
    lookups:
      visit: { table: VISIT, by: { VISIT_NO: "NO" } }
      item: { table: ITEM, by: { visit.KIND: KIND, ITEM: ITEM } }
    columns:
      charge: key(BILL_NO)
      ordering: visit.DEPT
      charged_at: instant(AT)
      item: ITEM
      payer: code(PAYER, payer)
      amount_fen: fen(AMOUNT)
      auxiliary: code(item.AUX, yes_no)
  - table: OLD_BILL
    columns:
      charge: key(BILL_NO)
      charged_at: month(AT)
      amount_fen: fen(AMOUNT)
"""
OTHER = CHARGE.replace("auxiliary:", "watched_consumable:")
TABLES = {
    "BILL": (("ID",), ("ID", "BILL_NO", "VISIT_NO", "ITEM", "VOID", "AT", "PAYER", "AMOUNT")),
    "OLD_BILL": ((), ("BILL_NO", "AT", "AMOUNT")),
    "VISIT": (("NO",), ("NO", "KIND", "DEPT")),
    "ITEM": (("KIND", "ITEM"), ("KIND", "ITEM", "AUX")),
}
"""Their keys and columns: by watermark; without a key; by watermark; whole each time."""

some = st.sampled_from
VALUES = {
    "ID": some([str(n) for n in range(8)]),
    "BILL_NO": some(["1", "2", "3", "4", "5", "6", " 1", "", None]),
    "VISIT_NO": some(["1", "2", "3", None]),
    "ITEM": some(["x", "y"]),
    "VOID": some(["0", "0", "0", "1"]),
    "AT": some(["2026-03-01 08:00:00", "2026-04-02", "202605", "0000-00-00", None]),
    "PAYER": some(["1", "2", "7", None]),
    "AMOUNT": some(["1.00", "2.005", "free"]),
    "NO": some(["1", "2", "3"]),
    "KIND": some(["A", "B"]),
    "DEPT": some(["01", "02", None]),
    "AUX": some(["0", "1", "9"]),
}


def rows_of(table: str, most: int = 4) -> st.SearchStrategy[list[list[str | None]]]:
    return st.lists(st.tuples(*(VALUES[one] for one in TABLES[table][1])).map(list), max_size=most)


come = some(["BILL", "BILL", "BILL", "OLD_BILL", "VISIT"]).flatmap(
    lambda table: st.tuples(st.just("come"), st.just(table), rows_of(table), st.booleans())
)
load = st.tuples(st.just("load"), rows_of("ITEM", 3), some(["ended", "ended", "broken"]))
look, compact = st.tuples(st.just("look")), st.tuples(st.just("compact"))
usual = st.one_of(come, come, come, load, compact, look, look)
rare = st.one_of(
    st.tuples(st.just("erase"), st.integers(0, 10)),
    st.tuples(st.just("file")),
    st.tuples(st.just("crash"), some(["before", "after", "moving"])),
)
histories = st.tuples(
    st.lists(usual, min_size=4, max_size=10),
    st.lists(rare, max_size=1),
    st.lists(usual, max_size=4),
).map(lambda parts: [step for part in parts for step in part])


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Hospital:
    """A lake to which things come, and two stars: one kept up, one made anew each time."""

    folder: Path
    number: int = 0
    load: int = 0
    batches: dict[str, int] = field(default_factory=dict)
    sent: list[Position] = field(default_factory=list)
    text: str = CHARGE
    reports: list[Report] = field(default_factory=list)

    def come(
        self, table: str, said: list[list[str | None]], *, is_late: bool = False, **more: Any
    ) -> None:
        """Have a message of rows come; a late one was held for a time by a gate."""
        key, columns = TABLES[table]
        self.number += 1
        self.batches[table] = self.batches.get(table, 0) + 1
        load = more.get("load")
        header = rows.Header(
            "his",
            table,
            "full" if load else "incremental",
            self.batches[table],
            len(said),
            key,
            tuple(Column(one, "text", "text") for one in columns),
            load=load,
        )
        at = Position(1, self.number)
        original = Position(2, self.number) if is_late else at
        came = START + timedelta(seconds=self.number - (3 if is_late else 0))
        landed(self.folder / "lake", [Arrived(at, original, came, header, said)])
        self.sent.append(original)

    def come_whole(self, table: str, said: list[list[str | None]], how: str = "ended") -> None:
        """Have a whole load come."""
        self.load += 1
        began = START.isoformat()
        unlike = list({tuple(row[:2]): row for row in said}.values())
        self.come(table, unlike, load=rows.Load(self.load, 1, began))
        if how == "ended":
            ended = rows.Load(self.load, 2, began, ended=True, rows=len(unlike))
            self.come(table, [], load=ended)

    def do(self, step: tuple[Any, ...]) -> None:
        match step:
            case "come", table, said, is_late:
                self.come(table, said, is_late=is_late)
            case "load", said, how:
                self.come_whole("ITEM", said, how)
            case ("compact",):
                later = START + timedelta(days=2)
                keeping.compact(self.folder / "lake", now=later)
            case "erase", number:
                if self.sent:
                    position = self.sent[number % len(self.sent)]
                    keeping.erase(self.folder / "lake", {position})
            case ("file",):
                self.text = OTHER if self.text == CHARGE else CHARGE
            case "crash", when:
                self.crash(when)
            case ("look",):
                self.compare()

    def build(self, name: str) -> Report:
        (self.folder / "scratch").mkdir(exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=self.folder / "scratch"))
        lake = TablesOfLake(Lake(self.folder / "lake"))
        shelf = Shelf(self.folder / name)
        mapping = parse_mapping(self.text, NAME)
        return FactBuilder(
            mapping, lake, shelf, zone=ZONE, settings=SETTINGS, scratch=scratch
        ).build()

    def crash(self, when: str) -> None:
        """Have the process end in the middle of putting months in their places."""
        before = bytes_of(self.folder / "kept")
        move = Change._move

        def never(self: Change, *_: object) -> None:
            raise Killed

        def stop(self: Change, number: int, put: Sequence[str], gone: Sequence[str]) -> None:
            if number != self._number:  # what the change before this one had not moved
                move(self, number, put, gone)
                return
            if when == "moving":
                move(self, number, put[:1], ())
            raise Killed

        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            if when == "before":
                patch.setattr(Change, "hold", never)
            else:
                patch.setattr(Change, "_move", stop)
            self.build("kept")
        after = bytes_of(self.folder / "kept")
        self.build(f"crash-{self.number}-{when}")
        whole = bytes_of(self.folder / f"crash-{self.number}-{when}")
        assert after == (before if when == "before" else whole) or after == before == whole

    def compare(self) -> None:
        """Look with the star that is kept up, and compare it with one that is made anew."""
        anew = f"anew-{self.number}-{len(self.reports)}"
        whole = self.build(anew)
        kept = self.build("kept")
        self.reports.append(kept)
        assert bytes_of(self.folder / "kept") == bytes_of(self.folder / anew)
        assert told(kept) == told(whole)


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = Shelf(folder).files(star()["charge"])
    return {one.name.partition(".parquet")[0]: one.read_bytes() for one in files}


def told(report: Report) -> dict[str, Any]:
    """What a report says, without the examples: any places will do."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without(one) for name, one in value.items() if name != "examples"}
        return list(map(without, value)) if isinstance(value, (list, tuple)) else value

    said: dict[str, Any] = without(report.model_dump())
    return {
        name: one
        for name, one in said.items()
        if name not in ("months_written", "rows_mapped", "whole")
    }


def hospital(folder: Path) -> Hospital:
    """A hospital of which all four tables have come."""
    made = Hospital(folder)
    made.come("VISIT", [["1", "A", "01"], ["2", "B", "02"]])
    made.come_whole("ITEM", [["A", "x", "1"], ["B", "x", "0"]])
    made.come("OLD_BILL", [["90", "202603", "1"]])
    made.come(
        "BILL",
        [
            ["0", "1", "1", "x", "0", "2026-03-01 08:00:00", "1", "1.00"],
            ["1", "2", "2", "x", "0", "2026-04-02", "2", "2.00"],
        ],
    )
    return made


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(todo=histories)
def test_the_star_is_what_mapping_everything_anew_makes(todo: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = hospital(Path(folder))
        made.compare()
        for step in todo:
            made.do(step)
        made.compare()
        for why in {one.whole for one in made.reports}:
            event(f"mapped {why or 'what is other'}")


@pytest.fixture
def made(tmp_path: Path) -> Hospital:
    made = hospital(tmp_path)
    made.compare()
    return made


def bill(number: str, **more: str) -> list[str | None]:
    said = {"ID": number, "BILL_NO": number, "VISIT_NO": "1", "ITEM": "x", "VOID": "0"}
    said |= {"AT": "2026-03-01 08:00:00", "PAYER": "1", "AMOUNT": "1.00"} | more
    return [said[one] for one in TABLES["BILL"][1]]


def test_only_what_came_is_mapped(made: Hospital) -> None:
    made.come("BILL", [bill("5")])
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (1, "")
    made.come("BILL", [bill("5", AT="2026-04-30")])  # it goes to another month
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].months_written) == (1, 2)
    made.come("BILL", [bill("5", VOID="1")])  # it is no row of the fact any more
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].months_written) == (1, 1)


def test_a_fact_may_come_to_have_no_row_and_have_some_again(made: Hospital) -> None:
    made.text = CHARGE.partition("  - table: OLD_BILL")[0]
    made.compare()
    for void in ("1", "0"):
        made.come("BILL", [bill("0", VOID=void), bill("1", VOID=void)])
        made.compare()
        assert made.reports[-1].whole == ""
        assert made.reports[-1].months == (0 if void == "1" else 1)


def test_rows_that_share_a_key_go_together_and_come_back(made: Hospital) -> None:
    made.come("BILL", [bill("5", BILL_NO="90")])  # the key of a row of the other part
    made.compare()
    assert [one.key_twice.count for one in made.reports[-1].parts] == [1, 1]
    assert made.reports[-1].whole == ""
    made.come("BILL", [bill("6", BILL_NO="90")])
    made.come("BILL", [bill("5", BILL_NO="91")])
    made.compare()
    made.come("BILL", [bill("6", BILL_NO="92")])
    made.compare()
    assert [one.key_twice.count for one in made.reports[-1].parts] == [0, 0]
    assert [one.whole for one in made.reports] == ["first", "", "", ""]


def test_rows_that_look_something_up_are_mapped_when_that_changes(made: Hospital) -> None:
    made.come("VISIT", [["2", "B", "09"]])
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (1, "")
    made.come_whole("ITEM", [["A", "x", "0"], ["B", "x", "0"]], "broken")
    made.compare()  # a load that has not ended says nothing
    assert made.reports[-1].rows_mapped == 0
    made.come_whole("ITEM", [["A", "x", "0"], ["B", "x", "0"]])
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (1, "")
    made.come_whole("ITEM", [["B", "x", "0"]])  # one is no more
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (1, "")


def test_putting_files_together_maps_nothing(made: Hospital) -> None:
    for number in "456":
        made.come("BILL", [bill(number)])
    made.compare()
    made.do(("compact",))
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (0, "")
    made.come("BILL", [bill("6", AMOUNT="9.00")])
    made.do(("compact",))  # before anybody has looked
    made.compare()
    assert (made.reports[-1].rows_mapped, made.reports[-1].whole) == (1, "")


def test_what_cannot_be_told_has_all_mapped_and_says_why(made: Hospital) -> None:
    made.do(("erase", len(made.sent) - 1))
    made.compare()
    assert made.reports[-1].whole == "pieces"
    made.do(("file",))
    made.compare()
    assert made.reports[-1].whole == "file"
    assert "columns" not in [one.whole for one in made.reports]


def test_a_lookup_that_comes_to_multiply_rows_is_refused(made: Hospital) -> None:
    made.text = CHARGE.replace('{ VISIT_NO: "NO" }', "{ VISIT_NO: KIND }")
    made.build("kept")
    made.come("VISIT", [["3", "A", "05"]])
    with pytest.raises(RowsMultiplied) as refused:
        made.build("kept")
    assert refused.value.facts["count"] == 1
    assert refused.value.where == "his/charge.yaml: parts.0.lookups.visit (VISIT)"


LOOP = """
import sys
from pathlib import Path
from tests.unit.projections.operational.mapping.test_changing import Hospital
made = Hospital(Path(sys.argv[1]))
made.build("kept")
"""


@pytest.mark.parametrize("months", [1, 6, 12])
def test_a_process_that_is_killed_leaves_the_old_or_the_new(made: Hospital, months: int) -> None:
    made.come("BILL", [bill(str(n), AT=f"2026-{n:02}-01") for n in range(1, 13)])
    made.come("VISIT", [["1", "A", "07"]])
    old = bytes_of(made.folder / "kept")
    made.build("whole")
    new = bytes_of(made.folder / "whole")
    with subprocess.Popen([sys.executable, "-c", LOOP, str(made.folder)]) as process:
        while process.poll() is None:
            beside = (made.folder / "kept" / "charge" / "his").glob("*.parquet.2")
            if sum(1 for _ in beside) >= months:
                process.kill()
    assert bytes_of(made.folder / "kept") in (old, new)
    made.compare()
