"""Nothing of a patient stands in clear in any table, and people notice nothing of it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from tests.unit.messagelog.hiding import cover_of

from lianyi.base.migrations import migrate
from lianyi.channels.delivering import Exceptional, ExceptionState, Progress
from lianyi.channels.delivery_store import PostgresDeliveryStore
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.verify import verify
from lianyi.security.vault import Suites

from .house import ADT, LAB, House, hl7, serving

PLANTED = "PLANTED4711"
NAMED = "虚构患者"
ORDER = "O-M7"


@pytest.fixture(params=list(Suites), ids=lambda suite: suite.value.name)
async def house(
    request: pytest.FixtureRequest, database: str, tmp_path: Path
) -> AsyncIterator[House]:
    async with serving(database, tmp_path, cover=cover_of(request.param)) as served:
        await served.add_channel("lab", LAB)
        await served.add_channel("adt", ADT)
        yield served


async def everything_in(pool: asyncpg.Pool) -> dict[str, str]:
    """Every row of every table of ours, as text; bytes as their hexadecimal digits."""
    tables = await pool.fetch(
        "SELECT format('%I.%I', nspname, relname) FROM pg_class"
        " JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind = 'r'"
        " AND nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    return {
        table: "\n".join([row[0] for row in await pool.fetch(f"SELECT t::text FROM {table} AS t")])
        for (table,) in tables
    }


async def where_in_clear(pool: asyncpg.Pool, text: str) -> set[str]:
    sought = {text.lower(), text.encode().hex(), text.encode("gb18030").hex()}
    dump = await everything_in(pool)
    return {table for table, rows in dump.items() if any(one in rows.lower() for one in sought)}


async def park(house: House, at: Position, key: str) -> PostgresDeliveryStore:
    """Let a delivery need a person, as the worker of the destination writes it down."""
    channel, shard = house.channels["lab"]
    store = PostgresDeliveryStore(
        house.pool, house.log, destination=house.destinations["emr"], channel=channel,
        shard=shard, epoch=1, clock=house.clock,
    )  # fmt: skip
    await store.load()
    error = {"code": "LY-1102", "where": "lab/emr", "facts": {"why": "AE"}}
    found = Exceptional(
        at.number, key, ExceptionState.PARKED, since=house.clock.now(), attempts=1, error=error
    )
    behind = Exceptional(at.number + 1, key, ExceptionState.BEHIND, since=house.clock.now())
    await store.save(
        Progress(at.number + 1, counts={}, receipts=[], exceptions=[found, behind], finished=[])
    )
    return store


async def work_with(house: House) -> list[Position]:
    """Do what people and the engine do with messages of one patient."""
    sent = await house.append(
        "lab", [hl7("M7", patient=PLANTED, name=NAMED), hl7("M8", patient=PLANTED)], patient=PLANTED
    )
    await park(house, sent[0], f"p:{PLANTED}^H1")
    await house.get(f"/messages/{sent[0]}")
    await house.get(f"/messages/{sent[0]}/neighbours")
    await house.get("/messages", q=PLANTED)
    await house.get("/deliveries")
    await house.post(
        "/replays",
        {"channel": "lab", "destination": "emr", "filter": {"key": f"{PLANTED}^H1"},
         "rate_per_second": 5, "reason": "test"},
    )  # fmt: skip
    return sent


async def test_planted_identifiers_stand_in_no_table(house: House) -> None:
    await work_with(house)
    for text in (PLANTED, NAMED, ORDER):
        assert await where_in_clear(house.pool, text) == set()
    assert await where_in_clear(house.pool, "lab") != set(), "the search finds what is there"


async def answers(database: str, folder: Path, cover: Cover) -> dict[str, Any]:
    """What the doors answer after the same work; identifiers of replays are left out."""
    async with serving(database, folder, cover=cover) as house:
        await house.add_channel("lab", LAB)
        await house.add_channel("adt", ADT)
        sent = await work_with(house)
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "trace": (f"/messages/{sent[0]}", {}),
            "neighbours": (f"/messages/{sent[0]}/neighbours", {}),
            "patient": ("/messages", {"q": PLANTED}),
            "identifier": ("/messages", {"q": f"{PLANTED}^H1"}),
            "order": ("/messages", {"q": ORDER}),
            "control": ("/messages", {"q": "M8"}),
            "filtered": ("/messages", {"q": PLANTED, "channel": "lab", "state": "parked"}),
            "deliveries": ("/deliveries", {}),
            "audit": ("/audit", {"patient": PLANTED}),
            "replays": ("/replays", {}),
        }
        found = {name: await house.get(path, **how) for name, (path, how) in asked.items()}
        (replay,) = (one["id"] for one in found["replays"]["items"])
        found = orjson.loads(orjson.dumps(found).replace(replay.encode(), b"replay"))
        body = await house.client.get(f"/api/v1/messages/{sent[0]}/body")
        found["body"] = body.content
        assert all(report.ok for report in await verify(house.log))
        return found


async def test_people_see_find_and_follow_the_patient_as_before(
    database: str, empty_database: str, tmp_path: Path
) -> None:
    await migrate(empty_database)
    plain = await answers(database, tmp_path / "plain", PLAIN)
    hidden = await answers(empty_database, tmp_path / "hidden", cover_of(Suites.AES))
    for name, answer in plain.items():
        assert hidden[name] == answer, name
    assert [one["position"] for one in hidden["identifier"]["items"]] == ["1-2", "1-1"]
    assert f"{PLANTED}^H1" in str(hidden["deliveries"])
    assert f"{PLANTED}^H1" in str(hidden["replays"])
    assert f"{PLANTED}^H1" in str(hidden["audit"])
    assert hidden["body"] == hl7("M7", patient=PLANTED, name=NAMED)


async def test_the_engine_reads_its_own_order_keys_again(house: House) -> None:
    sent = await house.append("lab", [hl7("M7"), hl7("M8")])
    store = await park(house, sent[0], "p:P1^H1")
    assert {one.order_key for one in (await store.load()).exceptions} == {"p:P1^H1"}


async def test_a_repeat_of_a_hidden_message_is_recognised(house: House) -> None:
    """What lies encrypted never looks the same, and its digest is that of the plain message."""
    channel, shard = house.channels["lab"]
    appender = await house.log.open_appender(shard, holder="test")
    keys = ("c:M7", f"p:{PLANTED}^H1")
    appender.append(NewMessage(channel, "x", b"body", "utf-8", "", keys), lambda *_: None)
    await appender.close()
    assert await house.log.tail(shard, limit=10) == [
        (1, channel, "M7", hashlib.sha256(b"body").digest())
    ]


async def test_old_rows_and_new_ones_are_found_together(database: str, tmp_path: Path) -> None:
    async def append(cover: Any, control: str) -> None:
        async with serving(database, tmp_path, cover=cover) as house:
            await house.add_channel("lab", LAB)
            await house.append("lab", [hl7(control, patient=PLANTED)], patient=PLANTED)

    aes, sm4 = (cover_of(suite) for suite in Suites)
    for cover, control in [(PLAIN, "A"), (aes, "B"), (sm4, "C"), (PLAIN, "D")]:
        await append(cover, control)
    async with serving(database, tmp_path, cover=aes) as house:
        found = (await house.get("/messages", q=f"{PLANTED}^H1"))["items"]
        assert [one["control_id"] for one in found] == ["D", "C", "B", "A"]
        assert all(report.ok for report in await verify(house.log))


async def test_identifiers_alone_may_be_hidden_and_the_message_then_stands_in_clear(
    database: str, tmp_path: Path
) -> None:
    cover = cover_of(Suites.AES, bodies=False)
    async with serving(database, tmp_path, cover=cover) as house:
        await house.add_channel("lab", LAB)
        await house.append("lab", [hl7("M7", patient=PLANTED)], patient=PLANTED)
        shard = house.channels["lab"][1]
        assert await where_in_clear(house.pool, PLANTED) == {f"messagelog.message_{shard}_0"}
        row = await house.pool.fetchrow("SELECT keys, body FROM messagelog.message WHERE shard > 0")
        assert row is not None
        assert PLANTED not in row["keys"]
        assert PLANTED.encode() in row["body"]


async def test_without_the_key_nothing_is_shown(house: House) -> None:
    (at,) = await house.append("lab", [hl7("M7", patient=PLANTED)], patient=PLANTED)
    blind = PostgresLog(house.pool, house.log._connect, clock=house.clock, owner=house.log._owner)
    with pytest.raises(Exception, match="LY-1311"):
        await blind.get(at)
