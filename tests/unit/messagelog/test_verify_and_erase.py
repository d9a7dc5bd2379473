"""Whoever changes the log is found out; a lawful erasure leaves it whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
import pytest
from tests.unit.messagelog.hiding import HIDING

from lianyi.base.clock import SteppedClock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import (
    LogMessage,
    LogUnavailable,
    MemoryLog,
    MessageLog,
    NewMessage,
    NoSuchMessage,
    Position,
    PostgresLog,
)
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive_reader import Archive, ArchiveBusy, BrokenArchive
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.erase import CannotErase, erase
from lianyi.messagelog.postgres_segments import Evidence
from lianyi.messagelog.verify import BrokenChain, Report, Verifier, verify

if TYPE_CHECKING:
    pass

Connection = asyncpg.Connection
ReadAll = Callable[[MessageLog, int], Awaitable[list[LogMessage]]]
CLOCK = SteppedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))


@pytest.fixture(params=[PLAIN, HIDING], ids=["plain", "hidden"])
def cover(request: pytest.FixtureRequest) -> Cover:
    """Everything here holds for what lies hidden, too."""
    found: Cover = request.param
    return found


async def verify_one(log: PostgresLog, shard: int = 1, **how: object) -> Report:
    (report,) = await verify(log, shards=[shard], **how)  # type: ignore[arg-type]
    return report


async def archive_all(connection: Connection, archive: Archive, *segments: int) -> None:
    for segment in segments:
        await archiving.archive_segment(connection, archive, 1, segment, product="1")


async def test_a_log_that_nobody_touched_verifies_across_archive_and_database(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    await archive_all(connection, archive, 0, 1)
    await filled.append_act(NewMessage(0, "act test.done", b""))
    progress: list[tuple[int, int, int]] = []

    reports = await verify(filled, on_progress=lambda *told: progress.append(told))

    assert reports == [Report(0, 1, 1, 1, 0, None, None), Report(1, 1, 35, 35, 0, None, None)]
    assert progress[0] == (0, 1, 1)
    assert progress[-1] == (1, 35, 35)
    assert [told[1] for told in progress if told[0] == 1] == [10, 20, 30, 35]


async def test_a_part_is_verified_alone(filled: PostgresLog, connection: Connection) -> None:
    await connection.execute("UPDATE messagelog.message_1_0 SET sender = 'x' WHERE number = 4")
    assert (await verify_one(filled, number_from=5, number_to=12)).messages == 8
    assert (await verify_one(filled, number_to=3)).ok
    assert (await verify_one(filled, number_to=4)).first_broken == 4
    assert (await verify_one(filled, number_from=30)).messages == 6


CHANGES = {
    "body": "UPDATE messagelog.message SET body = 'other' WHERE number = 14",
    "key": "UPDATE messagelog.message SET keys = 'c:14' WHERE number = 14",
    "time": "UPDATE messagelog.message SET received_at = received_at + interval '1 microsecond'"
    " WHERE number = 14",
    "channel": "UPDATE messagelog.message SET channel = 2 WHERE number = 14",
    "cause": "UPDATE messagelog.message SET caused_shard = 0, caused_number = 1 WHERE number = 14",
    "chain": "UPDATE messagelog.message SET chain = sha256('x') WHERE number = 14",
    "unread tombstone": "UPDATE messagelog.message SET body = 'gone', tombstone = true"
    " WHERE number = 14",
    "tombstone nobody decided": "UPDATE messagelog.message SET tombstone = true, body ="
    " convert_to('{\"sha256\": \"' || encode(sha256(body), 'hex') || '\"}', 'UTF8')"
    " WHERE number = 14",
    "order": "CREATE TEMP TABLE old AS SELECT * FROM messagelog.message WHERE number IN (14, 15);"
    " DELETE FROM messagelog.message WHERE number IN (14, 15);"
    " UPDATE old SET number = 29 - number; INSERT INTO messagelog.message SELECT * FROM old",
    "a message gone": "DELETE FROM messagelog.message WHERE number = 14",
    "rest of a segment gone": "DELETE FROM messagelog.message WHERE number BETWEEN 14 AND 20",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_is_found_at_the_message_it_was_made_to(
    filled: PostgresLog, connection: Connection, change: str
) -> None:
    await connection.execute(change)
    report = await verify_one(filled)
    assert (report.ok, report.first_broken, report.messages) == (False, 14, 13)
    assert isinstance(report.failure, BrokenChain)
    assert report.failure.where == "1-14"


async def test_a_whole_segment_rewritten_with_a_new_chain_does_not_fit_its_seal(
    filled: PostgresLog, connection: Connection, cover: Cover
) -> None:
    """Whoever can compute chains can rewrite the log to its end, but not what else knows of it."""
    from lianyi.messagelog.chain import relink

    messages = list(await filled.read(1, after=10, limit=99))
    chain = (await filled.get(Position(1, 10))).chain
    for message in messages:
        changed = message._replace(body=b"forged")
        chain = relink(chain, changed)
        await connection.execute(
            "UPDATE messagelog.message SET body = 'forged', chain = $2 WHERE number = $1",
            message.number,
            chain,
        )
    report = await verify_one(filled, number_to=20)
    assert report.first_broken == (11 if cover.bodies else 20), "nobody forges what is encrypted"


async def test_a_tail_that_is_gone_is_known_by_those_who_have_seen_it(
    filled: PostgresLog, connection: Connection
) -> None:
    await connection.execute("DELETE FROM messagelog.message WHERE number > 33")
    assert (await verify_one(filled)).ok  # the chain alone cannot know

    async def receipts(shard: int) -> Mapping[str, int]:
        return {"receipts of destination:7": 34} if shard == 1 else {}

    report = await verify_one(filled, seen_by=[receipts])
    assert (report.messages, report.first_broken) == (33, 34)
    assert report.failure
    assert "receipts of destination:7 (34)" in report.failure.text()
    await filled.move("destination:7", 1, 35)
    assert (await verify_one(filled)).first_broken == 34
    await connection.execute("DELETE FROM messagelog.message WHERE number > 27")
    await connection.execute("DELETE FROM messagelog.reader")
    assert (await verify_one(filled)).first_broken == 28  # the segment was closed at 30


async def test_damage_of_a_file_names_the_first_message_that_cannot_be_proved(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    await archive_all(connection, archive, 0, 1)
    path = archive.folder / "message_1_11-20.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    report = await verify_one(filled)
    assert (report.messages, report.first_broken) == (10, 11)
    assert isinstance(report.failure, BrokenArchive)
    assert report.failure.where == path.name


async def test_a_store_that_is_away_says_nothing_about_the_log(
    filled: PostgresLog, pool: asyncpg.Pool
) -> None:
    await pool.close()
    with pytest.raises(LogUnavailable):
        await verify(filled, shards=[1])


async def test_a_log_in_memory_is_verified_too() -> None:
    log = MemoryLog(CLOCK)
    for _ in range(5):
        await log.append_act(NewMessage(0, "act test.done", b"x"))
    assert (await Verifier(log, 0, Evidence({}, {})).run()).messages == 5


# --- erasure --------------------------------------------------------------------------------


async def erase_17(log: PostgresLog, connection: Connection, number: int = 17) -> Position:
    return await erase(
        log,
        connection,
        Position(1, number),
        reason="court order 2026-1",
        actor="data-protection officer",
        clock=CLOCK,
    )


@pytest.mark.parametrize("archived", [False, True], ids=["in the database", "in the archive"])
async def test_an_erased_body_is_gone_and_the_log_is_whole(
    filled: PostgresLog,
    connection: Connection,
    archive: Archive,
    archived: bool,
    read_all: ReadAll,
) -> None:
    before = await read_all(filled, 1)
    if archived:
        await archive_all(connection, archive, 0, 1, 2)

    act = await erase_17(filled, connection)

    after = await read_all(filled, 1)  # proves the chain
    assert [m for m in after if m.number != 17] == [m for m in before if m.number != 17]
    erased, old = after[16], before[16]
    assert erased == old._replace(body=erased.body, tombstone=True)
    assert json.loads(erased.body) == {
        "sha256": hashlib.sha256(old.body).hexdigest(),
        "reason": "court order 2026-1",
        "actor": "data-protection officer",
        "at": "2026-03-01T08:00:00+00:00",
    }
    said = await filled.get(act)
    assert (act, said.kind, said.sender) == (
        Position(0, 1), "act message.erased", "data-protection officer",
    )  # fmt: skip
    assert (said.body, said.caused_by) == (erased.body, Position(1, 17))
    assert [(r.ok, r.tombstones) for r in await verify(filled)] == [(True, 0), (True, 1)]
    if archived:
        assert sorted(path.name for path in archive.folder.iterdir()) == [
            "message_1_1-10.parquet",
            "message_1_11-20.1.parquet",
            "message_1_21-30.parquet",
        ]


async def test_bodies_are_erased_one_after_the_other_and_then_archived(
    filled: PostgresLog, connection: Connection, archive: Archive, read_all: ReadAll
) -> None:
    bodies = [message.body for message in await read_all(filled, 1)]
    await erase_17(filled, connection, 12)
    await archive_all(connection, archive, 0, 1)
    for number in (13, 14, 33):
        await erase_17(filled, connection, number)
    assert [m.number for m in await read_all(filled, 1) if m.tombstone] == [12, 13, 14, 33]
    assert [(r.ok, r.tombstones) for r in await verify(filled)] == [(True, 0), (True, 4)]
    (file,) = archive.folder.glob("message_1_11-20*")
    assert file.name == "message_1_11-20.2.parquet"
    assert bodies[12] not in file.read_bytes()


async def test_what_cannot_be_erased_is_refused_and_nothing_changes(
    filled: PostgresLog, connection: Connection, pool: asyncpg.Pool
) -> None:
    await erase_17(filled, connection)
    with pytest.raises(CannotErase):
        await erase_17(filled, connection)
    with pytest.raises(CannotErase):
        await erase(filled, connection, Position(0, 1), reason="", actor="", clock=CLOCK)
    with pytest.raises(NoSuchMessage):
        await erase_17(filled, connection, 36)
    async with pool.acquire() as other, archiving.alone(other):
        with pytest.raises(ArchiveBusy):
            await erase_17(filled, connection, 18)
    assert await filled.end(0) == 1


@pytest.mark.parametrize("step", ["entomb_archived", "rewrite"])
async def test_an_erasure_that_crashed_can_be_made_again(
    filled: PostgresLog,
    connection: Connection,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    read_all: ReadAll,
) -> None:
    class Crash(Exception):
        pass

    def crash(*_: object, **__: object) -> None:
        raise Crash

    await archive_all(connection, archive, 0, 1)
    with monkeypatch.context() as patch:
        place = "lianyi.messagelog." + ("erase" if step == "entomb_archived" else "archive_file")
        patch.setattr(f"{place}.{step}", crash)
        with pytest.raises(Crash):
            await erase_17(filled, connection)
    assert not any(message.tombstone for message in await read_all(filled, 1))
    assert await filled.end(0) == 0
    await erase_17(filled, connection)
    assert [r.tombstones for r in await verify(filled)] == [0, 1]


async def test_readers_of_an_archived_segment_never_see_a_gap_while_it_is_rewritten(
    filled: PostgresLog, connection: Connection, archive: Archive, read_all: ReadAll
) -> None:
    await archive_all(connection, archive, 0, 1)
    stop = asyncio.Event()

    async def keep_reading() -> int:
        reads = 0
        while not stop.is_set():
            assert len(await read_all(filled, 1)) == 35
            reads += 1
        return reads

    reading = asyncio.create_task(keep_reading())
    for number in range(11, 21):
        await erase_17(filled, connection, number)
    stop.set()
    assert await reading


def test_failures_tell_what_to_do_in_both_languages() -> None:
    failures: list[LianyiError] = [
        CannotErase(where="1-1", why="gone", why_zh="已擦除"),
        BrokenChain(where="1-1", why="missing", why_zh="缺失"),
    ]
    for failure in failures:
        assert "{" not in failure.text("en") + failure.text("zh")
