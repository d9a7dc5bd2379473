"""Codes that no table maps are counted once for each message, for whoever sees its channel."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.clinical.test_messages_kept import message
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Position
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.uncoded import uncoded_store
from lianyi.projections.clinical.uncoded_list.service import row_to_add
from lianyi.projections.projection import Heard
from lianyi.projections.rebuilding import rebuild


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        for who, unit in (("a", "H1"), ("b", "H2"), ("all", "*")):
            await found.people.add(who, ("integration-watcher", unit))
        yield found


def result(flag: str, at: str) -> bytes:
    rest = (
        f"OBR|1|O{at}|F{at}|718-7^Hemoglobin^LN|||{at}|||||||||||||||{at}||LAB|F\r"
        f"OBX|1|NM|718-7^Hemoglobin^LN||120|g/L|130-175|{flag}|||F|||{at}\r"
        f"OBX|2|NM|718-7^Hemoglobin^LN|2|120|g/L|130-175|{flag}|||F|||{at}\r"
    )
    return message("ORU^R01", at, rest, source="LIS")


async def tell(ward: Ward, channel: str, *flags: str, first: int = 0) -> list[Position]:
    bodies = [
        result(flag, f"202603010800{number:02}") for number, flag in enumerate(flags, start=first)
    ]
    return await ward.append(channel, *bodies, kind="hl7v2 ORU^R01", sender="LIS|H1")


async def page(ward: Ward, who: str = "all", **query: str) -> list[dict[str, Any]]:
    browser = await ward.people.browser(who)
    answer = await browser.get("/api/v1/clinical/uncoded", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"] >= len(body["items"])
    return [one for one in body["items"] if one["field"] == "OBX-8"]


def counts(rows: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter({(one["channel"], one["code"]): one["messages"] for one in rows})


async def test_each_message_counts_once_for_those_who_see_its_channel(ward: Ward) -> None:
    at = await tell(ward, "adt", "极高", "离奇", "极高", "N")
    await tell(ward, "adt-b", "极高", first=10)
    assert counts(await page(ward)) == {
        ("adt", "极高"): 2,
        ("adt", "离奇"): 1,
        ("adt-b", "极高"): 1,
    }
    assert set(counts(await page(ward, "a"))) == {("adt", "极高"), ("adt", "离奇")}
    assert set(counts(await page(ward, "b"))) == {("adt-b", "极高")}
    (row,) = await page(ward, "a", q="极高")
    assert (row["first"], row["last"]) == (str(at[0]), str(at[2]))
    assert (row["sender"], row["organisation"]) == ("LIS|H1", "H1")
    assert row["first_at"] <= row["last_at"]
    assert row["row"] == "interpretation,极高,,,"
    assert await page(ward, "a", channel="adt-b") == []
    assert len(await page(ward, channel="adt-b")) == 1
    assert await page(ward, q="%") == []
    browser = await ward.people.browser("doctor")
    assert (await browser.get("/api/v1/clinical/uncoded")).status_code == 200


async def test_what_was_erased_counts_no_more_and_a_rebuild_is_the_same(ward: Ward) -> None:
    at = await tell(ward, "adt", "极高", "离奇", "极高", "极高")
    connection = await connect(ward.house.dsn)
    for position in (at[0], at[1]):
        erased = await erase(
            ward.house.log, connection, position, reason="t", actor="t", clock=ward.house.clock
        )
        await ward.learned(erased)
    await connection.close()
    (row,) = await page(ward)
    assert (row["code"], row["messages"], row["first"], row["last"]) == (
        "极高", 2, str(at[2]), str(at[3]),
    )  # fmt: skip
    before = await ward.digest()
    rebuilt = await rebuild(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    )
    assert rebuilt.before == rebuilt.after == before
    assert await page(ward) == [row]


async def test_learned_twice_a_message_counts_once(ward: Ward) -> None:
    (at,) = await tell(ward, "adt", "极高")
    before = await page(ward)
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    heard = await ward.house.log.get(at)
    clinical = Clinical(ZONE)
    async with ward.house.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"DELETE FROM {live.schema}.stated")  # as if it had been lost
        for table in table_store.DIGESTED.keys() - {"stated", *uncoded_store.DIGESTED}:
            await connection.execute(f"DELETE FROM {live.schema}.{table}")
        said = clinical.read(heard)
        await clinical.learn(
            connection, live.schema, [Heard(heard, said, None)], revision=live.revision
        )
    assert await page(ward) == before


@given(codes=st.text(max_size=10), code=st.text(max_size=10))
def test_the_row_to_add_is_one_row_of_the_table(codes: str, code: str) -> None:
    line = row_to_add(codes, code)
    if not {"\r", "\n"} & set(codes + code):
        assert list(csv.reader(io.StringIO(line))) == [[codes, code, "", "", ""]]
