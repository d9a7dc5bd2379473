"""One segment as one Parquet file.

Whoever has only the file can read everything: the columns are those of the table, keys are a list,
and the file's own metadata says from which chain value to which it leads. Row groups are small, so
that a message is read without unpacking its whole segment.

Source:
    Apache Parquet format 2.6 (types, statistics, page checksums).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.messagelog.archived import Archived, BrokenArchive, CannotArchive
from lianyi.messagelog.chain import relink
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.search import Entry, Wanted, matches, terms_of, terms_wanted

GROUP_MESSAGES_MAX = 2_048
GROUP_BYTES_MAX = 16_777_216
PART = ".part"
"""Ends the name of a file that is being written."""

SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        pa.field("received_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("channel", pa.int32(), nullable=False),
        pa.field("shard", pa.int16(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("sender", pa.string(), nullable=False),
        pa.field("codec", pa.string(), nullable=False),
        pa.field("keys", pa.list_(pa.string()), nullable=False),
        pa.field("terms", pa.list_(pa.int32()), nullable=False),
        pa.field("gate", pa.int16(), nullable=False),
        pa.field("caused_shard", pa.int16()),
        pa.field("caused_number", pa.int64()),
        pa.field("tombstone", pa.bool_(), nullable=False),
        pa.field("chain", pa.binary(32), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
    ]
)
_SEARCHED = [name for name in SCHEMA.names if name not in {"terms", "chain", "body"}]
_VERSION = re.compile(r"\.(\d+)\.parquet$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sealed(NamedTuple):
    """A file that was written, closed and proved.

    Attributes:
        name: of the file.
        sha256: 32 bytes, of the file.
        messages: how many are in it.
        last_chain: chain value of the last one.
    """

    name: str
    sha256: bytes
    messages: int
    last_chain: bytes


def file_name(shard: int, number_from: int, number_to: int, *, version: int = 0) -> str:
    """Return the name of the file of a segment; ``version`` counts the erasures in it."""
    erased = f".{version}" if version else ""
    return f"message_{shard}_{number_from}-{number_to}{erased}.parquet"


class SegmentWriter:
    """Writes one file under a temporary name; :meth:`seal` makes it durable and proves it."""

    def __init__(self, path: Path, *, before: bytes, product: str, cover: Cover = PLAIN) -> None:
        """Begin a file.

        Args:
            path: where it will lie.
            before: chain value of the message before its first.
            product: version of the product, for the file's metadata.
            cover: hides what lies in the file.
        """
        self._cover = cover
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._before = before
        self._product = product
        self._messages = 0
        self._first = self._last = self._shard = 0
        self._chain = before
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self._part,
                SCHEMA,
                compression="zstd",
                write_statistics=["number", "received_at", "channel"],
                write_page_checksum=True,
            )

    def __enter__(self) -> Self:
        """Use it as a block; what was not sealed in it is removed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was not sealed."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def add(self, messages: Sequence[LogMessage]) -> None:
        """Add messages, in order, as one row group."""
        if not messages:
            return
        hidden = [self._cover.hide(message, message.position) for message in messages]
        columns = [pa.array(column, type=field.type) for column, field in _columns(hidden)]
        with _writing(self._path):
            self._writer.write_table(
                pa.Table.from_arrays(columns, schema=SCHEMA), row_group_size=len(messages)
            )
        self._first = self._first or messages[0].number
        self._shard, self._last = messages[-1].shard, messages[-1].number
        self._chain = messages[-1].chain
        self._messages += len(messages)

    def seal(self, messages: int) -> Sealed:
        """Write the end of the file, read it back, prove it and put it in its place.

        Args:
            messages: how many there must be.

        Raises:
            CannotArchive: it cannot be written.
            BrokenArchive: what was read back is not a whole run of the chain.
        """
        self._writer.add_key_value_metadata(
            {
                "lianyi.version": self._product,
                "lianyi.shard": str(self._shard),
                "lianyi.from": str(self._first),
                "lianyi.to": str(self._last),
                "lianyi.messages": str(self._messages),
                "lianyi.chain_before": self._before.hex(),
                "lianyi.chain_last": self._chain.hex(),
            }
        )
        with _writing(self._path):
            self._writer.close()
            with self._part.open("rb") as written:
                os.fsync(written.fileno())
                sha256 = hashlib.file_digest(written, "sha256").digest()
        prove(
            self._part,
            sha256=sha256,
            before=self._before,
            messages=messages,
            cover=self._cover,
        )
        with _writing(self._path):
            self._part.replace(self._path)
            sync_folder(self._path.parent)
        return Sealed(self._path.name, sha256, self._messages, self._chain)


