"""Everything can be taken out, and an empty installation built from it."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
import pyarrow.parquet as pq
import pytest
from tests.unit.messagelog.hiding import HIDING

from lianyi.base.clock import RandomIds, SteppedClock, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.migrations import migrate
from lianyi.messagelog import LogMessage, MessageLog, NewMessage, Position, PostgresLog
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive_reader import Archive, ArchiveBusy, BrokenArchive
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.erase import erase
from lianyi.messagelog.exporting import export
from lianyi.messagelog.importing import import_
from lianyi.messagelog.postgres_segments import close_full_segments, index_closed_segments
from lianyi.messagelog.transfer import BrokenExport, NotEmpty, Transferred
from lianyi.messagelog.verify import verify

Connection = asyncpg.Connection
ReadAll = Callable[[MessageLog, int], Awaitable[list[LogMessage]]]
CLOCK = SteppedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))


@pytest.fixture(params=[PLAIN, HIDING], ids=["plain", "hidden"])
def cover(request: pytest.FixtureRequest) -> Cover:
    """Everything here holds for what lies hidden, too."""
    found: Cover = request.param
    return found


CHANNELS = """
    INSERT INTO messagelog.channel VALUES (1, 'his-adt', 1), (2, '检验', 2);
    INSERT INTO channels.channel (channel, name, shard, version, problem) VALUES
        (1, 'his-adt', 1, 2, NULL), (2, '检验', 2, 1, '{"code": "LY-1401", "facts": {"n": 1.5}}');
    INSERT INTO channels.definition VALUES
        (1, 1, E'channel: his-adt\n# "quoted" \\\\ 中文\t\n', '\\x00ff',
         '2026-03-01T08:00:00.000001Z', 1),
        (1, 2, 'channel: his-adt', '\\x01', '-infinity', 7);
    INSERT INTO channels.destination (channel, name) VALUES (1, 'gone'), (1, 'emr'), (2, 'emr');
    DELETE FROM channels.destination WHERE name = 'gone' OR channel = 2;
    CREATE TABLE channels.receipt_20260301 (LIKE channels.receipt);
    ALTER TABLE channels.receipt ATTACH PARTITION channels.receipt_20260301
        FOR VALUES FROM ('2026-03-01 00:00:00+00') TO ('2026-03-02 00:00:00+00');
    INSERT INTO channels.receipt SELECT n, '2026-03-01T08:00:00Z', 2, 3, 1, 0, 2, 'AA', NULL
        FROM generate_series(1, 5000) AS n;
    INSERT INTO channels.exception (destination, shard, number, channel, order_key, state, since,
        error) VALUES (2, 1, 9, 1, '7^HOSP1', 'parked', now(), '{"code": "LY-1102"}');
    INSERT INTO channels.replay VALUES (gen_random_uuid(), 1, 2, 1, 1, 5, '{}', 0.1, 'finished', 5,
        5, 5, 0, 'person', 'why', now(), now());
    INSERT INTO channels.tally VALUES ('destination:2', '2026-03-01T08:00:00Z', '{"delivered": 5}');
    INSERT INTO messagelog.reader VALUES ('destination:2', 1, 30, 3, '{"delivered": 30}', now());
"""


@pytest.fixture
async def used(filled: PostgresLog, connection: Connection, archive: Archive) -> PostgresLog:
    """An installation in use: three shards, an archived segment, an erasure, channels."""
    await connection.execute(CHANNELS)
    for number in range(12):
        await filled.append_act(NewMessage(0, "act test.done", f"{number}".encode()))
    appender = await filled.open_appender(2, holder="a")
    appender.append(
        NewMessage(
            2, "检验", bytes(range(256)), "gb18030", "LIS", ("p:1", "c:2"), 1, Position(1, 3)
        ),
        lambda *_: None,
    )
    await appender.close()
    await archiving.archive_segment(connection, archive, 1, 0, product="1")
    await erase_one(filled, connection, 5)
    await index_all(connection)
    return filled


async def index_all(connection: Connection) -> None:
    """Do what housekeeping would: an import gives every closed segment its index."""
    await close_full_segments(connection)
    await index_closed_segments(connection)


async def erase_one(log: PostgresLog, connection: Connection, number: int) -> None:
    await erase(log, connection, Position(1, number), reason="r", actor="a", clock=CLOCK)


@pytest.fixture
async def target(empty_database: str, small_segments: int) -> AsyncIterator[Connection]:
    """A connection to a migrated database in which nothing is."""
    await migrate(empty_database)
    connection = await connect(empty_database, statement_timeout_seconds=0)
    yield connection
    connection.terminate()


@pytest.fixture
async def target_log(
    empty_database: str, target: Connection, tmp_path: Path, cover: Cover
) -> AsyncIterator[PostgresLog]:
    """The new installation's log, not started yet."""
    pool = await open_pool(empty_database)
    yield PostgresLog(
        pool,
        lambda: connect(empty_database),
        clock=SystemClock(),
        owner=RandomIds().new_id(),
        archive=Archive(tmp_path / "new archive", cover),
        cover=cover,
    )
    pool.terminate()


