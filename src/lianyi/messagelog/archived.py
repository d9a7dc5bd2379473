"""A segment that lies in a file, and what can be wrong with files of segments."""

from __future__ import annotations

from typing import NamedTuple

from lianyi.base.errors import Category, LianyiError, Told


class BrokenArchive(LianyiError):
    """The file of a segment is missing, or is not what was written. Other segments can be read."""

    code = "LY-1304"
    category = Category.INTERNAL
    en = Told(
        "an archived segment of the log is damaged",
        "{why}",
        "restore this file from a backup or an export; the rest of the log is not affected",
    )
    zh = Told(
        "日志的一个归档段已损坏",
        "{why_zh}",
        "从备份或导出中恢复该文件；日志的其余部分不受影响",
    )


class CannotArchive(LianyiError):
    """A segment cannot be written as a file. It stays where it is, and is tried again."""

    code = "LY-1305"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot write a segment of the log as a file",
        "the system says: {why}",
        "make room in the folder, and let the platform's account write there",
    )
    zh = Told(
        "无法把日志段写入文件",
        "系统提示：{why}",
        "清理该目录所在磁盘的空间，并确认平台账户有写权限",
    )


class ArchiveBusy(LianyiError):
    """Archiving, an export and an erasure exclude each other."""

    code = "LY-1306"
    category = Category.BUSY
    en = Told(
        "the archive of the log is in use",
        "a segment is being archived, an export runs, or a message is being erased",
        "try again when it has ended",
    )
    zh = Told("日志归档正在使用中", "正在归档、导出或擦除消息", "请在其结束后重试")


class Archived(NamedTuple):
    """Where an archived segment lies.

    Attributes:
        shard: its shard.
        number_from: its first number.
        number_to: its last number.
        path: of its file, relative to the archive folder.
        sha256: 32 bytes, of the file.
    """

    shard: int
    number_from: int
    number_to: int
    path: str
    sha256: bytes
