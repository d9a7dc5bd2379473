"""Taking everything out in open formats, and building an empty installation from it.

An export is a folder: ``messages/*.parquet``, one file for each segment as in the archive;
``tables/*.jsonl.gz``, the rows of every other table of the engine as JSON; ``manifest.json``, what
belongs to it, with counts, SHA-256 of each file and the last chain value of each shard. Exporting
into the same folder again writes only what is new. An import proves the whole chain first, and is
one transaction: all of it or nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.archive_file import check_digest, sync_folder
from lianyi.messagelog.archive_reader import CannotArchive
from lianyi.messagelog.postgres_transfer import SegmentRow

FORMAT = "lianyi-export"
VERSION = 1
MANIFEST = "manifest.json"

Entry = dict[str, Any]
"""What the manifest says of one file."""

OnProgress = Callable[[int, int], None]
"""Told messages done so far, messages in all."""


class BrokenExport(LianyiError):
    """A folder is not a whole export. Nothing was imported."""

    code = "LY-1309"
    category = Category.INVALID
    en = Told("cannot import this folder", "{why}", "use a complete export; copy it again")
    zh = Told("无法导入该目录", "{why_zh}", "使用完整的导出，重新复制一次")


class NotEmpty(LianyiError):
    """An import builds an installation anew; it does not mix with what is there."""

    code = "LY-1310"
    category = Category.CONFLICT
    en = Told(
        "cannot import into an installation that is in use",
        "there are rows in {table}",
        "import into an empty database, before any channel is defined",
    )
    zh = Told(
        "不能导入到已在使用的系统",
        "{table} 中已有数据",
        "请导入到空数据库，且在定义任何通道之前",
    )


class Transferred(NamedTuple):
    """What an export or import moved.

    Attributes:
        messages: how many messages the export holds.
        files_written: how many files of messages were written, the others being there already.
        rows: rows of other tables.
        ends: last number of each shard.
    """

    messages: int
    files_written: int
    rows: int
    ends: dict[int, int]


def told_segment(row: SegmentRow) -> Entry:
    """Return what the manifest says of a segment."""
    told = row._asdict()
    for name in ("last_chain", "archive_sha256"):
        told[name] = told[name].hex() if told[name] else None
    return told


def segment_row(told: Mapping[str, Any]) -> SegmentRow:
    """Return the segment of which the manifest says this."""
    row = SegmentRow(**told)
    return row._replace(
        first_at=datetime.fromisoformat(row.first_at) if row.first_at else None,
        last_at=datetime.fromisoformat(row.last_at) if row.last_at else None,
        last_chain=bytes.fromhex(told["last_chain"]) if told["last_chain"] else None,
        archive_sha256=bytes.fromhex(told["archive_sha256"]) if told["archive_sha256"] else None,
    )


def copy_file(source: Path, target: Path, sha256: bytes) -> None:
    """Copy a file of messages, and look whether the copy is what it should be."""
    check_digest(source, sha256)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        shutil.copyfile(source, part)
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise CannotArchive(where=target.name, why=error.strerror or "") from error
    check_digest(target, sha256)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Make the content of a file durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
