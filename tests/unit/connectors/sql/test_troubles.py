"""What goes wrong with a database that is asked is told in our words, and passes by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.peers.authority import Authority
from tests.peers.mariadb import MariadbPeer
from tests.peers.postgres import PostgresPeer, programs

from lianyi.base.errors import Category
from lianyi.connectors.connector import Answer, PassingMemory
from lianyi.connectors.registry import build_source
from lianyi.connectors.sql import SqlSourceSettings
from lianyi.connectors.sql.troubles import PasswordUnreadable

from .site import Desk, MariadbSite, Reading, Site, firsts

VISIT: dict[str, Any] = {
    "name": "visit",
    "key": "id",
    "mode": "incremental",
    "watermark": "updated_at",
}
TABLE = "CREATE TABLE visit (id int PRIMARY KEY, updated_at timestamp NULL)"
ROW = "INSERT INTO visit VALUES ({0}, '2026-03-02 08:00:{0:02}')"


async def test_tls_is_not_given_up_where_the_database_has_none(
    maria: MariadbSite, desk: Desk, tmp_path: Path
) -> None:
    tls = {"ca_file": Authority(tmp_path).ca_file}
    async with Reading(desk.source(maria.settings(VISIT, tls=tls))) as source:
        await desk.until(lambda: source.trouble)
        assert desk.codes() == ["LY-1135"]


async def test_a_mariadb_is_asked_over_tls_and_its_name_is_checked(
    desk: Desk, open_folder: Path
) -> None:
    ours, foreign = Authority(open_folder), Authority(open_folder, "foreign")
    peer = MariadbPeer(open_folder, authority=ours)
    peer.start()
    try:
        site = MariadbSite(peer, open_folder, account="reader")
        await site.run("ALTER USER reader@'127.0.0.1' REQUIRE SSL;" + TABLE + ";" + ROW.format(1))
        tls = {"ca_file": ours.ca_file}
        async with Reading(desk.source(site.settings(VISIT, tls=tls))):
            await desk.until(lambda: desk.rows)
        async with Reading(desk.source(site.settings(VISIT))):
            await desk.until(lambda: "LY-1136" in desk.codes())
        tls = {"ca_file": foreign.ca_file}
        async with Reading(desk.source(site.settings(VISIT, tls=tls))):
            await desk.until(lambda: "LY-1135" in desk.codes())
    finally:
        peer.stop()


async def test_a_database_that_goes_away_is_told_once_and_read_on_when_it_is_back(
    desk: Desk, open_folder: Path
) -> None:
    peer = MariadbPeer(open_folder)
    peer.start()
    try:
        site = MariadbSite(peer, open_folder, account="reader")
        await site.run(TABLE + ";" + ROW.format(1))
        async with Reading(desk.source(site.settings(VISIT, connect_seconds=2))) as source:
            await desk.until(lambda: len(desk.rows) == 1)
            await asyncio.to_thread(peer.stop)
            await desk.until(lambda: source.trouble is not None)
            assert source.connections == 0
            await asyncio.sleep(0.5)  # it is tried again and again
            assert set(desk.codes()) == {"LY-1135"}
            assert len(desk.troubles) <= 2  # lost, then not to be had
            await asyncio.to_thread(peer.start)
            await site.run(ROW.format(2))
            await desk.until(lambda: len(desk.rows) == 2)
            await desk.until(lambda: source.trouble is None)
    finally:
        peer.stop()
    assert firsts(desk.rows) == ["1", "2"]


async def test_nobody_there_is_told(site: Site, desk: Desk) -> None:
    settings = site.settings(VISIT, host="127.0.0.1", port=1)
    async with Reading(desk.source(settings)) as source:
        await desk.until(lambda: source.trouble)
        assert desk.codes() == ["LY-1135"]


async def test_a_wrong_password_is_told_without_the_password(
    site: Site, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "wrong"
    file.write_text("not-the-password\n")
    async with Reading(desk.source(site.settings(VISIT, password_file=file))) as source:
        await desk.until(lambda: source.trouble)
    assert desk.codes() == ["LY-1136"]
    assert "not-the-password" not in desk.troubles[0].text()


@pytest.mark.parametrize("content", [None, "", "\n", "two\nlines\n"])
async def test_a_password_file_that_is_none_stops_the_start(
    site: Site, desk: Desk, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "missing"
    if content is not None:
        file.write_text(content)
    with pytest.raises(PasswordUnreadable):
        await desk.source(site.settings(VISIT, password_file=file)).start()


async def test_a_query_that_is_wrong_is_told_with_its_place(site: Site, desk: Desk) -> None:
    table = {**VISIT, "query": "SELECT id, updated_at FROMM visit"}
    async with Reading(desk.source(site.settings(table))) as source:
        await desk.until(lambda: source.trouble)
    trouble = desk.troubles[0]
    assert trouble.code == "LY-1138"
    assert "FROMM" in trouble.text() or "visit" in trouble.text()
    if site.kind == "postgresql":
        # PostgreSQL takes FROMM for another name of the column before it.
        assert trouble.facts["position"] == table["query"].index("visit") + 1


async def test_a_table_that_is_not_there_is_told(site: Site, desk: Desk) -> None:
    async with Reading(desk.source(site.settings(VISIT))) as source:
        await desk.until(lambda: source.trouble)
        assert desk.codes() == ["LY-1138"]
        await site.run(TABLE + ";" + ROW.format(1))
        await desk.until(lambda: desk.rows)
        await desk.until(lambda: source.trouble is None)


async def test_a_query_that_hangs_is_ended(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + ROW.format(1))
    slow = "pg_sleep(60)" if site.kind == "postgresql" else "SLEEP(60)"
    query = f"SELECT id, updated_at FROM visit WHERE {slow} IS NOT NULL"
    table = {**VISIT, "query": query}
    async with Reading(desk.source(site.settings(table, statement_seconds=0.3))) as source:
        await desk.until(lambda: source.trouble)
    assert desk.codes()[0] == "LY-1139"


async def test_a_reader_can_write_nothing(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + ROW.format(1))
    async with Reading(desk.source(site.settings(VISIT))) as source:
        await desk.until(lambda: desk.rows)
        database = source._readers[0].database
        with pytest.raises(Exception, match="LY-1138"):
            await database.execute("DELETE FROM visit")


async def test_a_held_batch_is_told_and_the_next_is_read(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + ROW.format(1))
    desk.answers = [Answer(b'{"position":"1-1"}', Category.INVALID)]
    async with Reading(desk.source(site.settings(VISIT))):
        await desk.until(lambda: len(desk.rows) == 1)
        await site.run(ROW.format(2))
        await desk.until(lambda: len(desk.rows) == 2)
    assert firsts(desk.rows) == ["1", "2"]
    assert desk.codes() == ["LY-1146"]


async def test_one_table_in_trouble_does_not_stop_another(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + ROW.format(1))
    broken = {**VISIT, "name": "broken", "table": "nowhere"}
    async with Reading(desk.source(site.settings(broken, VISIT))) as source:
        await desk.until(lambda: desk.rows and source.trouble)
        assert source.connections == 1


async def test_tls_is_checked(desk: Desk, open_folder: Path) -> None:
    assert programs(), "there is no PostgreSQL server: run tools/prepare_tests.sh"
    ours, foreign = Authority(open_folder), Authority(open_folder, "foreign")
    peer = PostgresPeer(open_folder, ours)
    peer.start()
    told = {
        "kind": "postgresql", "system": "his", "host": "localhost", "port": peer.port,
        "database": "postgres", "account": "owner", "tls": {"ca_file": ours.ca_file},
        "tables": [{"name": "t", "key": "id", "mode": "full", "query": "SELECT 1 AS id", "at": "",
                    "every_seconds": 3600}],
        "first_wait_seconds": 0.05,
    }  # fmt: skip
    try:
        async with Reading(desk.source(SqlSourceSettings.model_validate(told))):
            await desk.until(lambda: desk.rows)
        told["tls"] = {"ca_file": foreign.ca_file}
        async with Reading(desk.source(SqlSourceSettings.model_validate(told))) as source:
            await desk.until(lambda: source.trouble)
            assert desk.codes() == ["LY-1135"]
    finally:
        peer.stop()


GOOD: dict[str, Any] = {
    "kind": "mariadb", "host": "h", "database": "d", "account": "a", "system": "his",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"mode": "incremental"}, "watermark"),
        ({"mode": "full", "watermark": "w"}, "watermark"),
        ({"mode": "incremental", "watermark": "w", "at": "02:30"}, "'at'"),
        ({"mode": "full", "at": "25:00"}, "pattern"),
        ({"mode": "full"}, "say when"),
        ({"mode": "outbox"}, "done_column"),
        ({"mode": "outbox", "done_column": "d", "delete_done": True}, "done_column"),
        ({"mode": "full", "delete_done": True}, "done_column"),
        ({"mode": "full", "query": "DELETE FROM x"}, "SELECT"),
        ({"mode": "full", "query": "SELECT 1; DROP TABLE x"}, "semicolon"),
        ({"mode": "full", "query": "SELECT 1", "table": "x"}, "either"),
        ({"mode": "incremental", "watermark": ["a", "b"], "overlap_seconds": 5}, "exactly one"),
    ],
)
def test_settings_that_mean_nothing_are_refused(table: dict[str, Any], why: str) -> None:
    told = {**GOOD, "tables": [{"name": "t", "key": "id", **table}]}
    with pytest.raises(ValidationError, match=why):
        build_source("sql", told, lambda *_: None, print, memory=PassingMemory())
