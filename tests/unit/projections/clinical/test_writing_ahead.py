"""Writes that go ahead of one another: decided while the last ones are being learned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.base.database import connect
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import read_store, writing
from lianyi.projections.clinical.writing import Wish, Writer

ENTRIES = 120


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def transaction(name: str, *, count: int = ENTRIES, value: int = 1) -> dict[str, Any]:
    """Return a Bundle that puts results, each with an id of its own."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": {
                    "resourceType": "Observation",
                    "id": f"{name}-{number}",
                    "status": "final",
                    "code": {"text": "血红蛋白"},
                    "valueInteger": value,
                },
                "request": {"method": "PUT", "url": f"Observation/{name}-{number}"},
            }
            for number in range(count)
        ],
    }


def etags(answer: Any) -> set[str]:
    return {entry["response"]["etag"] for entry in answer["entry"]}


async def sent(ward: Ward, bundle: Any) -> Any:
    answer = await ward.ask("POST", "", bundle)
    assert answer.status_code == 200, answer.text
    return json_text.read(answer.content)


async def test_big_writes_go_ahead_of_one_another_and_each_is_answered_once_it_can_be_read(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead: list[int] = []
    land = Writer._land

    async def watched(self: Writer, made: Any) -> None:
        ahead.append(len(self._ahead))
        await land(self, made)

    monkeypatch.setattr(Writer, "_land", watched)

    async def one(name: str) -> None:
        assert etags(await sent(ward, transaction(name))) == {'W/"1"'}
        found = await ward.get(f"Observation/{name}-{ENTRIES - 1}")
        assert found["valueInteger"] == 1

    await asyncio.gather(*(one(f"a{number}") for number in range(6)))
    assert 1 < max(ahead) <= writing.AHEAD_MAX
    assert await ward.count("resource", "type = 'Observation'") == 6 * ENTRIES


async def test_writes_of_the_same_resources_keep_their_order_and_each_is_told_its_own_version(
    ward: Ward,
) -> None:
    answers = await asyncio.gather(
        *(sent(ward, transaction("same", value=value)) for value in range(5)),
        *(sent(ward, transaction(f"other{value}")) for value in range(3)),
    )
    versions = [etags(answer) for answer in answers[:5]]
    assert all(len(one) == 1 for one in versions)
    assert sorted(one.pop() for one in versions) == [f'W/"{number}"' for number in range(1, 6)]


async def test_criteria_wait_until_what_is_ahead_is_learned(ward: Ward) -> None:
    bundle = transaction("first")
    for entry in bundle["entry"]:
        entry["resource"]["identifier"] = [{"system": "urn:a", "value": "1"}]
    new = {"resourceType": "Observation", "status": "final", "code": {"text": "血红蛋白"}}
    headers = {"If-None-Exist": "identifier=urn:a|1"}

    first = asyncio.create_task(sent(ward, bundle))
    await asyncio.sleep(0)
    second = asyncio.create_task(sent(ward, transaction("second")))
    await asyncio.sleep(0.05)
    refused = await ward.ask("POST", "Observation", new, headers=headers)
    await asyncio.gather(first, second)
    assert refused.status_code == 412, refused.text  # many fulfil them: all of the first are seen


async def test_small_writes_share_a_round_rather_than_going_ahead() -> None:
    writer = Writer(None, None)  # type: ignore[arg-type]
    writer._ahead = [writing._Round([], {}, None, frozenset())]  # type: ignore[arg-type]
    wish = _wish("a", count=1)
    writer._waiting = [wish]
    assert writer._next() == []
    writer._ahead = []
    assert writer._next() == [wish]


async def test_of_those_who_import_at_once_each_has_a_round_of_its_own() -> None:
    writer = Writer(None, None)  # type: ignore[arg-type]
    big = [_wish(f"a{one}", count=writing.PUTS_MAX - 1) for one in range(3)]
    huge = _wish("b", count=writing.PUTS_MAX * 4)
    small = [_wish(f"c{one}", count=1) for one in range(2)]
    writer._waiting = [*big, huge, *small]
    assert writer._next() == [big[0], small[0]]
    assert writer._next() == [big[1], small[1]]
    assert writer._next() == [big[2]]
    assert writer._next() == [huge]


def _wish(name: str, *, count: int) -> Wish:
    ids = [f"{name}-{number}" for number in range(count)]
    intents = [
        writing.Intent("Observation", id_, {"resourceType": "Observation", "id": id_})
        for id_ in ids
    ]
    wish = Wish([1], "emr", 1, intents=intents)
    wish.done = asyncio.get_running_loop().create_future()
    return wish


async def test_whoever_else_waits_to_decide_is_seen(database: str) -> None:
    holds, waits = await connect(database), await connect(database)
    try:
        await read_store.hold_writing(holds)
        assert not await read_store.writing_is_awaited(holds)
        waiting = asyncio.create_task(read_store.hold_writing(waits))
        for _ in range(200):
            if await read_store.writing_is_awaited(holds):
                break
            await asyncio.sleep(0.01)
        assert await read_store.writing_is_awaited(holds)
        await read_store.let_writing_go(holds)
        await waiting
    finally:
        await holds.close()
        await waits.close()
