"""Reading the lake: what a table held, and what it holds now."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pytest

from lianyi.base.rows import Column, Load
from lianyi.messagelog.archive_file import SegmentWriter, file_name
from lianyi.messagelog.chain import GENESIS, relink
from lianyi.messagelog.message import LogMessage
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.landing import said_in
from lianyi.projections.lake.problems import BrokenSegment, NoSuchLakeTable, UnreadableRows

from .making import COLUMNS, START, all_of, arrived, body, land, now_of, row


def test_rows_lie_as_the_source_gave_them_with_where_they_came_from(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(7, 1, [row(1, "first"), row(2, None)])])

    first, second = all_of(lake)
    assert first == {
        "id": 1,
        "fee": Decimal("12.50"),
        "at": datetime(2026, 3, 2, 8, 0, 30, 123456),  # noqa: DTZ001 - of a clock without zone
        "note": "first",
        "_position": "1-7",
        "_row": 0,
        "_received_at": datetime(2026, 3, 2, 8, 0, 37, tzinfo=UTC),
        "_load": None,
        "_batch": 1,
        "_mode": "incremental",
        "_odd": None,
    }
    assert (second["_row"], second["note"]) == (1, None)
    assert [str(one) for one in lake.tables()] == ["his.visit"]
    assert [path.name for path in lake.files("his", "visit")] == ["1-7-7.parquet"]


def test_the_last_word_on_a_key_counts(tmp_path: Path) -> None:
    lake = land(
        tmp_path,
        [arrived(1, 1, [row(1, "old"), row(2, "stays")])],
        [arrived(2, 2, [row(1, "new"), row(1, "newest")])],
    )

    assert [(one["id"], one["note"]) for one in now_of(lake)] == [(1, "newest"), (2, "stays")]
    assert len(all_of(lake)) == 4


def test_keys_that_do_not_fit_their_type_stay_apart(tmp_path: Path) -> None:
    large = ["9" * 25, "1.00", None, "a"]
    larger = ["8" * 25, "1.00", None, "b"]
    lake = land(tmp_path, [arrived(1, 1, [large, larger]), arrived(2, 2, [[*large[:3], "c"]])])

    assert sorted(one["note"] for one in now_of(lake)) == ["b", "c"]
    contents = lake.contents("his", "visit")
    assert contents is not None
    assert contents.odd == 3


def test_of_a_full_table_the_newest_load_that_ended_is_shown(tmp_path: Path) -> None:
    def part(number: int, load: int, keys: list[int], **more: object) -> object:
        said = Load(load, 1, f"2026-03-0{load}T00:00:00", **more)  # type: ignore[arg-type]
        return arrived(number, number, [row(key) for key in keys], mode="full", load=said)

    lake = land(
        tmp_path,
        [part(1, 1, [1, 2, 3]), part(2, 1, [], ended=True, rows=3)],  # type: ignore[list-item]
        [part(3, 2, [2]), part(4, 2, [4])],  # type: ignore[list-item]
    )
    assert [one["id"] for one in now_of(lake)] == [1, 2, 3]

    land(tmp_path, [part(5, 2, [], ended=True, rows=2)])  # type: ignore[list-item]
    assert [one["id"] for one in now_of(lake)] == [2, 4]


def test_a_table_whose_first_load_has_not_ended_shows_nothing(tmp_path: Path) -> None:
    load = Load(1, 1, "2026-03-02T00:00:00")
    lake = land(tmp_path, [arrived(1, 1, [row(1)], mode="full", load=load)])

    assert now_of(lake) == []
    assert len(all_of(lake)) == 1


def test_columns_may_come_go_and_change_their_type(tmp_path: Path) -> None:
    other = (
        Column("id", "varchar(20)", "text"),
        Column("fee", "numeric(14,4)", "decimal"),
        Column("ward", "text", "text"),
    )
    lake = land(
        tmp_path,
        [arrived(1, 1, [row(1, "before")])],
        [arrived(2, 2, [["A1", "0.1234", "W3"], ["1", "2.0000", "W4"]], columns=other)],
    )

    found = now_of(lake)
    assert [(one["id"], one["ward"], one["note"]) for one in found] == [
        ("1", "W4", None),
        ("A1", "W3", None),
    ]
    assert found[1]["fee"] == Decimal("0.1234")
    assert [one["note"] for one in all_of(lake)] == ["before", None, None]


def test_names_that_duckdb_takes_for_one_or_that_are_ours_stay_apart(tmp_path: Path) -> None:
    columns = (COLUMNS[0], Column("ID", "text", "text"), Column("_row", "text", "text"))
    lake = land(tmp_path, [arrived(1, 1, [["1", "upper", "theirs"]], columns=columns)])

    (found,) = all_of(lake)
    assert (found["id"], found["ID_2"], found["_row_2"], found["_row"]) == (1, "upper", "theirs", 0)


def test_a_table_without_a_key_in_its_files_is_read_with_one_that_is_given(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1, "a")]), arrived(2, 2, [row(1, "b")])])
    (path,) = lake.files("his", "visit")
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    backend = ibis.duckdb.connect()

    rows = Lake(tmp_path).current(backend, "his", "visit", key=["id"]).to_pyarrow().to_pylist()

    assert [one["note"] for one in rows] == ["b"]
    assert lake.contents("his", "visit") is None


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert lake.tables() == []
    for source, table in (("his", "visit"), ("..", "visit"), ("log", "1")):
        with pytest.raises(NoSuchLakeTable):
            lake.current(ibis.duckdb.connect(), source, table)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1)])])
    (path,) = lake.files("his", "visit")
    path.write_bytes(b"PAR1 no PAR1")

    with pytest.raises(BrokenSegment):
        lake.contents("his", "visit")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        body(1, [row(1)])[:-10],
        body(1, [row(1)]).replace(b'"source":"his"', b'"source":"../x"'),
        body(1, [row(1)]).replace(b'"key":["id"]', b'"key":["none"]'),
        body(1, [row(1)]).replace(b'"batch":1', b'"batch":"1"'),
        body(1, [row(1)]).replace(b'"batch":1', b'"batch":99999999999999999999'),
    ],
)
def test_what_is_no_message_of_rows_is_refused(text: bytes) -> None:
    with pytest.raises(UnreadableRows):
        said_in(text, where="1-1")


def test_closed_segments_of_the_log_are_tables_as_they_lie(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    messages = []
    chain = GENESIS
    for number in (1, 2):
        one = LogMessage(
            3, number, START, 1, "hl7v2 ADT^A01", b"MSH|", "utf-8", "HIS", ("c:1",), 0, None, b""
        )
        chain = relink(chain, one)
        messages.append(one._replace(chain=chain))
    path = archive / file_name(3, 1, 2)
    with SegmentWriter(path, before=GENESIS, product="test") as writer:
        writer.add(messages)
        writer.seal(2)
    lake = Lake(tmp_path / "lake", archive=archive)

    (named,) = lake.tables()
    found = lake.current(ibis.duckdb.connect(), *named).to_pyarrow().to_pylist()

    assert named == ("log", "3")
    assert [(one["number"], one["kind"], one["body"]) for one in found] == [
        (1, "hl7v2 ADT^A01", b"MSH|"),
        (2, "hl7v2 ADT^A01", b"MSH|"),
    ]
