"""Whoever erases a message erases what people made of it too, wherever that lies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tests.unit.messagelog.hiding import HIDING

from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.database import connect, open_pool
from lianyi.base.migrations import migrate
from lianyi.messagelog import LogMessage, MessageLog, NewMessage, Position, PostgresLog
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.erase import CannotErase, erase
from lianyi.messagelog.exporting import export
from lianyi.messagelog.importing import import_
from lianyi.messagelog.postgres_segments import close_full_segments, index_closed_segments
from lianyi.messagelog.verify import verify

Connection = asyncpg.Connection
ReadAll = Callable[[MessageLog, int], Awaitable[list[LogMessage]]]
CLOCK = SteppedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
AT = Position(1, 17)


@pytest.fixture(params=[PLAIN, HIDING], ids=["plain", "hidden"])
def cover(request: pytest.FixtureRequest) -> Cover:
    """Everything here holds for what lies hidden, too."""
    found: Cover = request.param
    return found


def repair(text: str, of: Position = AT) -> NewMessage:
    return NewMessage(
        0, "act message.repaired", text.encode(), "utf-8", "console", ("p:7^HOSP1",), caused_by=of
    )


def decision(of: Position = AT) -> NewMessage:
    return NewMessage(
        0, "act delivery.resent", b'{"actor": "console"}', "utf-8", "console", caused_by=of
    )


@pytest.fixture
async def repaired(filled: PostgresLog, connection: Connection) -> PostgresLog:
    """A log with a full segment of acts and one begun; message 17 was repaired in both."""
    acts = [
        repair("half right 17"), decision(), repair("right 18", Position(1, 18)),
        *[NewMessage(0, "act test.done", b"x") for _ in range(7)],
        repair("right 17"), decision(),
    ]  # fmt: skip
    for act in acts:
        await filled.append_act(act)
    await close_full_segments(connection)
    assert await index_closed_segments(connection) == 1
    return filled


async def erase_it(log: PostgresLog, connection: Connection) -> Position:
    return await erase(
        log, connection, AT, reason="court order 2026-1", actor="officer", clock=CLOCK
    )


async def archive_all(connection: Connection, archive: Archive, acts: bool, own: bool) -> None:
    for shard, segment in [(0, 0)] * acts + [(1, 0), (1, 1), (1, 2)] * own:
        await archiving.archive_segment(connection, archive, shard, segment, product="1")


@pytest.mark.parametrize("acts", [False, True], ids=["acts live", "acts archived"])
@pytest.mark.parametrize("own", [False, True], ids=["message live", "message archived"])
async def test_every_repaired_copy_of_an_erased_message_is_gone_and_the_log_is_whole(
    repaired: PostgresLog,
    connection: Connection,
    archive: Archive,
    read_all: ReadAll,
    acts: bool,
    own: bool,
) -> None:
    before = await read_all(repaired, 0)
    await archive_all(connection, archive, acts, own)

    said = await erase_it(repaired, connection)

    after = await read_all(repaired, 0)  # proves the chain
    gone = [one for one in after if one.tombstone]
    assert [one.number for one in gone] == [1, 11]
    assert [json.loads(one.body)["reason"] for one in gone] == ["court order 2026-1"] * 2
    assert [one._replace(body=b"", tombstone=False) for one in gone] == [
        before[0]._replace(body=b""), before[10]._replace(body=b""),
    ]  # fmt: skip
    assert after[2].body == b"right 18"
    told = {one.caused_by: one.position for one in after if one.kind == "act message.erased"}
    assert set(told) == {AT, Position(0, 1), Position(0, 11)}
    assert told[AT] == said
    assert [(one.ok, one.tombstones) for one in await verify(repaired)] == [(True, 2), (True, 1)]
    live = await connection.fetch("SELECT body FROM messagelog.message WHERE shard = 0")
    files = [path.read_bytes() for path in archive.folder.glob("*")]
    for text in (b"half right 17", b"right 17"):
        assert not [one for one in [*(row["body"] for row in live), *files] if text in one]


async def test_a_copy_that_an_earlier_release_left_goes_when_it_is_erased_again(
    repaired: PostgresLog, connection: Connection, read_all: ReadAll
) -> None:
    before = await repaired.end(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lianyi.messagelog.erase.REPAIRED", "act nothing.at.all")
        await erase_it(repaired, connection)
    assert await repaired.end(0) == before + 1

    await erase_it(repaired, connection)

    assert [one.number for one in await read_all(repaired, 0) if one.tombstone] == [1, 11]
    with pytest.raises(CannotErase):
        await erase_it(repaired, connection)
    assert all(one.ok for one in await verify(repaired))


async def test_a_log_whose_first_acts_are_archived_starts_again(
    repaired: PostgresLog,
    connection: Connection,
    archive: Archive,
    make_log: Callable[[], Awaitable[PostgresLog]],
) -> None:
    await archive_all(connection, archive, True, False)
    again = await make_log()
    assert await again.append_act(decision()) == Position(0, 13)


@pytest.mark.parametrize("archived", [False, True], ids=["live", "archived"])
async def test_an_export_made_before_forgets_the_copies_when_it_is_made_again(
    repaired: PostgresLog,
    connection: Connection,
    archive: Archive,
    empty_database: str,
    tmp_path: Path,
    read_all: ReadAll,
    archived: bool,
    cover: Cover,
) -> None:
    await archive_all(connection, archive, archived, archived)
    folder = tmp_path / "export"
    await export(repaired, connection, folder, clock=CLOCK, product="1")
    await erase_it(repaired, connection)

    await export(repaired, connection, folder, clock=CLOCK, product="1")

    await migrate(empty_database)
    pool = await open_pool(empty_database, size_max=2)
    target = Archive(tmp_path / "other archive", cover)
    mine = await connect(empty_database, statement_timeout_seconds=0)
    await import_(mine, folder, archive=target)
    log = PostgresLog(
        pool,
        lambda: connect(empty_database),
        clock=CLOCK,
        owner=RandomIds().new_id(),
        archive=target,
        cover=cover,
    )
    await log.start()
    assert [one.number for one in await read_all(log, 0) if one.tombstone] == [1, 11]
    assert all(one.ok for one in await verify(log))
    await log.stop()
    await mine.close()
    await pool.close()