async def take_out(log: PostgresLog, connection: Connection, folder: Path) -> Transferred:
    return await export(log, connection, folder, clock=CLOCK, product="1.2.3")


async def digests(connection: Connection) -> dict[str, str]:
    """Digest of the rows of every table and the state of every sequence, leases left out.

    Bodies are left out, too: the same body never lies encrypted in the same form.
    """
    names = await connection.fetch(
        "SELECT format('%s.%s', nspname, relname) FROM pg_class"
        " JOIN pg_namespace AS n ON n.oid = relnamespace"
        " WHERE nspname IN ('messagelog', 'channels') AND relkind IN ('r', 'p')"
        " AND relname <> 'lease'"
    )
    found = {
        row[0]: await connection.fetchval(
            "SELECT count(*) || md5(coalesce(string_agg((to_jsonb(t) - 'body')::text, '|'"
            f" ORDER BY (to_jsonb(t) - 'body')::text), '')) FROM {row[0]} AS t"
        )
        for row in names
    }
    found["destination"] = await connection.fetchval(
        "SELECT last_value FROM channels.destination_destination_seq"
    )
    return found


async def test_an_empty_installation_is_built_from_an_export_and_goes_on(
    used: PostgresLog,
    connection: Connection,
    target: Connection,
    target_log: PostgresLog,
    tmp_path: Path,
    read_all: ReadAll,
) -> None:
    progress: list[tuple[int, int]] = []
    done = await take_out(used, connection, tmp_path / "export")
    assert done.ends == {0: 13, 1: 35, 2: 1}
    assert (done.messages, done.files_written, done.rows) == (49, 7, 5000 + 11)

    back = await import_(
        target,
        tmp_path / "export",
        archive=target_log.archive,  # type: ignore[arg-type]
        on_progress=lambda *told: progress.append(told),
    )

    assert (back.messages, back.rows, back.ends) == (done.messages, done.rows, done.ends)
    assert progress[-1] == (49, 49)
    assert await digests(target) == await digests(connection)
    assert all(report.ok for report in await verify(target_log))
    for shard in (0, 1, 2):
        assert await read_all(target_log, shard) == await read_all(used, shard)
    await target_log.start()
    appender = await target_log.open_appender(1, holder="b")
    assert appender.end == 35
    appender.append(NewMessage(1, "json", b"{}"), lambda *_: None)
    await appender.close()
    assert await target_log.append_act(NewMessage(0, "act test.done", b"")) == Position(0, 14)
    assert all(report.ok for report in await verify(target_log))
    assert len(await read_all(target_log, 1)) == 36
    new = await target.fetchval(
        "INSERT INTO channels.destination (channel, name) VALUES (1, 'new') RETURNING destination"
    )
    assert new == 4
    await target_log.stop()


async def test_whoever_has_only_the_folder_can_read_it(
    used: PostgresLog, connection: Connection, tmp_path: Path
) -> None:
    await take_out(used, connection, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"], manifest["product"]) == (
        "lianyi-export", 1, "1.2.3",
    )  # fmt: skip
    files = {path.name for path in (tmp_path / "messages").iterdir()}
    assert files == {file["file"] for file in manifest["messages"]}
    numbers = [
        number
        for first, last in ((1, 10), (11, 20), (21, 30), (31, 35))
        for number in pq.read_table(tmp_path / "messages" / f"message_1_{first}-{last}.parquet")
        .column("number")
        .to_pylist()
    ]
    assert numbers == list(range(1, 36))
    with gzip.open(tmp_path / "tables" / "channels.definition.jsonl.gz", "rt") as lines:
        definitions = [json.loads(line) for line in lines]
    assert definitions[0]["yaml"] == 'channel: his-adt\n# "quoted" \\ 中文\t\n'


