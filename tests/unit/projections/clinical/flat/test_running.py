"""``ViewDefinition/$run`` at the FHIR doors."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.unit.projections.clinical.flat.test_flat import VIEW, observation, write
from tests.unit.projections.clinical.search.test_search_doors import EMERGENCY, PATIENT
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text

RUN = "ViewDefinition/$run"
KEYS = {
    "resourceType": "ViewDefinition", "name": "keys", "resource": "Observation",
    "status": "active", "select": [{"column": [{"name": "key", "path": "getResourceKey()"}]}],
}  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(PATIENT | {"id": "p"})
        for id_, value in (("a", "1.50"), ("b", "2"), ("c", "3")):
            await found.put(observation(id_, value, f"备注 {id_}"))
        await found.put(observation("d", "4") | {"subject": {"reference": "Patient/q"}})
        write(found.house.app.state.flat._content_dir, "results")
        yield found


def parameters(*parts: tuple[str, Any]) -> dict[str, Any]:
    made = []
    for name, value in parts:
        kind = "resource" if isinstance(value, dict) and "resourceType" in value else "valueString"
        made.append({"name": name, kind: value})
    return {"resourceType": "Parameters", "parameter": made}


async def run(ward: Ward, *parts: tuple[str, Any], who: str = "emr", query: str = "") -> Any:
    answer = await ward.ask("POST", RUN + query, parameters(*parts), who, headers=EMERGENCY)
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_view_that_is_sent_gives_the_rows_that_may_be_seen(ward: Ward) -> None:
    found = json_text.read(b'{"rows":' + (await run(ward, ("viewResource", KEYS))).content + b"}")
    assert sorted(row["key"] for row in found["rows"]) == ["a", "b", "c", "d"]
    assert (await run(ward, ("viewResource", KEYS), who="emr-b")).json() == []


async def test_a_view_of_the_folder_is_run_by_name_in_every_form_and_for_one_patient(
    ward: Ward,
) -> None:
    asked = "ViewDefinition/results/$run?patient=Patient/p"
    rows = (await ward.ask("GET", asked, headers=EMERGENCY)).json()
    assert sorted(row["note"] for row in rows) == ["备注 a", "备注 b", "备注 c"]
    text = (await ward.ask("GET", f"{asked}&_format=csv&header=false", headers=EMERGENCY)).text
    assert sorted(line.split(",")[2] for line in text.splitlines()) == ["1.50", "2", "3"]
    lines = await ward.ask("GET", f"{asked}&_format=ndjson", headers=EMERGENCY)
    assert len(lines.text.splitlines()) == 3
    named = ("viewReference", "ViewDefinition/results")
    table = await run(ward, named, ("_format", "parquet"), ("patient", "p"))
    assert pq.read_table(io.BytesIO(table.content)).num_rows == 3


async def test_pages_go_on_where_the_last_one_ended(ward: Ward) -> None:
    keys: list[str] = []
    query = "?_limit=3"
    for _ in range(2):
        answer = await run(ward, ("viewResource", KEYS), query=query)
        keys += [row["key"] for row in answer.json()]
        query = f"?_limit=3&after={answer.headers.get('Lianyi-Next')}"
    assert sorted(keys) == ["a", "b", "c", "d"]
    assert "Lianyi-Next" not in answer.headers


async def test_what_is_sent_is_run_over_and_nothing_that_is_kept(ward: Ward) -> None:
    mine = ("resource", observation("mine", "7"))
    answer = await run(ward, ("viewResource", KEYS), mine, ("resource", PATIENT))
    assert answer.json() == [{"key": "mine"}]


@pytest.mark.parametrize(
    ("parts", "query", "status"),
    [
        ((), "", 400),
        ((("viewReference", "ViewDefinition/none"),), "", 404),
        ((("viewResource", VIEW | {"select": []}),), "", 400),
        ((("viewResource", KEYS), ("group", "x")), "", 400),
        ((("viewResource", KEYS),), "?_format=xml", 406),
        ((("viewResource", KEYS),), "?_limit=0", 400),
        ((("viewResource", KEYS),), "?after=x", 400),
        ((("viewResource", KEYS),), "?header=perhaps", 400),
        ((("viewResource", KEYS),), "?patient=Group/1", 400),
    ],
)
async def test_what_cannot_be_run_is_refused_as_an_outcome(
    ward: Ward, parts: tuple[tuple[str, Any], ...], query: str, status: int
) -> None:
    answer = await ward.ask("POST", RUN + query, parameters(*parts), headers=EMERGENCY)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