class SegmentFile:
    """A file that is read. Several threads may use it."""

    def __init__(self, path: Path, *, sha256: bytes, cover: Cover = PLAIN) -> None:
        """Name a file; it is opened and checked at its first use."""
        self._path = path
        self._sha256 = sha256
        self._cover = cover
        self._lock = threading.Lock()
        self._file: pq.ParquetFile | None = None
        self._last: tuple[int, list[LogMessage]] = (-1, [])

    def read(self, *, after: int, limit: int, bytes_max: int) -> list[LogMessage]:
        """Return messages with a number above ``after``, as the log does."""
        found: list[LogMessage] = []
        with self._lock:
            for group in self._groups_above(after):
                for message in self._group(group):
                    if message.number <= after:
                        continue
                    found.append(message)
                    bytes_max -= len(message.body)
                    if len(found) >= limit or bytes_max <= 0:
                        return found
        return found

    def find(self, wanted: Wanted, *, below: int | None, limit: int) -> list[Entry]:
        """Return what is wanted, newest first, at most ``limit``."""
        found: list[Entry] = []
        forms = [terms_wanted(form) for form in self._cover.forms_of_wanted(wanted)]
        with self._lock:
            file = self._opened()
            for group in reversed(range(file.num_row_groups)):
                if any(all(self._has_term(group, one) for one in terms) for terms in forms):
                    lying = _entries(self._table(group, _SEARCHED))
                    entries = [self._cover.show_entry(one) for one in lying]
                    found += [
                        entry
                        for entry in reversed(entries)
                        if (below is None or entry.number < below) and matches(entry, wanted)
                    ]
                if len(found) >= limit:
                    break
        return found[:limit]

    def caused(self, kind: str, cause: Position) -> list[int]:
        """Return the numbers of the messages of a kind to which one message led."""
        found: list[int] = []
        with self._lock:
            for group in range(self._opened().num_row_groups):
                table = self._table(group, ["number", "kind", "caused_shard", "caused_number"])
                fits = pc.and_kleene(
                    pc.equal(table["kind"], kind),
                    pc.and_kleene(
                        pc.equal(table["caused_shard"], cause.shard),
                        pc.equal(table["caused_number"], cause.number),
                    ),
                )
                found += table.filter(fits)["number"].to_pylist()
        return found

    def groups(self) -> Iterator[list[LogMessage]]:
        """Give all messages, one row group at a time."""
        for group in range(self._opened().num_row_groups):
            yield self._messages(group)

    def metadata(self) -> dict[str, str]:
        """Return what the file says about itself, by name without ``lianyi.``."""
        pairs: dict[bytes, bytes] = self._opened().metadata.metadata or {}
        return {
            name.decode().removeprefix("lianyi."): value.decode()
            for name, value in pairs.items()
            if name.startswith(b"lianyi.")
        }

    def _opened(self) -> pq.ParquetFile:
        """Return the open file.

        Raises:
            BrokenArchive: it is missing, or its bytes are not those that were written.
        """
        if self._file is None:
            check_digest(self._path, self._sha256)
            with _reading(self._path):
                # Pages carry checksums of their own, for what breaks after this moment.
                self._file = pq.ParquetFile(self._path, page_checksum_verification=True)
        return self._file

    def _groups_above(self, number: int) -> list[int]:
        file = self._opened()
        column = SCHEMA.get_field_index("number")
        return [
            group
            for group in range(file.num_row_groups)
            if file.metadata.row_group(group).column(column).statistics.max > number
        ]

    def _group(self, group: int) -> list[LogMessage]:
        """Return the messages of a row group; a reader that goes on stays in it for a while."""
        if self._last[0] != group:
            self._last = (group, self._messages(group))
        return self._last[1]

    def _messages(self, group: int) -> list[LogMessage]:
        return [self._cover.show(one) for one in _messages(self._table(group, None))]

    def _has_term(self, group: int, wanted: int) -> bool:
        terms = self._table(group, ["terms"]).column("terms").combine_chunks().flatten()
        return bool(pc.any(pc.equal(terms, pa.scalar(wanted, pa.int32()))).as_py())

    def _table(self, group: int, columns: list[str] | None) -> pa.Table:
        file = self._opened()
        with _reading(self._path):
            return file.read_row_group(group, columns=columns, use_threads=False)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell what the Parquet library says against a file as damage of that file."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BrokenArchive(
            where=path.name,
            why=f"it cannot be read as Parquet ({type(error).__name__})",
            why_zh=f"无法按 Parquet 读取（{type(error).__name__}）",
        ) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell why a file cannot be written: mostly that the disk is full."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        raise CannotArchive(where=path.name, why=reason) from error


