"""The same seed gives the same bytes; files of the lake and messages of rows say the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner

from lianyi.base import rows
from lianyi.simulate.command import simulate
from lianyi.simulate.errors import HistoryIsThere, HistoryUnwritable
from lianyi.simulate.history.lake_files import schema_of
from lianyi.simulate.history.making import make_files, make_rows
from lianyi.simulate.history.store import Wanted
from lianyi.simulate.history.tables import declared

from .made import SMALL, Made, opened

TINY = Wanted(encounters=1000, seed=3, months=2, ends=date(2026, 10, 1))
KNOWN = 3008507486037521324


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.parquet")):
        found.update(str(path.relative_to(folder)).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    other = Wanted(TINY.encounters, TINY.seed + 1, TINY.months, TINY.ends)
    for name, wanted in {"one": TINY, "two": TINY, "other": other}.items():
        make_files(wanted, tmp_path / name)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "other")


def test_the_engine_hashes_as_it_did_when_histories_were_made() -> None:
    """Another hash would be another history for every seed: say so in the changelog."""
    assert duckdb.sql("SELECT hash(1::BIGINT, 'clinic', 11, 1::BIGINT)").fetchall() == [(KNOWN,)]


def test_messages_of_rows_hold_what_the_files_hold(tmp_path: Path) -> None:
    counts = make_rows(TINY, tmp_path / "rows")
    assert counts == make_files(TINY, tmp_path / "lake")
    said: dict[str, list[list[rows.Value]]] = {}
    loads: dict[str, rows.Load] = {}
    for path in sorted((tmp_path / "rows").iterdir()):
        header, found = rows.read(path.read_bytes())
        assert header.source == declared().source
        assert header.load is not None
        assert header.load.part == header.batch == getattr(loads.get(header.table), "part", 0) + 1
        loads[header.table] = header.load
        said.setdefault(header.table, []).extend(found)
    for name, table in declared().tables.items():
        assert loads[name].ended
        assert loads[name].rows == counts[name] == len(said[name])
        lies = pa.concat_tables(
            pq.read_table(path)
            for path in sorted(
                (tmp_path / "lake/raw/yxhis" / name).iterdir(),
                key=lambda path: int(path.stem.split("-")[1]),
            )
        )
        columns = [one.name for one in table.columns]
        texts = lies.select(columns).cast(pa.schema([(one, pa.string()) for one in columns]))
        expected = [
            [value and value.removesuffix(".000000") for value in row.values()]
            for row in texts.to_pylist()
        ]
        assert said[name] == expected


def test_a_file_says_of_itself_what_the_lake_wants_to_know(small: Made) -> None:
    for name, table in declared().tables.items():
        said, rows_held = [], 0
        for path in sorted((small.folder / "raw/yxhis" / name).iterdir()):
            schema = pq.read_schema(path)
            assert schema.equals(schema_of(table))
            said.append(json.loads(schema.metadata[b"lianyi"]))
            rows_held += pq.read_metadata(path).num_rows
            shard, first, last = path.stem.split("-")
            assert (shard, first) == ("9999", last)
        ended = [one["loads"][0] for one in said if one["loads"][0]["ended"]]
        assert [one["said"] for one in ended] == [rows_held]
        assert sum(one["rows"] for one in said) == rows_held
        assert {tuple(one["key"]) for one in said} == {table.key}
        assert [one["batch_from"] for one in said].count(len(said)) == 1


def test_a_history_of_another_scale_has_the_same_shape(small: Made, tmp_path: Path) -> None:
    make_files(Wanted(SMALL.encounters // 4, SMALL.seed, SMALL.months, SMALL.ends), tmp_path)
    engine, quarter = opened(tmp_path)
    share = "SELECT {}, count(*) / sum(count(*)) OVER () FROM {} GROUP BY 1"
    shape = {
        "visits of a class": share.format("JZLX", "MZ_GHXX"),
        "stays of a class": share.format("JZLX", "ZY_BRXX"),
        "charges of a kind": share.format("FYLB", "MZ_SFMX"),
        "drugs and devices": "SELECT 'share', sum(YPJE) / sum(ZJE) FROM MZ_GHXX",
    }
    for name, question in shape.items():
        one, other = dict(small.ask(question)), dict(quarter.ask(question))
        assert one.keys() == other.keys(), name
        assert max(abs(one[key] - other[key]) for key in one) < 0.03, name
    length = "SELECT avg(ZYTS) FROM BA_SYXX JOIN ZY_BRXX USING (ZYXH) WHERE JZLX = '5'"
    assert quarter.one(length) == pytest.approx(small.one(length), rel=0.2)
    engine.close()


def test_two_histories_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "raw/yxhis").mkdir(parents=True)
    with pytest.raises(HistoryIsThere):
        make_files(TINY, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryUnwritable, match="LY-1705"):
        make_rows(TINY, tmp_path / "file" / "below")


def test_the_command_tells_how_many_rows_it_wrote(tmp_path: Path) -> None:
    call = ["history", "--out", str(tmp_path), "--encounters", "1000", "--months", "1"]
    done = CliRunner().invoke(simulate, call)
    assert done.exit_code == 0, done.output
    counts = json.loads(done.output)["rows"]
    assert counts["KS_ZD"] == 60
    again = CliRunner().invoke(simulate, call)
    assert again.exit_code == 1
    assert "LY-1704" in again.output


def test_asking_for_help_loads_no_engine() -> None:
    code = "import sys; import lianyi.simulate.command; print('duckdb' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
