"""Views over the repository: as everybody may see it, and by position for a lake."""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.clinical.search.test_search_doors import EMERGENCY, PATIENT
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.cli.main import main
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.flattening import Column
from lianyi.messagelog.erase import erase
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.clinical.flat import segments
from lianyi.projections.clinical.flat.files import read_folder
from lianyi.projections.clinical.flat.forms import FORMS, written
from lianyi.projections.clinical.flat.segments import Follow, Segment, content_of, parts
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.rebuilding import rebuild

UUID = "00000000-0000-4000-8000-00000000000"
VIEW = {
    "resourceType": "ViewDefinition", "name": "results", "resource": "Observation",
    "status": "active",
    "select": [{"column": [
        {"name": "key", "path": "getResourceKey()", "type": "string"},
        {"name": "patient", "path": "subject.getReferenceKey(Patient)", "type": "string"},
        {"name": "value", "path": "value.ofType(Quantity).value", "type": "decimal"},
    ]}, {"forEachOrNull": "note", "column": [{"name": "note", "path": "text", "type": "string"}]}],
}  # fmt: skip


def write(content: Path, file: str, **more: Any) -> None:
    path = content / "clinical" / "views" / f"{file}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json_text.write({**VIEW, **more}))


def observation(id_: str, value: str, *notes: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"}, "valueQuantity": {"value": Decimal(value)},
        **({"note": [{"text": note} for note in notes]} if notes else {}),
    }  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def rows(ward: Ward, who: str, **query: str) -> list[dict[str, Any]]:
    """All rows of the view, page by page."""
    browser = await ward.people.browser(who)
    found: list[dict[str, Any]] = []
    while True:
        answer = await browser.get("/api/v1/clinical/views/results/rows", params=query)
        assert answer.status_code == 200, answer.text
        found += [json_text.read(line) for line in answer.content.splitlines()]
        if "lianyi-next" not in answer.headers:
            return found
        query["after"] = answer.headers["lianyi-next"]


async def test_everybody_has_the_rows_that_he_may_see(ward: Ward) -> None:
    content = ward.house.content_dir
    write(content, "results")
    write(content, "bad", name="bad", select=[{"column": [{"name": "a", "path": "id."}]}])
    write(content, "ours", name="o", select=[{"column": [{"name": "lianyi_x", "path": "id"}]}])
    for number in range(5):
        await ward.put(observation(f"o{number}", f"{number}.50", "a", "b"))
    await ward.put(observation("other", "7"), who="emr-b")
    found = await rows(ward, "emr", limit="2")
    assert sorted((row["key"], row["note"]) for row in found) == [
        (f"o{number}", note) for number in range(5) for note in "ab"
    ]
    assert str(next(row["value"] for row in found if row["key"] == "o1")) == "1.50"
    assert [row["key"] for row in await rows(ward, "emr-b")] == ["other"]
    browser = await ward.people.browser("emr")
    listed = (await browser.get("/api/v1/clinical/views")).json()
    assert [one["name"] for one in listed["items"]] == ["results"]
    assert [one["file"] for one in listed["refused"]] == ["bad.json", "ours.json"]
    answer = await browser.get("/api/v1/clinical/views/nothing/rows")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "LY-2367")
    answer = await browser.get("/api/v1/clinical/views/results/rows", params={"form": "parquet"})
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 10
    steward = await ward.people.browser("steward")
    assert (await steward.get("/api/v1/clinical/views")).status_code == 403


async def test_what_is_hidden_for_a_purpose_is_hidden_in_rows_and_conditions(
    database: str, tmp_path: Path
) -> None:
    async with warded(database, tmp_path, masked=True) as ward:
        given = PATIENT["name"][0]["given"][0]
        named = {"resource": "Patient", "where": [{"path": f"name.given = '{given}'"}]}
        select = [{"column": [{"name": "given", "path": "name.given"}]}]
        write(ward.house.content_dir, "results", select=select, **named)
        write(ward.house.content_dir, "all", name="all", resource="Patient", select=select)
        await ward.put(PATIENT)
        browser = await ward.people.browser("doctor")
        for view, headers, count in (("results", {}, 0), ("results", EMERGENCY, 1)):
            who = browser if not headers else await ward.people.browser("emr")
            answer = await who.get(f"/api/v1/clinical/views/{view}/rows", headers=headers)
            assert answer.status_code == 200, answer.text
            assert answer.content.decode().count(given) == count
        answer = await browser.get("/api/v1/clinical/views/all/rows")
        assert given not in answer.text


