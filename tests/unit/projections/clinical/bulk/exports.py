"""Asking for exports as a system does, and what should be in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from tests.unit.api.house import ADT, serving
from tests.unit.projections.clinical.ward import B_ADT, Ward, following
from tests.unit.security.people import People

from lianyi.formats.fhir import json_text
from lianyi.projections import projection_store
from lianyi.projections.clinical.bulk.settings import ExportSettings

ASYNC = {"Prefer": "respond-async"}
QUICK = ExportSettings(settle_seconds=0.1, running_max=2, file_resources_max=1000)
Name = tuple[str, str]


@asynccontextmanager
async def exporting(
    database: str,
    folder: Path,
    *,
    working: bool = True,
    masked: bool = False,
    settings: ExportSettings = QUICK,
) -> AsyncIterator[Ward]:
    """Give a house with two hospitals, each with a system that writes and one that exports."""
    async with serving(database, folder, masked=masked, exports=settings) as house:
        people = People(house)
        await people.tree({"G": None, "H1": "G", "H2": "G"})
        await house.add_channel("adt", ADT, organisation="H1")
        await house.add_channel("adt-b", B_ADT, organisation="H2")
        for letter, hospital in (("", "H1"), ("-b", "H2")):
            await people.add(f"emr{letter}", ("clinical-system", hospital), organisation=hospital)
            await people.add(f"taker{letter}", ("data-exporter", hospital), organisation=hospital)
        async with following(house):
            ward = Ward(house, people)
            if not working:
                yield ward
                return
            async with running(ward):
                yield ward


@asynccontextmanager
async def running(ward: Ward) -> AsyncIterator[None]:
    """Let exports be worked on for as long as the block runs."""
    task = asyncio.create_task(ward.house.app.state.bulk.exporter.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def start(
    ward: Ward, path: str = "$export", who: str = "taker", body: Any = None, **params: Any
) -> str:
    """Begin an export; return the path at which it is told how it stands."""
    answer = await ask(ward, path, who, body, **params)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"].partition("/fhir/")[2]


async def ask(
    ward: Ward, path: str = "$export", who: str = "taker", body: Any = None, **params: Any
) -> httpx.Response:
    """Ask for an export."""
    headers = dict(params.pop("headers", ASYNC))
    method = "POST" if body is not None else "GET"
    return await ward.ask(method, path, body, who, params=params, headers=headers)


async def manifest(ward: Ward, path: str, who: str = "taker") -> dict[str, Any]:
    """Wait until an export has ended, and return its manifest."""
    for _ in range(1500):
        answer = await ward.ask("GET", path, None, who)
        if answer.status_code != 202:
            assert answer.status_code == 200, answer.text
            return answer.json()
        assert answer.headers["retry-after"].isdigit()
        assert answer.headers["x-progress"]
        await asyncio.sleep(0.02)
    raise AssertionError("never ends")


async def lines(
    ward: Ward, found: dict[str, Any], kind: str = "output", who: str = "taker"
) -> list[dict[str, Any]]:
    """Return what is in the files of a manifest, each counted as it says."""
    every = []
    for file in found[kind]:
        answer = await ward.ask("GET", file["url"].partition("/fhir/")[2], None, who)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/fhir+ndjson")
        assert answer.headers["content-encoding"] == "gzip"  # which httpx asks for and unpacks
        some = [json_text.read(line) for line in answer.content.splitlines()]
        assert len(some) == file["count"]
        assert {one["resourceType"] for one in some} == {file["type"]}
        every += some
    return every


async def exported(
    ward: Ward, path: str = "$export", who: str = "taker", body: Any = None, **params: Any
) -> list[dict[str, Any]]:
    """Return the resources of an export."""
    begun = await start(ward, path, who, body, **params)
    return await lines(ward, await manifest(ward, begun, who), who=who)


def names(resources: list[dict[str, Any]]) -> list[str]:
    """Return ``Type/id`` of resources, each as often as it is there."""
    return sorted(f"{one['resourceType']}/{one['id']}" for one in resources)


async def stood(ward: Ward, at: datetime, *, channel: str = "adt") -> dict[str, bytes]:
    """Return what stood at an instant by everything that is known of the past, one by one."""
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    number, _ = ward.house.channels[channel]
    found: dict[str, tuple[int, bytes]] = {}
    for table in ("resource", "version"):
        for row in await ward.house.pool.fetch(
            f"SELECT type, id, version, updated_at, deleted, body FROM {live.schema}.{table}"
            " WHERE channel = $1",
            number,
        ):
            name = f"{row['type']}/{row['id']}"
            if row["updated_at"] <= at and row["version"] > found.get(name, (0, b""))[0]:
                found[name] = row["version"], b"" if row["deleted"] else row["body"]
    return {name: body for name, (_, body) in found.items() if body}


def observation(id_: str, subject: str = "p", **more: Any) -> dict[str, Any]:
    """Return an invented Observation."""
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"},
        "subject": {"reference": f"Patient/{subject}"}, **more,
    }  # fmt: skip


def patient(id_: str) -> dict[str, Any]:
    """Return an invented Patient."""
    return {
        "resourceType": "Patient", "id": id_, "name": [{"text": f"测试{id_}"}],
        "identifier": [{"system": "urn:lianyi:authority:EMR", "value": f"M-{id_}"}],
    }  # fmt: skip


def export_of(path: str) -> UUID:
    """Return the name of an export."""
    return UUID(path.rpartition("/")[2])
