"""What is printed is aligned, stays on its line and never commands the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.cli.printing import local, one_line, read_instant, safe_text, table, width

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("abc") == 3
    assert width("通道a") == 5


@given(text=st.text(), columns=st.integers(4, 80))
def test_one_line_is_one_printable_line_within_its_width(text: str, columns: int) -> None:
    line = one_line(text, columns)

    assert width(line) <= columns
    assert line.isprintable()


@given(text=st.text())
def test_text_of_a_message_carries_no_control_characters(text: str) -> None:
    assert all(mark.isprintable() or mark in "\n\t" for mark in safe_text(text))


@given(
    rows=st.lists(
        st.tuples(st.text(min_size=1, max_size=80), st.text(max_size=80), st.just("end")),
        min_size=1,
        max_size=6,
    )
)
def test_the_columns_of_a_table_stand_below_each_other(rows: list[tuple[str, str, str]]) -> None:
    lines = table(["a", "b", "last"], rows).split("\n")

    assert len(lines) == len(rows) + 1
    starts = {width(line[: line.rindex("end")]) for line in lines[1:]}
    assert starts == {width(lines[0][: lines[0].rindex("last")])}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-03-01", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("2026-03-01T08:15", datetime(2026, 3, 1, 0, 15, tzinfo=UTC)),
        ("2026-03-01T08:15+00:00", datetime(2026, 3, 1, 8, 15, tzinfo=UTC)),
        ("2026-03-01T08:15Z", datetime(2026, 3, 1, 8, 15, tzinfo=UTC)),
    ],
)
def test_a_point_in_time_is_read_as_people_write_it(text: str, meant: datetime) -> None:
    assert read_instant(text, zone=SHANGHAI, now=NOW) == meant


@pytest.mark.parametrize("text", ["yesterday", "", "2h ago", "2026-13-01", "h"])
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_instant(text, zone=SHANGHAI, now=NOW)


@given(seconds=st.integers(946_684_800, 4_102_444_800))  # 2000 to 2100
def test_what_is_shown_can_be_typed_again(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    shown = local(at.isoformat(), SHANGHAI)

    assert read_instant(shown, zone=SHANGHAI, now=NOW) == at
