"""The repository is built anew while people write, and what differs is told by its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.projections import projection_store
from lianyi.projections.clinical.comparing import first_difference
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.comparing import Difference, Example
from lianyi.projections.rebuilding import rebuilding


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def observation(id_: str, **more: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": code,
        "subject": {"reference": "Patient/p"}, **more,
    }  # fmt: skip


def begun(ward: Ward) -> Any:
    return rebuilding(
        lambda: connect(ward.house.dsn),
        ward.house.log,
        Clinical(ZONE),
        clock=SystemClock(),
        made_by="ab",
    )


async def test_whoever_writes_meanwhile_loses_nothing_and_reads_what_he_wrote(ward: Ward) -> None:
    written: list[str] = []
    over = asyncio.Event()

    async def write(name: str) -> None:
        number = 0
        while not over.is_set():
            id_, number = f"{name}-{number}", number + 1
            sent = observation(id_, note=[{"text": id_}])
            answer = await ward.ask("PUT", f"Observation/{id_}", sent)
            assert answer.status_code == 201, answer.text
            assert (await ward.get(f"Observation/{id_}"))["note"] == [{"text": id_}]
            written.append(id_)

    writers = [asyncio.create_task(write(f"w{n}")) for n in range(2)]
    try:
        for _ in range(2):
            async with begun(ward) as run:
                await run.build()
                compared = await run.compare()
                assert compared.same
                await run.switch()
            count = len(written)
            while len(written) < count + 4:
                await asyncio.sleep(0.01)
    finally:
        over.set()
        await asyncio.gather(*writers)
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    assert live.version > 1
    found = await ward.get("Observation", _count="0")
    assert found["total"] == len(written)


async def test_it_says_which_resources_differ_and_where_but_not_what_they_say(ward: Ward) -> None:
    for id_ in "abc":
        await ward.put(observation(id_, note=[{"text": "secret"}]))
    await ward.put(observation("d"), who="emr-b")
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    tamper: asyncpg.Pool = ward.house.pool
    table = f"{live.schema}.resource"
    await tamper.execute(
        f"UPDATE {table} SET body = convert_to(replace(convert_from(body, 'UTF8'), 'secret',"
        " 'SECRET'), 'UTF8') WHERE id = 'a'"
    )
    await tamper.execute(f"DELETE FROM {table} WHERE id IN ('b', 'd')")
    await tamper.execute(f"DELETE FROM {live.schema}.hashed WHERE rid = (SELECT min(rid) FROM"
                         f" {live.schema}.hashed)")  # fmt: skip
    gone = await tamper.fetchval(
        f"INSERT INTO {table} SELECT rid + 1, patient, number, updated_at, version, channel, part,"
        f" shard, deleted, method, type, 'x', latest, body FROM {table} WHERE id = 'c' RETURNING 1"
    )
    assert gone
    async with begun(ward) as run:
        await run.build()
        compared = await run.compare()
        await run.drop()
    resources = [one for one in compared.differences if one.what == "Observation"]
    assert resources == [
        Difference(
            "Observation", "H1", 1, 1, 1,
            (
                Example("Observation/b", "added", ""),
                Example("Observation/a", "changed", "note[0].text"),
                Example("Observation/x", "gone", ""),
            ),
        ),
        Difference("Observation", "H2", 1, 0, 0, (Example("Observation/d", "added", ""),)),
    ]  # fmt: skip
    (index,) = (one for one in compared.differences if one.what == "hashed")
    assert index.added > 0
    assert "secret" not in repr(compared).lower()
    assert await projection_store.find_live(ward.house.pool, "clinical") == live


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from("xyz"), json, max_size=3)


def at(resource: Any, path: str) -> Any:
    """Follow a path that was told; ``...`` where it leads nowhere."""
    for step in path.replace("[", ".[").split("."):
        try:
            resource = resource[int(step[1:-1])] if step.startswith("[") else resource[step]
        except (KeyError, IndexError, TypeError):
            return ...
    return resource


@given(one=objects, other=objects)
def test_the_first_difference_is_one_and_there_is_none_in_what_is_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    path = first_difference(one, other)
    assert (path == "") == (repr(sorted_(one)) == repr(sorted_(other)))
    if path:
        assert repr(sorted_(at(one, path))) != repr(sorted_(at(other, path)))


def sorted_(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: sorted_(value[name]) for name in sorted(value)}
    return [sorted_(one) for one in value] if isinstance(value, list) else value
