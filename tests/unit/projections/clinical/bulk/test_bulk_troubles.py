"""Exports that are interrupted, refused, cancelled or forgotten, and whose they are."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.api.house import House
from tests.unit.projections.clinical.bulk.exports import (
    ask,
    export_of,
    exported,
    exporting,
    lines,
    manifest,
    names,
    observation,
    patient,
    running,
    start,
)
from tests.unit.projections.clinical.bulk.test_bulk_export import write
from tests.unit.projections.clinical.ward import Ward

from lianyi.base.clock import SystemClock
from lianyi.projections.clinical.bulk.problems import ExportFileBroken
from lianyi.projections.clinical.bulk.sealed_files import PIECE_BYTES, SealedWriter, pieces
from lianyi.security.keyring import make_key_file
from lianyi.security.vault import Vault

ROOT = Path(__file__).parents[5]


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with exporting(database, tmp_path, working=False) as found:
        yield found


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]


def folder_of(house: House) -> Path:
    return Path(house.app.state.bulk.exporter.folder)


def on_disk(house: House) -> list[Path]:
    return sorted(one for one in folder_of(house).rglob("*") if one.is_file())


async def acts(house: House, kind: str) -> list[dict[str, Any]]:
    return [orjson.loads(one.body) for one in await house.acts() if one.kind == f"act {kind}"]


async def test_an_export_goes_on_after_the_process_was_killed(ward: Ward) -> None:
    """The files that were whole stay, what was not is written again, and nothing twice."""
    house = ward.house
    for first in range(0, 1500, 500):
        await write(ward, patient(f"p{first}"), *(observation(f"o{first + n}") for n in range(499)))
    begun = await start(ward)
    folder = house.data_dir.parent
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.projections.clinical.bulk.worker", house.dsn,
        str(folder), house.clock.now().isoformat(), cwd=ROOT,
    )  # fmt: skip
    count = "SELECT count(*) FROM bulk.file"
    for _ in range(1200):
        if worker.returncode is not None or await house.pool.fetchval(count):
            break
        await asyncio.sleep(0.05)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    state = await house.pool.fetchval("SELECT state FROM bulk.export")
    before = await house.pool.fetch("SELECT name, number FROM bulk.file ORDER BY number")
    assert (state, len(before)) == ("running", 1)
    await write(ward, *(observation(f"o{n}", status="amended") for n in range(0, 1400, 7)))
    async with running(ward):
        found = await manifest(ward, begun)
    taken = await lines(ward, found)
    every = [f"Observation/o{first + n}" for first in range(0, 1500, 500) for n in range(499)]
    assert names(taken) == sorted([*every, *(f"Patient/p{first}" for first in range(0, 1500, 500))])
    assert {one["status"] for one in taken if "status" in one} == {"final"}
    after = await house.pool.fetch("SELECT name, number FROM bulk.file ORDER BY number")
    assert after[:1] == before
    assert len(after) == 3
    assert [one.name for one in on_disk(house)] == sorted(row["name"] for row in after)


async def test_no_more_run_than_may_and_what_is_cancelled_leaves_nothing(ward: Ward) -> None:
    house = ward.house
    await write(ward, patient("p"))
    first, second = await start(ward), await start(ward, who="taker-b")
    third = await ask(ward)
    assert code(third) == (429, "LY-2342")
    assert int(third.headers["retry-after"]) > 0
    assert code(await ward.ask("GET", second, None, "taker")) == (404, "LY-2343")
    assert code(await ward.ask("DELETE", second, None, "taker")) == (404, "LY-2343")
    assert (await ward.ask("DELETE", second, None, "taker-b")).status_code == 202
    assert code(await ward.ask("GET", second, None, "taker-b")) == (404, "LY-2343")
    async with running(ward):
        found = await manifest(ward, first)
        assert (await ask(ward)).status_code == 202
    path = found["output"][0]["url"].partition("/fhir/")[2]
    assert (await ward.ask("GET", path, None, "taker")).status_code == 200
    assert code(await ward.ask("GET", path, None, "taker-b")) == (404, "LY-2343")
    assert code(await ward.ask("GET", path, None, "emr")) == (403, "LY-1800")
    assert (await ward.ask("DELETE", first, None, "taker")).status_code == 202
    assert code(await ward.ask("GET", path, None, "taker")) == (404, "LY-2343")
    assert not (folder_of(house) / str(export_of(first))).exists()
    told = [one.kind for one in await house.acts() if one.kind.startswith("act export.")]
    assert told.count("act export.started") == 3
    assert told.count("act export.cancelled") == 2


async def test_files_are_sealed_and_removed_when_their_time_is_over(ward: Ward) -> None:
    house = ward.house
    await write(ward, patient("secretname"))
    async with running(ward):
        begun = await start(ward)
        found = await manifest(ward, begun)
    assert found["output"]
    for one in on_disk(house):
        assert b"secretname" not in one.read_bytes()
        assert one.stat().st_mode & 0o077 == 0
    stranger = folder_of(house) / "00000000-0000-0000-0000-000000000007"
    stranger.mkdir()
    house.clock.advance(timedelta(hours=25))
    assert code(await ward.ask("GET", begun, None, "taker")) == (404, "LY-2343")
    await house.app.state.bulk.exporter.tidy()
    assert list(folder_of(house).iterdir()) == []
    assert await house.pool.fetchval("SELECT count(*) FROM bulk.export") == 0
    (told,) = await acts(house, "export.expired")
    assert told["export"] == str(export_of(begun))


async def test_every_export_says_in_the_trail_whose_data_were_taken(ward: Ward) -> None:
    house = ward.house
    await write(ward, patient("p"), patient("q"), observation("o", "p"))
    async with running(ward):
        begun = await start(ward)
        await lines(ward, await manifest(ward, begun))
    entries = await house.log.read(0, after=0, limit=1000)
    gathered = [one for one in entries if one.kind == "act export.gathered"]
    whose = {key for one in gathered for key in one.keys if key.startswith("w:")}
    assert whose == {"w:M-p^EMR", "w:M-q^EMR"}
    assert {orjson.loads(one.body)["actor"] for one in gathered} == {"taker"}
    accesses = [one.kind.removeprefix("act access.") for one in entries]
    for operation in ("start_export", "read_export", "read_export_file"):
        assert operation in accesses
    (done,) = await acts(house, "export.completed")
    assert (done["resources"], done["files"]) == (3, 2)


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_ends_an_export_in_words_and_leaves_no_file(ward: Ward) -> None:
    house = ward.house
    await write(ward, *(observation(f"o{n}", note=[{"text": "x" * 5000}]) for n in range(40)))
    async with running(ward):
        with small_files(100_000):
            begun = await start(ward)
            for _ in range(500):
                if await house.pool.fetchval("SELECT state FROM bulk.export") != "running":
                    break
                await asyncio.sleep(0.02)
        answer = await ward.ask("GET", begun, None, "taker")
        assert code(answer) == (503, "LY-2344")
        assert on_disk(house) == []
        assert len(await exported(ward)) == 40  # there is room again
    (told,) = await acts(house, "export.failed")
    assert told["code"] == "LY-2344"


async def test_an_export_ends_with_the_right_to_export(ward: Ward) -> None:
    house = ward.house
    await write(ward, patient("p"))
    async with running(ward):
        found = await manifest(ward, await start(ward))
    url = found["output"][0]["url"].partition("/fhir/")[2]
    assert (await ward.ask("GET", url, None, "taker")).status_code == 200
    begun = await start(ward)
    await house.pool.execute(
        "UPDATE security.assignment SET ended_at = $1, ended_by = 't' WHERE account = $2",
        house.clock.now(),
        ward.people.accounts["taker"].account,
    )
    await ward.people.refresh()
    async with running(ward):
        for _ in range(500):
            if await house.pool.fetchval("SELECT bulk.running()") == 0:
                break
            await asyncio.sleep(0.02)
    error = "SELECT error FROM bulk.export WHERE export = $1"
    record = await house.pool.fetchval(error, export_of(begun))
    assert record["code"] == "LY-2345"
    for path in (begun, url):
        assert code(await ward.ask("GET", path, None, "taker")) == (403, "LY-1800")
    assert not (folder_of(house) / str(export_of(begun))).exists()
    # In another hospital he may export again, and still not take what he could see in the first.
    await house.pool.execute(
        "UPDATE security.assignment SET ended_at = NULL, organisation = 'H2' WHERE account = $1",
        ward.people.accounts["taker"].account,
    )
    await ward.people.refresh()
    assert code(await ward.ask("GET", url, None, "taker")) == (403, "LY-2345")


REFUSED = [
    ("$export", {}, {"headers": {}}, "LY-2340"),
    ("$export", {"_outputFormat": "text/csv"}, {}, "LY-2340"),
    ("$export", {"_since": "yesterday"}, {}, "LY-2340"),
    ("$export", {"_since": "2026-02-01", "_until": "2026-01-01"}, {}, "LY-2340"),
    ("$export", {"_type": "Nonsense"}, {}, "LY-2340"),
    ("Patient/$export", {"_type": "Organization"}, {}, "LY-2340"),
    ("Patient/$export", {"patient": "Patient/p"}, {}, "LY-2340"),
    ("$export", {"_typeFilter": "Observation"}, {}, "LY-2340"),
    ("$export", {"_typeFilter": "Observation?_include=*"}, {}, "LY-2340"),
    ("$export", {"_typeFilter": "Observation?nonsense=1"}, {}, "LY-2261"),
    ("$export", {"_typeFilter": "Observation?subject:Patient.name=x"}, {}, "LY-2341"),
    ("$export", {"_typeFilter": "Patient?_has:Observation:subject:code=x"}, {}, "LY-2341"),
    ("$export", {"_elements": "a b"}, {}, "LY-2340"),
    ("$export", {"includeAssociatedData": "RelevantProvenanceResources"}, {}, "LY-2341"),
    ("$export", {"organizeOutputBy": "Patient"}, {}, "LY-2341"),
    ("$export", {"_what": "x"}, {}, "LY-2340"),
    ("Group/none/$export", {}, {}, "LY-2236"),
]


async def test_a_group_of_another_hospital_is_answered_as_none(ward: Ward) -> None:
    await write(ward, {"resourceType": "Group", "id": "g", "type": "person", "actual": True})
    foreign, none = [await ask(ward, f"Group/{id_}/$export", "taker-b") for id_ in ("g", "none")]
    assert code(foreign) == code(none) == (404, "LY-2236")
    assert foreign.content == none.content


async def test_what_cannot_be_done_is_refused_in_words(ward: Ward) -> None:
    for path, params, more, wanted in REFUSED:
        answer = await ask(ward, path, **params, **more)
        assert code(answer)[1] == wanted, (path, params, answer.text)
        assert answer.status_code in (400, 404)
    lenient = {"Prefer": "respond-async, handling=lenient"}
    answer = await ask(ward, "$export", includeAssociatedData="x", headers=lenient)
    assert answer.status_code == 202


async def test_a_purpose_that_shows_less_takes_less(database: str, tmp_path: Path) -> None:
    """What a read would not show, an export does not hold; and asking for it does not tell."""
    async with exporting(database, tmp_path, masked=True) as ward:
        await write(ward, patient("p"), observation("o", code={"text": "HIV"}))
        headers = {"Prefer": "respond-async", "X-Purpose": "PUBHLTH"}
        whole = await exported(ward, _type="Patient,Observation", headers=headers)
        assert names(whole) == ["Observation/o", "Patient/p"]
        assert "测试p" in str(whole)
        (masked,) = await exported(ward, _type="Patient,Observation")
        assert "测试p" not in str(masked)
        assert "MASKED" in str(masked["meta"]["security"])
        assert (await ward.ask("GET", "Observation/o", None, "taker")).status_code == 404
        for one in ("Patient?name=测试p", "Patient?identifier=M-p"):
            assert await exported(ward, _type="Patient", _typeFilter=one) == []
            found = await exported(ward, _type="Patient", _typeFilter=one, headers=headers)
            assert names(found) == ["Patient/p"]


# ---- sealed files ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    key = tmp_path_factory.mktemp("keys") / "keys.json"
    make_key_file(key, SystemClock().now(), None)
    return Vault(key)


@settings(max_examples=10)
@given(
    writes=st.lists(
        st.sampled_from([0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES + 5]), max_size=3
    )
)
def test_what_is_sealed_comes_back_and_nothing_of_it_when_it_was_touched(
    vault: Vault, tmp_path_factory: pytest.TempPathFactory, writes: list[int]
) -> None:
    path = tmp_path_factory.mktemp("sealed") / "1"
    text = b"".join(bytes([65 + n]) * size for n, size in enumerate(writes))
    with SealedWriter(path, "one", vault) as writer:
        for n, size in enumerate(writes):
            writer.write(bytes([65 + n]) * size)
        writer.finish()
    assert writer.bytes == len(text)
    assert b"".join(pieces(path, "one", vault)) == text
    whole = path.read_bytes()
    first = 4 + int.from_bytes(whole[:4], "big")
    for broken in (whole[:-1], b"", whole[first:], whole[:first] if len(whole) > first else b"x"):
        path.write_bytes(broken)
        with pytest.raises(ExportFileBroken):
            list(pieces(path, "one", vault))
    path.write_bytes(whole)
    with pytest.raises(ExportFileBroken):
        list(pieces(path, "another", vault))


def test_a_file_that_was_not_finished_is_not_there(vault: Vault, tmp_path: Path) -> None:
    with SealedWriter(tmp_path / "1", "one", vault) as writer:
        writer.write(b"x" * PIECE_BYTES)
    assert list(tmp_path.iterdir()) == []