async def followed(ward: Ward, content: Path, folder: Path) -> list[Segment]:
    """Follow into a folder, as if the last message had come long ago."""
    log = PostgresLog(
        ward.house.pool, lambda: connect(ward.house.dsn), clock=SystemClock(),
        owner=uuid.UUID(int=9),
    )  # fmt: skip
    follow = Follow(log, read_folder(content).views["results"], folder, "ndjson")
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    ends = await projection_store.positions(ward.house.pool, live.reader)
    async with ward.house.pool.acquire() as connection, connection.transaction():
        return await follow.write(connection, live.schema, ends)


def latest(folder: Path) -> dict[str, list[str | None]]:
    """What a lake makes of the segments: the notes of each resource as it stands."""
    found: dict[str, tuple[tuple[Any, ...], list[str | None]]] = {}
    for path in sorted(folder.glob("results-*.ndjson")):
        for line in path.read_bytes().splitlines():
            row = json_text.read(line)
            place = row["lianyi_at"], row["lianyi_shard"], row["lianyi_number"]
            at, notes = found.get(row["lianyi_id"], (place, []))
            if place >= at:
                kept = notes if place == at else []
                more = [row["note"]] if row["lianyi_rows"] else []
                found[row["lianyi_id"]] = place, [*kept, *more]
    return {id_: notes for id_, (_, notes) in found.items() if notes}


