"""The rules of ``connectors/connector.py`` for the source that asks, on both kinds of database.

A message of it is made of rows, and one of each table is outstanding; so what the suite in
``test_connectors`` says of frames, connections of peers and bytes as they were does not apply.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers.mariadb import MariadbPeer
from tests.unit.connectors.sql.site import Desk, MariadbSite, PostgresqlSite, Site

from lianyi.connectors.connector import Answer
from lianyi.connectors.registry import CONNECTORS, build_sender
from lianyi.connectors.sql import SqlSource

TABLE = {"name": "visit", "key": "id", "mode": "incremental", "watermark": "id"}


@pytest.fixture(params=["postgresql", "mariadb"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    if request.param == "postgresql":
        return PostgresqlSite(request.getfixturevalue("empty_database"), tmp_path)
    peer: MariadbPeer = request.getfixturevalue("mariadb")
    return MariadbSite(peer, tmp_path, account="reader")


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.silent = True
    return desk


@pytest.fixture
async def source(site: Site, desk: Desk) -> AsyncIterator[SqlSource]:
    await site.run("CREATE TABLE visit (id int PRIMARY KEY, what varchar(99))")
    await site.run("INSERT INTO visit VALUES (1, 'SECRET-BODY')")
    source = desk.source(site.settings(TABLE))
    await source.start()
    yield source
    await source.stop(grace_seconds=0)


async def add(site: Site, number: int) -> None:
    await site.run(f"INSERT INTO visit VALUES ({number}, 'more')")


async def test_rule_2_a_second_reply_is_refused(source: SqlSource, desk: Desk) -> None:
    await desk.until(lambda: desk.replies)
    desk.replies[0](Answer())
    with pytest.raises(RuntimeError, match="twice"):
        desk.replies[0](Answer())


async def test_rule_3_nothing_is_moved_on_before_the_reply(
    source: SqlSource, site: Site, desk: Desk
) -> None:
    await desk.until(lambda: desk.arrivals)
    await add(site, 2)
    await asyncio.sleep(0.3)
    assert len(desk.arrivals) == 1
    assert source._places == {}

    desk.replies[0](Answer())
    await desk.until(lambda: len(desk.arrivals) == 2)
    assert source._places["visit"].high == ("1",)


async def test_rule_6_a_paused_source_takes_nothing_until_it_is_resumed(
    source: SqlSource, site: Site, desk: Desk
) -> None:
    await desk.until(lambda: desk.arrivals)
    source.pause()
    source.pause()
    desk.replies[0](Answer())
    await add(site, 2)
    await asyncio.sleep(0.3)
    assert len(desk.arrivals) == 1

    source.resume()
    source.resume()
    await desk.until(lambda: len(desk.arrivals) == 2)


async def test_rule_7_stopping_waits_for_outstanding_replies_and_takes_no_more(
    source: SqlSource, site: Site, desk: Desk
) -> None:
    await desk.until(lambda: desk.arrivals)
    await add(site, 2)
    stopping = asyncio.create_task(source.stop(grace_seconds=10))
    await asyncio.sleep(0.1)
    assert not stopping.done()
    desk.replies[0](Answer())
    await asyncio.wait_for(stopping, 5)

    assert len(desk.arrivals) == 1
    assert source.connections == 0
    assert source._places["visit"].high == ("1",)


async def test_rule_7_after_the_grace_everything_closes_and_it_can_start_again(
    source: SqlSource, desk: Desk
) -> None:
    await desk.until(lambda: desk.arrivals)
    await source.stop(grace_seconds=0.05)
    desk.replies[0](Answer(b"nobody is there"))
    assert source.connections == 0

    await source.start()
    await desk.until(lambda: len(desk.arrivals) == 2)
    assert desk.arrivals[1] == desk.arrivals[0]
    assert source.connections == 1


async def test_rule_9_no_log_line_and_no_trouble_holds_a_row(
    source: SqlSource, site: Site, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await desk.until(lambda: desk.arrivals)
    desk.replies[0](Answer())
    await site.run("ALTER TABLE visit RENAME COLUMN id TO other")
    await desk.until(lambda: source.trouble)
    assert "SECRET" not in caplog.text
    assert all("SECRET" not in trouble.text() for trouble in desk.troubles)


def test_settings_refuse_unknown_keys_and_nothing_is_sent() -> None:
    kind = CONNECTORS["sql"]
    config: dict[str, Any] = dict(kind.source_settings.model_config)
    assert (config["extra"], config["frozen"]) == ("forbid", True)
    with pytest.raises(ValueError, match="source only"):
        build_sender("sql", {})
