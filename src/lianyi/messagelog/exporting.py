"""Taking everything out; see :mod:`lianyi.messagelog.transfer` for what is written."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from lianyi.base.clock import Clock
from lianyi.messagelog import archive as archiving
from lianyi.messagelog import postgres_transfer as tables
from lianyi.messagelog import segments as sizes
from lianyi.messagelog.archive_file import file_name, sync_folder
from lianyi.messagelog.archive_reader import CannotArchive
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import reaching
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_search import archive_for, find_archived
from lianyi.messagelog.postgres_segments import Last, close_full_segments, last_of_shard
from lianyi.messagelog.postgres_transfer import SegmentRow
from lianyi.messagelog.transfer import (
    FORMAT,
    MANIFEST,
    VERSION,
    Entry,
    OnProgress,
    Transferred,
    copy_file,
    digest_of,
    sync_file,
    told_segment,
)
from lianyi.messagelog.verify import ERASED


async def export(
    log: PostgresLog,
    connection: Connection,
    folder: Path,
    *,
    clock: Clock,
    product: str,
    shards: Collection[int] = (),
    after: Mapping[int, int] | None = None,
    on_progress: OnProgress | None = None,
) -> Transferred:
    """Write everything into a folder; what an earlier export left there is used again.

    Args:
        log: the log, with its archive.
        connection: without a limit for statements, in no transaction.
        folder: made when it is missing.
        clock: for the date in the manifest.
        product: version of the product.
        shards: only these; none means all. Such an export cannot be imported.
        after: for a shard, leave out segments that end at or before a number; the same holds.
        on_progress: told after each file.

    Raises:
        ArchiveBusy: segments are being archived, or a message is being erased.
        BrokenArchive: a segment is damaged. CannotArchive: a file cannot be written.
        LogUnavailable: the store cannot be reached.
    """
    with reaching("export"):
        async with archiving.alone(connection):
            exporter = _Exporter(log, connection, folder, product=product)
            return await exporter.run(
                at=clock.now(), shards=shards, after=after or {}, on_progress=on_progress
            )


class _Exporter:
    """One run of an export."""

    def __init__(
        self, log: PostgresLog, connection: Connection, folder: Path, *, product: str
    ) -> None:
        self._log = log
        self._connection = connection
        self._folder = folder
        self._product = product
        self._written = 0

    async def run(
        self,
        *,
        at: datetime,
        shards: Collection[int],
        after: Mapping[int, int],
        on_progress: OnProgress | None,
    ) -> Transferred:
        before = _read_old(self._folder)
        await close_full_segments(self._connection)
        # One moment for tables and ends; messages do not change, so they may be read after it.
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await tables.list_segments(self._connection)
            ends = {
                shard: await last_of_shard(self._connection, shard)
                for shard in sorted({row.shard for row in rows})
            }
            told = [
                await self._write_table(table)
                for table in await tables.list_tables(self._connection)
            ]
            sequences = await tables.sequences(self._connection)
        dirty = await self._erased_since(before)
        wanted = [
            row
            for row in rows
            if (not shards or row.shard in shards)
            and min(row.number_to, ends[row.shard].number) > after.get(row.shard, 0)
        ]
        total = sum(_messages(row, ends[row.shard].number) for row in wanted)
        files: list[Entry] = []
        for row in wanted:
            number_to = min(row.number_to, ends[row.shard].number)
            if number_to >= row.number_from:
                files.append(await self._write_messages(row, number_to, before, dirty))
                if on_progress:
                    on_progress(sum(file["messages"] for file in files), total)
        manifest = self._manifest(rows, ends) | {
            "made_at": at.isoformat(),
            "complete": not shards and not after,
            "messages": files,
            "tables": told,
            "sequences": sequences,
        }
        await asyncio.to_thread(self._finish, manifest)
        return Transferred(
            messages=total,
            files_written=self._written,
            rows=sum(table["rows"] for table in told),
            ends={shard: end.number for shard, end in ends.items()},
        )

    def _manifest(self, rows: Sequence[SegmentRow], ends: Mapping[int, Last]) -> Entry:
        return {
            "format": FORMAT,
            "version": VERSION,
            "product": self._product,
            "segment_messages": sizes.SEGMENT_MESSAGES,
            "shards": [
                {"shard": shard, "to": end.number, "last_chain": end.chain.hex()}
                for shard, end in ends.items()
            ],
            "segments": [told_segment(row) for row in rows],
        }

    async def _erased_since(self, before: Mapping[str, Any]) -> set[tuple[int, int]]:
        """Return shard and segment of every message erased since the export before."""
        after = next((one["to"] for one in before["shards"] if one["shard"] == ACTS), 0)
        found: set[tuple[int, int]] = set()
        while page := await self._log.read(ACTS, after=after, limit=2_000):
            after = page[-1].number
            found |= {
                (act.caused_by.shard, sizes.segment_of(act.caused_by.number))
                for act in page
                if act.kind == ERASED and act.caused_by
            }
        return found

    async def _write_messages(
        self,
        row: SegmentRow,
        number_to: int,
        before: Mapping[str, Any],
        dirty: Collection[tuple[int, int]],
    ) -> Entry:
        """Write the file of one segment, unless the export before has it already."""
        folder = self._folder / "messages"
        place = (row.shard, row.number_from, number_to)
        for old in before["messages"]:
            same = (old["shard"], old["from"], old["to"]) == place
            if same and (row.shard, row.segment) not in dirty and (folder / old["file"]).exists():
                return dict(old)
        self._written += 1
        archived = await find_archived(self._connection, row.shard, row.segment)
        if archived is None:
            sealed = await archiving.write_segment(
                self._connection,
                folder,
                row.shard,
                row.segment,
                number_to=number_to,
                product=self._product,
                cover=self._log.cover,
            )
            name, sha256 = sealed.name, sealed.sha256
        else:
            source = archive_for(self._log.archive, archived).folder / archived.path
            name, sha256 = file_name(*place), archived.sha256
            await asyncio.to_thread(copy_file, source, folder / name, sha256)
        return {
            "file": name,
            "shard": row.shard,
            "segment": row.segment,
            "from": row.number_from,
            "to": number_to,
            "messages": number_to - row.number_from + 1,
            "sha256": sha256.hex(),
        }

    async def _write_table(self, table: tables.Table) -> Entry:
        path = self._folder / "tables" / f"{table.name}.jsonl.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        count = 0
        try:
            with (
                path.with_name(path.name + ".part").open("wb") as raw,
                gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as packed,
            ):
                async for rows in tables.read_table(self._connection, table.name):
                    await asyncio.to_thread(packed.write, ("\n".join(rows) + "\n").encode())
                    count += len(rows)
        except OSError as error:
            raise CannotArchive(where=path.name, why=error.strerror or "") from error
        return {
            "table": table.name,
            "file": path.name,
            "rows": count,
            "columns": table.columns,
            "partitions": table.partitions,
            "sha256": digest_of(path.with_name(path.name + ".part")),
        }

    def _finish(self, manifest: Entry) -> None:
        """Put tables and manifest in their place; then remove files that no longer belong."""
        for table in manifest["tables"]:
            path = self._folder / "tables" / table["file"]
            path.with_name(path.name + ".part").replace(path)
        for name in ("messages", "tables"):
            (self._folder / name).mkdir(exist_ok=True)
            for path in (self._folder / name).iterdir():
                sync_file(path)
            sync_folder(self._folder / name)
        part = self._folder / (MANIFEST + ".part")
        part.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        sync_file(part)
        part.replace(self._folder / MANIFEST)
        sync_folder(self._folder)
        mine = {file["file"] for file in manifest["messages"]}
        for path in (self._folder / "messages").glob("message_*"):
            if path.name not in mine:
                path.unlink()


def _read_old(folder: Path) -> Mapping[str, Any]:
    """Return what an earlier export wrote; nothing when it cannot be used."""
    try:
        manifest: Mapping[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
        if manifest["version"] == VERSION and manifest["complete"]:
            return manifest
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        pass
    return {"shards": [], "messages": []}


def _messages(row: SegmentRow, end: int) -> int:
    return max(min(row.number_to, end) - row.number_from + 1, 0)