async def test_a_lake_that_follows_holds_what_stands(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SPAN", 4)
    content, folder = tmp_path / "own", tmp_path / "lake"
    write(content, "results")
    for number in range(6):
        await ward.put(observation(f"o{number}", "1", "a"))
    first = await followed(ward, content, folder)
    assert first
    assert await followed(ward, content, folder) == [], "nothing is new"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    await ward.put(observation("o1", "2", "b", "c"))
    await ward.ask("DELETE", "Observation/o2")
    await followed(ward, content, folder)
    for name, was in before.items():
        assert name.endswith(".state") or (folder / name).read_bytes() == was
    wanted = {"o0": ["a"], "o1": ["b", "c"], "o3": ["a"], "o4": ["a"], "o5": ["a"]}
    assert latest(folder) == wanted
    again = tmp_path / "again"
    await followed(ward, content, again)
    assert latest(again) == wanted
    await rebuild(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    )
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    async with ward.house.pool.acquire() as connection, connection.transaction():
        for segment in first:
            written_again = await content_of(
                connection, live.schema, read_folder(content).views["results"], segment, "ndjson"
            )
            assert written_again == before[segment.file("results", "ndjson")]


async def test_what_was_erased_leaves_the_lake(ward: Ward, tmp_path: Path) -> None:
    content, folder = tmp_path / "own", tmp_path / "lake"
    write(content, "results")
    (at,) = await ward.append("adt", json_text.write(observation(UUID + "1", "1", "secret")))
    await ward.put(observation("o2", "1", "open"))
    await followed(ward, content, folder)
    assert latest(folder) == {UUID + "1": ["secret"], "o2": ["open"]}
    connection = await connect(ward.house.dsn)
    act = await erase(ward.house.log, connection, at, reason="t", actor="t", clock=ward.house.clock)
    await connection.close()
    await ward.learned(act)
    await followed(ward, content, folder)
    assert latest(folder) == {"o2": ["open"]}
    assert b"secret" not in b"".join(path.read_bytes() for path in folder.iterdir())


async def settles(ward: Ward, follow: Follow) -> None:
    """What came less than ten seconds ago, or after what was not learned yet, may still change."""
    log = ward.house.log
    end = await log.end(0)
    (last,) = await log.read(0, after=end - 1, limit=1)
    late, tick = last.received_at + segments.SETTLED, timedelta(microseconds=1)
    assert await follow.ends({0: end}, now=late) == {0: end}
    assert (await follow.ends({0: end}, now=late - tick))[0] < end
    ends = await follow.ends({0: end - 1}, now=late + timedelta(days=1))
    came = [one.received_at for one in await log.read(0, after=0, limit=1000)]
    assert ends == {0: sum(one <= last.received_at - segments.SETTLED for one in came)}


async def test_the_commands_run_and_follow(ward: Ward, tmp_path: Path) -> None:
    content = tmp_path / "own"
    write(content, "results")
    await ward.put(observation("o1", "1.50", "a"))

    async def command(*words: str) -> Any:
        where = ["--data", str(tmp_path), "--content", str(content)]
        env = {"LIANYI__DATABASE__URL": ward.house.dsn, "LIANYI_LANG": "en"}
        return await asyncio.to_thread(CliRunner().invoke, main, [*words, *where], env=env)

    done = await asyncio.to_thread(
        CliRunner().invoke, main, ["views", "check", "--content", str(content)]
    )
    assert done.stdout == "✓ results (Observation): key, patient, value, note\n"
    done = await command("views", "run", "results", "--form", "csv")
    assert done.exit_code == 0, done.stderr
    assert list(csv.DictReader(io.StringIO(done.stdout))) == [
        {"key": "o1", "patient": "p", "value": "1.50", "note": "a"}
    ]
    folder = tmp_path / "lake"
    done = await command("views", "follow", "results", "--to", str(folder))
    assert done.exit_code == 0, done.stderr
    await settles(
        ward, Follow(ward.house.log, read_folder(content).views["results"], folder, "ndjson")
    )
    assert (await command("views", "run", "nothing")).exit_code == 1
    kinds = [one.kind for one in await ward.house.log.read(0, after=0, limit=1000)]
    assert {"act view.run", "act view.followed"} <= set(kinds)


def test_of_two_files_of_one_name_the_first_counts(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b")
    (tmp_path / "clinical" / "views" / "c.json").write_bytes(b"[")
    found = read_folder(tmp_path)
    assert list(found.views) == ["results"]
    assert [one.file for one in found.refused] == ["b.json", "c.json"]


TYPES = ("string", "boolean", "integer", "decimal", "date", "")
values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
)  # fmt: skip
tables = st.lists(st.sampled_from(TYPES), min_size=1, max_size=4).flatmap(
    lambda types: st.tuples(
        st.just([Column(f"c{n}", type_, collection=False) for n, type_ in enumerate(types)]),
        st.lists(st.fixed_dictionaries({f"c{n}": values for n in range(len(types))}), max_size=4),
    )
)


@given(table=tables)
def test_a_table_is_the_same_bytes_twice_and_reads_back(
    table: tuple[list[Column], list[dict[str, Any]]],
) -> None:
    columns, made = table
    for form in FORMS:
        assert written(columns, made, form) == written(columns, iter(made), form)
    lines = written(columns, made, "ndjson").splitlines()
    assert [json_text.write(json_text.read(line)) for line in lines] == lines
    read = pq.read_table(io.BytesIO(written(columns, made, "parquet")))
    assert (read.num_rows, read.column_names) == (len(made), [one.name for one in columns])
    cells = list(csv.reader(io.StringIO(written(columns, made, "csv").decode(), newline="")))
    assert not any(cell.startswith(("=", "@")) for row in cells for cell in row)


@given(after=st.integers(0, 50_000), more=st.integers(0, 50_000))
def test_segments_lie_side_by_side(after: int, more: int) -> None:
    found = list(parts(1, after, after + more))
    edges = [after, *(one.to for one in found)]
    assert [one.after for one in found] == edges[:-1]
    assert edges[-1] == after + more
    assert all(0 < one.to - one.after <= segments.SPAN for one in found)
    assert all(edge % segments.SPAN == 0 for edge in edges[1:-1])
