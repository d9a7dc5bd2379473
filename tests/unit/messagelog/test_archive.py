"""Old segments go to files: nothing is lost, everything stays readable, damage is found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.clock import RandomIds, SteppedClock, SystemClock
from lianyi.base.database import connect
from lianyi.base.errors import LianyiError
from lianyi.messagelog import (
    LogMessage,
    MessageLog,
    NewMessage,
    Position,
    PostgresLog,
    archive_file,
)
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive import Needed
from lianyi.messagelog.archive_file import SegmentFile, SegmentWriter
from lianyi.messagelog.archive_reader import (
    Archive,
    ArchiveBusy,
    BrokenArchive,
    CannotArchive,
)
from lianyi.messagelog.chain import GENESIS, link, micros_since_1970, relink
from lianyi.messagelog.housekeeping import Housekeeping, Round
from lianyi.messagelog.message import storable
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.search import Entry, Wanted, matches

if TYPE_CHECKING:
    from conftest import Sender

ReadAll = Callable[[MessageLog, int], Awaitable[list[LogMessage]]]
START = datetime(2026, 3, 1, tzinfo=UTC)


async def state_of(connection: Connection, shard: int = 1) -> list[str]:
    rows = await connection.fetch(
        "SELECT state FROM messagelog.segment WHERE shard = $1 ORDER BY segment", shard
    )
    return [row["state"] for row in rows]


async def leaves(connection: Connection) -> set[str]:
    rows = await connection.fetch(r"SELECT relname FROM pg_class WHERE relname ~ '^message_1_\d+$'")
    return {row["relname"] for row in rows}


async def test_an_archived_segment_is_read_as_before(
    filled: PostgresLog, connection: Connection, archive: Archive, read_all: ReadAll
) -> None:
    before = await read_all(filled, 1)
    for segment in (0, 1):
        async with archiving.alone(connection):
            await archiving.archive_segment(connection, archive, 1, segment, product="1.2.3")

    assert await read_all(filled, 1) == before
    assert await filled.get(Position(1, 17)) == before[16]
    assert await filled.read(1, after=3, limit=4) == before[3:7]
    assert await filled.read(1, after=3, limit=9, bytes_max=21) == before[3:6]
    assert await state_of(connection) == ["archived", "archived", "indexed", "open"]
    assert await leaves(connection) == {"message_1_2", "message_1_3"}
    assert sorted(path.name for path in archive.folder.iterdir()) == [
        "message_1_1-10.parquet",
        "message_1_11-20.parquet",
    ]


async def test_a_file_says_by_itself_what_it_is(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    await archiving.archive_segment(connection, archive, 1, 1, product="1.2.3")
    file = pq.ParquetFile(archive.folder / "message_1_11-20.parquet")
    row = file.read().to_pylist()[0]
    assert (row["number"], row["keys"], row["size_bytes"]) == (11, ["c:11", "p:2^HOSP1"], 10)
    metadata = {name: value.decode() for name, value in file.metadata.metadata.items()}
    assert metadata[b"lianyi.version"] == "1.2.3"
    assert metadata[b"lianyi.messages"] == "10"
    assert metadata[b"lianyi.chain_before"] == (await filled.get(Position(1, 10))).chain.hex()
    assert metadata[b"lianyi.chain_last"] == (await filled.get(Position(1, 20))).chain.hex()


class Crash(Exception):
    """The process died here."""


STEPS = [
    "before write_segment", "after write_segment", "before record", "after record",
    "before detach", "after detach", "before drop", "after drop",
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
async def test_archiving_goes_on_after_a_crash_between_any_two_steps(
    filled: PostgresLog,
    connection: Connection,
    archive: Archive,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    read_all: ReadAll,
    step: str,
) -> None:
    before = await read_all(filled, 1)
    moment, _, name = step.partition(" ")
    real = getattr(archiving, name)

    async def crashing(*args: object, **kwargs: object) -> None:
        if moment == "after":
            await real(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(archiving, name, crashing)
    with pytest.raises(Crash):
        await archiving.archive_segment(connection, archive, 1, 0, product="1")
    monkeypatch.undo()
    monkeypatch.setattr("lianyi.messagelog.segments.SEGMENT_MESSAGES", 10)
    connection.terminate()
    assert await read_all(filled, 1) == before

    heir = await connect(database, statement_timeout_seconds=0)
    async with archiving.alone(heir):
        await archiving.sweep(heir, archive)
        await archiving.finish(heir, archive)
        for due in await archiving.list_due(heir, older_than=SystemClock().now(), held=()):
            await archiving.archive_segment(heir, archive, due.shard, due.segment, product="1")

    assert await read_all(filled, 1) == before
    assert await state_of(heir) == ["archived", "archived", "archived", "open"]
    assert await leaves(heir) == {"message_1_3"}
    heir.terminate()


async def test_a_detach_that_somebody_held_up_is_finished_later(
    filled: PostgresLog,
    connection: Connection,
    archive: Archive,
    pool: asyncpg.Pool,
    monkeypatch: pytest.MonkeyPatch,
    read_all: ReadAll,
) -> None:
    before = await read_all(filled, 1)
    monkeypatch.setattr(archiving, "_LOCK_TIMEOUT", "300ms")
    async with pool.acquire() as reader, reader.transaction():
        await reader.fetch("SELECT number FROM messagelog.message_1 LIMIT 1")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await archiving.archive_segment(connection, archive, 1, 0, product="1")
        assert await connection.fetchval(
            "SELECT inhdetachpending FROM pg_inherits"
            " WHERE inhrelid = 'messagelog.message_1_0'::regclass"
        )
        assert await read_all(filled, 1) == before
    assert await archiving.finish(connection, archive) == [(1, 0)]
    assert await read_all(filled, 1) == before
    assert "message_1_0" not in await leaves(connection)


async def test_two_never_work_on_the_files_at_once(
    connection: Connection, pool: asyncpg.Pool
) -> None:
    async with archiving.alone(connection), pool.acquire() as other:
        with pytest.raises(ArchiveBusy):
            async with archiving.alone(other):
                pass
    async with pool.acquire() as other, archiving.alone(other):
        pass


async def test_a_segment_that_does_not_fit_its_chain_stays_in_the_database(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    await connection.execute("UPDATE messagelog.message_1_1 SET body = 'x' WHERE number = 15")
    with pytest.raises(BrokenArchive) as caught:
        await archiving.archive_segment(connection, archive, 1, 1, product="1")
    assert caught.value.where == "1-15"
    assert await state_of(connection) == ["indexed", "indexed", "indexed", "open"]
    assert list(archive.folder.iterdir()) == []


async def test_no_room_for_a_file_is_told_and_changes_nothing(
    filled: PostgresLog, connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "archive").write_text("a file stands where the folder should be")
    with pytest.raises(CannotArchive):
        await archiving.archive_segment(
            connection, Archive(tmp_path / "archive"), 1, 1, product="1"
        )
    assert await state_of(connection) == ["indexed", "indexed", "indexed", "open"]


async def test_a_process_without_the_archive_says_so_and_does_not_read_on(
    filled: PostgresLog, connection: Connection, archive: Archive, pool: asyncpg.Pool, database: str
) -> None:
    await archiving.archive_segment(connection, archive, 1, 0, product="1")
    blind = PostgresLog(
        pool, lambda: connect(database), clock=SystemClock(), owner=RandomIds().new_id()
    )
    with pytest.raises(BrokenArchive):
        await blind.read(1, after=0, limit=1)
    assert [message.number for message in await blind.read(1, after=10, limit=1)] == [11]


SEARCHES = [
    Wanted(),
    Wanted(text="17"),
    Wanted(text="2"),
    Wanted(text="2^HOSP1"),
    Wanted(text="2^HOSP"),
    Wanted(text="nothing"),
    Wanted(text="1", kind="hl7v2 *"),
    Wanted(text="1", kind="hl7v2 %"),
    Wanted(text="1", channels=[1]),
    Wanted(text="1", channels=[2]),
    Wanted(text="1", gate=0),
    Wanted(text="1", gate=1),
    Wanted(text="1", below={1: 23}),
    Wanted(text="1\x00"),
    Wanted(text="1\ud800"),
]


@pytest.mark.parametrize("limit", [2, 50])
async def test_a_search_finds_the_same_before_and_after_archiving(
    filled: PostgresLog, connection: Connection, archive: Archive, limit: int
) -> None:
    times = [(await filled.get(Position(1, number))).received_at for number in (1, 8, 14, 31)]
    wanted = [
        *SEARCHES,
        *(Wanted(since=at) for at in times),
        *(Wanted(until=at) for at in times),
        Wanted(since=times[1], until=times[2]),
    ]
    before = [await filled.find(one, limit=limit) for one in wanted]
    for segment in range(3):
        await archiving.archive_segment(connection, archive, 1, segment, product="1")

    after = [await filled.find(one, limit=limit) for one in wanted]

    assert after[1:] == before[1:]
    # Only who asks for nothing in particular is shown no more than the database holds.
    assert after[0] == [entry for entry in before[0] if entry.number > 30]
    assert [entry.number for entry in before[2]] == list(range(35, 0, -3))[:limit]


@given(offset=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_before_anybody_reads_it(offset: int, bit: int) -> None:
    path, sealed, _ = written()
    damaged = bytearray(path.read_bytes())
    damaged[offset % len(damaged)] ^= 1 << bit
    broken = path.with_name("broken.parquet")
    broken.write_bytes(damaged)
    for use in (
        lambda file: file.read(after=0, limit=1, bytes_max=1),
        lambda file: file.find(Wanted(), below=None, limit=1),
    ):
        with pytest.raises(BrokenArchive) as caught:
            use(SegmentFile(broken, sha256=sealed.sha256))
        assert caught.value.where == "broken.parquet"


async def test_a_damaged_file_leaves_the_rest_of_the_log_readable(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    for segment in (0, 1):
        await archiving.archive_segment(connection, archive, 1, segment, product="1")
    (archive.folder / "message_1_1-10.parquet").unlink()
    with pytest.raises(BrokenArchive):
        await filled.read(1, after=0, limit=5)
    assert len(await filled.read(1, after=10, limit=5)) == 5


def made(count: int, *, first: int = 1, before: bytes = GENESIS) -> list[LogMessage]:
    """Make messages of shard 1, unlike each other, with a whole chain."""
    found: list[LogMessage] = []
    for number in range(first, first + count):
        new = storable(
            NewMessage(
                channel=number % 3,
                kind=("hl7v2 ADT^A01", "json")[number % 2],
                body=f"{number}".encode() * (number % 7),
                keys=(f"p:{number % 5}^HOSP1", f"c:{number}") if number % 4 else (),
                gate=number % 3,
                caused_by=Position(0, number) if number % 5 == 0 else None,
            )
        )
        at = START + timedelta(microseconds=number * 999_999)
        chain = found[-1].chain if found else before
        message = LogMessage(
            1, number, at, new.channel, new.kind, new.body, new.codec, new.sender, new.keys,
            new.gate, new.caused_by, b"",
        )  # fmt: skip
        found.append(message._replace(chain=relink(chain, message)))
    return found


_WRITTEN: list[tuple[Path, archive_file.Sealed, list[LogMessage]]] = []


def written() -> tuple[Path, archive_file.Sealed, list[LogMessage]]:
    """A file of 100 messages in row groups of 7."""
    if not _WRITTEN:
        folder = FOLDERS.new()
        messages = made(100, first=101)
        path = folder / "message_1_101-200.parquet"
        with SegmentWriter(path, before=GENESIS, product="1") as writer:
            for begin in range(0, 100, 7):
                writer.add(messages[begin : begin + 7])
            _WRITTEN.append((path, writer.seal(100), messages))
    return _WRITTEN[0]


class _Folders:
    """Gives folders that pytest removes, to what outlives one test."""

    def __init__(self) -> None:
        self._factory: pytest.TempPathFactory | None = None

    def use(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory

    def new(self) -> Path:
        assert self._factory
        return self._factory.mktemp("archive")


FOLDERS = _Folders()


@pytest.fixture(autouse=True, scope="module")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    FOLDERS.use(tmp_path_factory)


@given(after=st.integers(90, 210), limit=st.integers(1, 60), bytes_max=st.integers(0, 300))
def test_a_file_gives_what_the_log_would(after: int, limit: int, bytes_max: int) -> None:
    path, sealed, messages = written()
    expected: list[LogMessage] = []
    for message in messages:
        if message.number > after and len(expected) < limit:
            expected.append(message)
            if sum(len(one.body) for one in expected) >= bytes_max:
                break
    file = SegmentFile(path, sha256=sealed.sha256)
    assert file.read(after=after, limit=limit, bytes_max=bytes_max) == expected


@given(
    wanted=st.builds(
        Wanted,
        text=st.sampled_from(["", "3", "3^HOSP1", "3^", "HOSP1", "150"]),
        channels=st.lists(st.integers(0, 3), max_size=2),
        kind=st.sampled_from(["", "hl7v2 *", "json", "*A01", "*"]),
        gate=st.none() | st.integers(0, 2),
        since=st.none() | st.integers(90, 210).map(lambda n: START + timedelta(seconds=n)),
        until=st.none() | st.integers(90, 210).map(lambda n: START + timedelta(seconds=n)),
    ),
    below=st.none() | st.integers(95, 205),
    limit=st.integers(1, 40),
)
def test_searching_a_file_is_filtering_its_messages(
    wanted: Wanted, below: int | None, limit: int
) -> None:
    path, sealed, messages = written()
    entries = [
        Entry(
            m.shard, m.number, m.received_at, m.channel, m.kind, m.codec, m.sender,
            tuple(m.keys), m.gate, m.caused_by, len(m.body), m.tombstone,
        )
        for m in messages
    ]  # fmt: skip
    expected = [
        entry
        for entry in reversed(entries)
        if matches(entry, wanted) and (below is None or entry.number < below)
    ][:limit]
    found = SegmentFile(path, sha256=sealed.sha256).find(wanted, below=below, limit=limit)
    assert found == expected


def test_a_chain_value_depends_on_everything_about_a_message() -> None:
    one = made(1)[0]
    new = NewMessage(one.channel, one.kind, b"", one.codec, one.sender, one.keys, one.gate)
    values = {
        link(GENESIS, 1, 1, micros_since_1970(one.received_at), changed, bytes(32))
        for changed in (
            new,
            new._replace(channel=2),
            new._replace(kind="x"),
            new._replace(codec="x"),
            new._replace(sender="x"),
            new._replace(keys=("p:9",)),
            new._replace(gate=2),
            new._replace(caused_by=Position(0, 1)),
        )
    }
    assert len(values) == 8


# --- housekeeping ---------------------------------------------------------------------------


def housekeeping(
    pool: asyncpg.Pool, database: str, archive: Archive | None, **how: object
) -> Housekeeping:
    settings: dict[str, object] = {
        "clock": SystemClock(),
        "owner": RandomIds().new_id(),
        "holder": "test:1",
        "product": "1",
        "archive": archive,
        "retention": timedelta(0),
    }
    return Housekeeping(
        pool,
        lambda: connect(database, statement_timeout_seconds=0),
        **(settings | how),  # type: ignore[arg-type]
    )


async def test_only_what_everybody_has_passed_goes_and_who_holds_up_the_rest_is_told(
    filled: PostgresLog,
    connection: Connection,
    pool: asyncpg.Pool,
    database: str,
    archive: Archive,
) -> None:
    await filled.move("destination:1", 1, 35)
    await filled.move("destination:2", 1, 20)
    await filled.move("destination:3", 1, 0)  # removed long ago
    await filled.move("projection:x", 2, 0)  # of another shard

    async def replays(_: Connection) -> list[Needed]:
        return [Needed("replay", 1, 14)]

    async def gone(_: Connection) -> list[str]:
        return ["destination:3"]

    work = housekeeping(pool, database, archive, holds=[replays], retired=gone)
    done = await work.round(connection)

    assert done.archived == ((1, 0),)
    assert [(due.segment, {held.who for held in due.held_by}) for due in done.held_up] == [
        (1, {"replay"}),
        (2, {"replay", "destination:2"}),
    ]
    assert done.failures == ()
    assert (
        await housekeeping(pool, database, archive, retired=gone).round(connection)
    ).archived == ((1, 1),)


async def test_nothing_goes_before_its_time(
    filled: PostgresLog, connection: Connection, pool: asyncpg.Pool, database: str, archive: Archive
) -> None:
    for work in (
        housekeeping(pool, database, archive, retention=None),
        housekeeping(pool, database, archive, retention=timedelta(days=1)),
        housekeeping(pool, database, None),
    ):
        done = await work.round(connection)
        assert (done.archived, done.held_up) == ((), ())
    assert await state_of(connection) == ["indexed", "indexed", "indexed", "open"]


async def test_acts_stay_as_long_as_they_must_whatever_messages_do(
    filled: PostgresLog, connection: Connection, pool: asyncpg.Pool, database: str, archive: Archive
) -> None:
    for number in range(15):
        await filled.append_act(NewMessage(0, "act account.created", b"{}", keys=(f"u:{number}",)))
    keeping = {"retention": timedelta(0), "acts_online": timedelta(days=180)}

    done = await housekeeping(pool, database, archive, **keeping).round(connection)

    assert done.archived == ((1, 0), (1, 1), (1, 2))
    assert await state_of(connection, 0) == ["indexed", "open"]
    done = await housekeeping(pool, database, archive, retention=timedelta(0)).round(connection)
    assert done.archived == ((0, 0),)
    wanted = Wanted(shards=[0], keys=["u:3"])
    assert [entry.number for entry in await filled.find(wanted, limit=9)] == [4]


async def test_a_reader_far_behind_is_told_and_loses_nothing(
    filled: PostgresLog, connection: Connection, pool: asyncpg.Pool, database: str, archive: Archive
) -> None:
    await filled.move("destination:1", 1, 35)
    await filled.move("destination:2", 1, 12)
    clock = SteppedClock(SystemClock().now() + timedelta(days=8))
    done = await housekeeping(pool, database, archive, clock=clock).round(connection)
    assert [(one.who, one.number) for one in done.behind] == [("destination:2", 13)]
    assert done.archived == ((1, 0),)
    clock = SteppedClock(SystemClock().now() + timedelta(days=6))
    assert (await housekeeping(pool, database, archive, clock=clock).round(connection)).behind == ()


async def test_one_broken_piece_of_work_does_not_stop_the_others(
    filled: PostgresLog, connection: Connection, pool: asyncpg.Pool, database: str, archive: Archive
) -> None:
    await connection.execute("UPDATE messagelog.message_1_1 SET body = 'x' WHERE number = 15")

    async def fails(connection: Connection) -> None:
        await connection.execute("SELECT 1 / 0")

    done = await housekeeping(pool, database, archive, extras=[fails]).round(connection)

    assert done.archived == ((1, 0), (1, 2))
    assert [failure.code for failure in done.failures] == ["LY-1301", "LY-1304"]
    assert all(isinstance(failure, LianyiError) for failure in done.failures)


async def test_rounds_are_done_by_one_process_and_then_by_the_next(
    small_segments: int,
    log: PostgresLog,
    sender: Sender,
    pool: asyncpg.Pool,
    database: str,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    read_all: ReadAll,
) -> None:
    monkeypatch.setattr("lianyi.messagelog.housekeeping.ROUND_SECONDS", 0.05)
    rounds: list[str] = []
    archived: list[tuple[int, int]] = []

    def heard(name: str) -> Callable[[Round], None]:
        def on_round(done: Round) -> None:
            rounds.append(name)
            archived.extend(done.archived)

        return on_round

    first, second = (
        asyncio.create_task(housekeeping(pool, database, archive, on_round=heard(name)).run())
        for name in ("first", "second")
    )
    appender = await log.open_appender(1, holder="a")
    while len(set(archived)) < 3:
        sender.send(appender, 1)
        await asyncio.sleep(0.01)
    assert len(set(rounds)) == 1
    (first if rounds[0] == "first" else second).cancel()
    while len(set(rounds)) < 2:
        await asyncio.sleep(0.01)
    for _ in range(30):
        await log.append_act(NewMessage(0, "act test.done", b""))
    while (0, 1) not in archived:
        await asyncio.sleep(0.01)
    await appender.close()
    for task in (first, second):
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await sender.answered()
    found = await read_all(log, 1)
    assert {message.position: message.body for message in found} == sender.acknowledged
    assert len(await read_all(log, 0)) == 30


def test_a_file_that_is_not_one_run_is_not_sealed(tmp_path: Path) -> None:
    messages = made(10)
    for wrong, count in (
        (messages[:4] + messages[5:], 9),
        (messages, 11),
        ([messages[1], messages[0], *messages[2:]], 10),
        ([messages[0]._replace(body=b"other"), *messages[1:]], 10),
    ):
        with SegmentWriter(tmp_path / "x.parquet", before=GENESIS, product="1") as writer:
            writer.add(wrong)
            with pytest.raises(BrokenArchive):
                writer.seal(count)
        assert list(tmp_path.iterdir()) == []


async def test_sweeping_removes_only_what_is_replaced_or_half_written(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    await archiving.archive_segment(connection, archive, 1, 0, product="1")
    strangers = ["message_9_1-10.parquet", "notes.txt", "message_1_1-10.3.parquet"]
    for name in [*strangers, "message_1_11-20.parquet.part"]:
        (archive.folder / name).write_bytes(b"")
    assert await archiving.sweep(connection, archive) == 1
    await connection.execute(
        "UPDATE messagelog.segment SET archive_path = 'message_1_1-10.3.parquet'"
        " WHERE state = 'archived'"
    )
    assert await archiving.sweep(connection, archive) == 1
    assert {path.name for path in archive.folder.iterdir()} == set(strangers)


async def test_files_are_opened_and_checked_once_and_only_a_few_stay_open(
    filled: PostgresLog, connection: Connection, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = archive_file.check_digest
    for segment in range(3):
        await archiving.archive_segment(connection, archive, 1, segment, product="1")
    monkeypatch.setattr("lianyi.messagelog.archive_reader.OPEN_FILES_MAX", 2)
    monkeypatch.setattr(
        archive_file, "check_digest", lambda path, sha: (checked.append(path.name), real(path, sha))
    )
    for number in (1, 2, 11, 12, 3, 21, 22, 4, 13):
        await filled.get(Position(1, number))
    short = [name.removeprefix("message_1_").removesuffix(".parquet") for name in checked]
    assert short == ["1-10", "11-20", "21-30", "11-20"]


async def test_housekeeping_ends_when_it_is_told_to_even_without_a_database(
    log: PostgresLog, pool: asyncpg.Pool, database: str, archive: Archive
) -> None:
    heard = asyncio.Event()
    work = housekeeping(pool, database, archive, on_round=lambda _: heard.set())
    task = asyncio.create_task(work.run())
    await heard.wait()
    pool.terminate()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