async def test_exporting_again_writes_only_what_is_new_or_was_erased(
    used: PostgresLog,
    connection: Connection,
    archive: Archive,
    target: Connection,
    target_log: PostgresLog,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "export"
    await take_out(used, connection, folder)
    assert (await take_out(used, connection, folder)).files_written == 0
    appender = await used.open_appender(1, holder="a")
    for _ in range(7):
        appender.append(NewMessage(1, "json", b"{}"), lambda *_: None)
    await appender.close()
    assert (await take_out(used, connection, folder)).files_written == 2  # 31-40 and 41-42
    await archiving.archive_segment(connection, archive, 1, 1, product="1")
    assert (await take_out(used, connection, folder)).files_written == 0
    await erase_one(used, connection, 12)  # in a file
    await erase_one(used, connection, 22)  # in the database
    done = await take_out(used, connection, folder)
    assert done.files_written == 3  # both, and the acts
    (folder / "messages" / "message_1_31-40.parquet").unlink()
    await index_all(connection)
    assert (await take_out(used, connection, folder)).files_written == 1
    await import_(target, folder, archive=target_log.archive)  # type: ignore[arg-type]
    assert await digests(target) == await digests(connection)
    assert all(report.ok for report in await verify(target_log))


async def test_an_installation_in_use_is_not_imported_into(
    used: PostgresLog, connection: Connection, target: Connection, archive: Archive, tmp_path: Path
) -> None:
    await take_out(used, connection, tmp_path)
    before = await digests(connection)
    with pytest.raises(NotEmpty):
        await import_(connection, tmp_path, archive=archive)
    assert await digests(connection) == before
    await target.execute("INSERT INTO messagelog.channel VALUES (1, 'his-adt', 1)")
    with pytest.raises(NotEmpty) as caught:
        await import_(target, tmp_path, archive=archive)
    assert caught.value.facts["table"] == "messagelog.channel"


def change_manifest(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = folder / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    change(manifest)
    path.write_bytes(orjson.dumps(manifest))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no JSON": lambda folder: (folder / "manifest.json").write_text("{"),
    "empty manifest": lambda folder: (folder / "manifest.json").write_text("{}"),
    "other version": lambda folder: change_manifest(folder, lambda m: m.update(version=2)),
    "a part only": lambda folder: change_manifest(folder, lambda m: m.update(complete=False)),
    "other segments": lambda folder: change_manifest(
        folder, lambda m: m.update(segment_messages=11)
    ),
    "a file less": lambda folder: change_manifest(folder, lambda m: m["messages"].pop()),  # type: ignore[attr-defined]
    "messages missing": lambda folder: (folder / "messages/message_1_11-20.parquet").unlink(),
    "messages changed": lambda folder: flip(folder / "messages/message_1_11-20.parquet"),
    "rows changed": lambda folder: flip(folder / "tables/channels.receipt.jsonl.gz"),
    "evil partition": lambda folder: change_manifest(
        folder,
        lambda m: [
            table["partitions"].append(["x; DROP TABLE channels.tally", "DEFAULT"])
            for table in m["tables"]  # type: ignore[attr-defined]
        ],
    ),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_a_damaged_export_is_refused_and_leaves_nothing_behind(
    used: PostgresLog,
    connection: Connection,
    target: Connection,
    tmp_path: Path,
    damage: Callable[[Path], object],
    cover: Cover,
) -> None:
    await take_out(used, connection, tmp_path / "export")
    before = await digests(target)
    damage(tmp_path / "export")
    with pytest.raises((BrokenExport, BrokenArchive)):
        await import_(target, tmp_path / "export", archive=Archive(tmp_path / "new", cover))
    assert await digests(target) == before


async def test_a_part_may_be_taken_out(
    used: PostgresLog, connection: Connection, tmp_path: Path
) -> None:
    done = await export(
        used, connection, tmp_path, clock=CLOCK, product="1", shards=[1], after={1: 20}
    )
    assert done.messages == 15
    assert sorted(path.name for path in (tmp_path / "messages").iterdir()) == [
        "message_1_21-30.parquet",
        "message_1_31-35.parquet",
    ]


async def test_an_export_waits_for_nobody_and_nobody_changes_files_under_it(
    used: PostgresLog, connection: Connection, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    async with pool.acquire() as other, archiving.alone(other):
        with pytest.raises(ArchiveBusy):
            await take_out(used, connection, tmp_path)


async def test_an_empty_log_travels_too(
    filled: PostgresLog, target: Connection, target_log: PostgresLog, tmp_path: Path, cover: Cover
) -> None:
    await target_log.start()
    done = await take_out(target_log, target, tmp_path)
    assert (done.messages, done.ends) == (0, {0: 0})
    await import_(target, tmp_path, archive=Archive(tmp_path / "new", cover))
    assert await target_log.append_act(NewMessage(0, "act test.done", b"")) == Position(0, 1)
    await target_log.stop()