def rewrite(
    folder: Path, archived: Archived, *, tombstones: Mapping[int, bytes], cover: Cover = PLAIN
) -> Sealed:
    """Write the next version of a file, in which some bodies are tombstones; prove it.

    Args:
        folder: the archive.
        archived: the file as it is.
        tombstones: what stands in the place of a body, by number.
        cover: hides and shows.

    Raises:
        BrokenArchive: the file is damaged.
        CannotArchive: the new one cannot be written.
    """
    old = SegmentFile(folder / archived.path, sha256=archived.sha256, cover=cover)
    said = old.metadata()
    version = 1
    if match := _VERSION.search(archived.path):
        version += int(match[1])
    name = file_name(archived.shard, archived.number_from, archived.number_to, version=version)
    before = bytes.fromhex(said["chain_before"])
    with SegmentWriter(
        folder / name, before=before, product=said["version"], cover=cover
    ) as writer:
        for group in old.groups():
            writer.add(
                [
                    message._replace(body=tombstones[message.number], tombstone=True)
                    if message.number in tombstones
                    else message
                    for message in group
                ]
            )
        return writer.seal(int(said["messages"]))


def check_digest(path: Path, sha256: bytes) -> None:
    """Compare the bytes of a file with what was recorded when it was written.

    Raises:
        BrokenArchive: it is missing, or other bytes lie there.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise BrokenArchive(
            where=path.name,
            why=f"the file cannot be opened ({type(error).__name__})",
            why_zh=f"文件无法打开（{type(error).__name__}）",
        ) from error
    if found != sha256:
        raise BrokenArchive(
            where=path.name,
            why="its bytes are not those that were written (SHA-256 differs)",
            why_zh="文件内容与写入时不一致（SHA-256 不同）",
        )


def prove(
    path: Path, *, sha256: bytes, before: bytes, messages: int, cover: Cover = PLAIN
) -> bytes:
    """Prove that a file holds a whole run of the chain, and return its last chain value.

    Raises:
        BrokenArchive: bytes, count, numbers or chain are not what they should be.
    """
    chain, number, count = before, 0, 0
    for group in SegmentFile(path, sha256=sha256, cover=cover).groups():
        for message in group:
            right_number = number == 0 or message.number == number + 1
            chain, number, count = relink(chain, message), message.number, count + 1
            if chain != message.chain or not right_number:
                raise BrokenArchive(
                    where=str(message.position),
                    why=f"the chain breaks in {path.name}",
                    why_zh=f"哈希链在 {path.name} 中断裂",
                )
    if count != messages:
        raise BrokenArchive(
            where=path.name,
            why=f"it holds {count} messages, not {messages}",
            why_zh=f"其中有 {count} 条消息，应为 {messages} 条",
        )
    return chain


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _columns(messages: Sequence[LogMessage]) -> Iterator[tuple[list[Any], pa.Field]]:
    values: dict[str, list[Any]] = {
        "terms": [terms_of(message.keys) for message in messages],
        "caused_shard": [m.caused_by.shard if m.caused_by else None for m in messages],
        "caused_number": [m.caused_by.number if m.caused_by else None for m in messages],
        "size_bytes": [len(message.body) for message in messages],
    }
    for field in SCHEMA:
        given = values.get(field.name)
        yield given or [getattr(message, field.name) for message in messages], field


def _lists(table: pa.Table) -> dict[str, list[Any]]:
    """Return the columns as Python values; instants by hand, which is ten times faster."""
    found = {
        name: table.column(name).to_pylist() for name in table.column_names if name != "received_at"
    }
    micros = table.column("received_at").cast(pa.int64()).to_pylist()
    found["received_at"] = [_EPOCH + timedelta(microseconds=micro) for micro in micros]
    found["caused_by"] = [
        None if shard is None else Position(shard, number)
        for shard, number in zip(found["caused_shard"], found["caused_number"], strict=True)
    ]
    found["keys"] = [tuple(keys) for keys in found["keys"]]
    return found


def _messages(table: pa.Table) -> list[LogMessage]:
    columns = _lists(table)
    return list(map(LogMessage, *(columns[name] for name in LogMessage._fields)))


def _entries(table: pa.Table) -> list[Entry]:
    columns = _lists(table)
    return list(map(Entry, *(columns[name] for name in Entry._fields)))
