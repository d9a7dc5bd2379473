"""Building an empty installation from what :mod:`lianyi.messagelog.exporting` wrote."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from lianyi.messagelog import postgres_transfer as tables
from lianyi.messagelog import segments as sizes
from lianyi.messagelog.archive_file import SegmentFile, check_digest, prove
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.chain import GENESIS
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.postgres_errors import reaching
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import index_closed_segments
from lianyi.messagelog.transfer import (
    FORMAT,
    MANIFEST,
    VERSION,
    BrokenExport,
    NotEmpty,
    OnProgress,
    Transferred,
    copy_file,
    segment_row,
)


async def import_(
    connection: Connection,
    folder: Path,
    *,
    archive: Archive,
    on_progress: OnProgress | None = None,
) -> Transferred:
    """Build an empty, migrated installation from an export.

    Positions, chain values, readers and numbers of channels are what they were; appenders go on
    where the export ends. Segments that lay in the archive go there again.

    Args:
        connection: without a limit for statements, in no transaction.
        folder: what :func:`export` wrote.
        archive: where archived segments go.
        on_progress: told while the chain is proved and messages are written: each counts half.

    Raises:
        BrokenExport, BrokenArchive: the export is not whole, or was changed.
        NotEmpty: the installation is in use.
        CannotArchive: a file cannot be written.
        LogUnavailable: the store cannot be reached.
    """
    try:
        manifest = _read_manifest(folder)
        total = sum(file["messages"] for file in manifest["messages"])
        done = 0

        def progress(messages: int) -> None:
            nonlocal done
            done += messages
            if on_progress:
                on_progress(done // 2, total)

        for messages in _prove_all(folder, manifest, archive.cover):
            progress(messages)
            await asyncio.sleep(0)
        with reaching("import"):
            async with connection.transaction():
                known = await tables.list_tables(connection)
                filled = await tables.first_filled(connection, known)
                if filled:
                    raise NotEmpty(where="database", table=filled)
                for segment in manifest["segments"]:
                    progress(await _load_segment(connection, folder, manifest, segment, archive))
                await index_closed_segments(connection)
                rows = 0
                names = {table.name: table for table in known}
                told = {table["table"]: table for table in manifest["tables"]}
                for name in [name for name in names if name in told]:
                    rows += await _load_table(connection, folder, told[name], names[name])
                await tables.set_sequences(connection, manifest["sequences"])
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenExport(
            where=str(folder),
            why=f"the manifest cannot be understood ({error})",
            why_zh=f"清单无法理解（{error}）",
        ) from error
    return Transferred(
        messages=total,
        files_written=0,
        rows=rows,
        ends={one["shard"]: one["to"] for one in manifest["shards"]},
    )


def _read_manifest(folder: Path) -> Mapping[str, Any]:
    try:
        manifest: Mapping[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BrokenExport(
            where=str(folder),
            why=f"{MANIFEST} cannot be read ({type(error).__name__})",
            why_zh=f"无法读取 {MANIFEST}（{type(error).__name__}）",
        ) from error
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise BrokenExport(
            where=str(folder), why="it is of another format", why_zh="格式或版本不同"
        )
    if not manifest["complete"]:
        raise BrokenExport(
            where=str(folder),
            why="it holds a part of the log only",
            why_zh="其中只有部分日志",
        )
    if manifest["segment_messages"] != sizes.SEGMENT_MESSAGES:
        raise BrokenExport(
            where=str(folder), why="its segments have another size", why_zh="日志段大小不同"
        )
    return manifest


def _prove_all(folder: Path, manifest: Mapping[str, Any], cover: Cover) -> Iterator[int]:
    """Prove every file and the chain of every shard; give the number of messages of each file."""
    for table in manifest["tables"]:
        check_digest(folder / "tables" / table["file"], bytes.fromhex(table["sha256"]))
    for shard in manifest["shards"]:
        chain, number = GENESIS, 0
        for file in manifest["messages"]:
            if file["shard"] != shard["shard"]:
                continue
            path = folder / "messages" / file["file"]
            sha256 = bytes.fromhex(file["sha256"])
            chain = prove(path, sha256=sha256, before=chain, messages=file["messages"], cover=cover)
            number += file["messages"]
            yield file["messages"]
        if (number, chain.hex()) != (shard["to"], shard["last_chain"]):
            raise BrokenExport(
                where=f"shard {shard['shard']}",
                why="its messages do not end where the manifest says",
                why_zh="消息的末尾与清单不符",
            )


async def _load_segment(
    connection: Connection,
    folder: Path,
    manifest: Mapping[str, Any],
    told: Mapping[str, Any],
    archive: Archive,
) -> int:
    """Write one segment where it was, in the database or in the archive."""
    row = segment_row(told)
    file = next(
        (
            file
            for file in manifest["messages"]
            if (file["shard"], file["segment"]) == (row.shard, row.segment)
        ),
        None,
    )
    if file is None:
        await tables.put_state(connection, row)
        return 0
    path, sha256 = folder / "messages" / file["file"], bytes.fromhex(file["sha256"])
    if row.state == "archived":
        name = row.archive_path or file["file"]
        if Path(name).name != name:
            raise ValueError(name)
        await asyncio.to_thread(copy_file, path, archive.folder / name, sha256)
        await tables.put_archived(
            connection, row._replace(archive_path=name, archive_sha256=sha256)
        )
        return int(file["messages"])
    groups = SegmentFile(path, sha256=sha256, cover=archive.cover).groups()
    while messages := await asyncio.to_thread(next, groups, None):
        await tables.put_messages(connection, row.shard, row.segment, messages, cover=archive.cover)
    await tables.put_state(connection, row)
    return int(file["messages"])


async def _load_table(
    connection: Connection, folder: Path, told: Mapping[str, Any], table: tables.Table
) -> int:
    """Write the rows of one table."""
    await tables.make_partitions(connection, table.name, told["partitions"])
    columns = [column for column in told["columns"] if column in table.columns]
    count = 0
    with gzip.open(folder / "tables" / told["file"], "rt", encoding="utf-8", newline="\n") as lines:
        rows: list[str] = []
        for line in lines:
            rows.append(line)
            if len(rows) == tables.ROWS_AT_ONCE:
                await tables.write_rows(connection, table.name, columns, rows)
                count, rows = count + len(rows), []
        if rows:
            await tables.write_rows(connection, table.name, columns, rows)
    return count + len(rows)
