"""What can go wrong with the lake."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lianyi.base.errors import Category, LianyiError, Told


class LakeUnwritable(LianyiError):
    """A file of the lake cannot be written. The log keeps the rows; they are tried again."""

    code = "LY-2400"
    category = Category.UNAVAILABLE
    en = Told(
        "the lake cannot be written",
        "the system says: {why}",
        "make room on the disk of the lake, and let the platform's account write there; nothing is "
        "lost, the rows wait in the log",
    )
    zh = Told(
        "无法写入数据湖",
        "系统提示：{why}",
        "清理数据湖所在磁盘的空间，并确认平台账户有写权限；数据仍在日志中，不会丢失",
    )


class UnreadableRows(LianyiError):
    """A message says it holds rows of a table, and does not. It stays in the log only."""

    code = "LY-2401"
    category = Category.INVALID
    en = Told(
        "a message of rows cannot be read",
        "{why}",
        "look at the message: whoever wrote it must keep to the form 'lianyi rows 1'",
    )
    zh = Told(
        "无法读取行数据消息",
        "{why_zh}",
        "请查看该消息：写入方须遵守 lianyi rows 1 的格式",
    )


class NoSuchLakeTable(LianyiError):
    """The lake holds nothing of this name."""

    code = "LY-2402"
    category = Category.NOT_FOUND
    en = Told(
        "the lake has no such table",
        "no row of it has come in yet, or its name is another",
        "see 'lianyi lake list'",
    )
    zh = Told("数据湖中没有这张表", "尚未收到该表的数据，或表名不同", "用 lianyi lake list 查看")


class BrokenSegment(LianyiError):
    """A file of the lake is not what was written."""

    code = "LY-2403"
    category = Category.INTERNAL
    en = Told(
        "a file of the lake is damaged",
        "{why}",
        "stop the role 'learn', remove the folder 'raw' of the lake and start it again: all is "
        "taken from the log anew",
    )
    zh = Told(
        "数据湖的一个文件已损坏",
        "{why_zh}",
        "停止 learn 角色，删除数据湖的 raw 目录后再启动：全部数据会从日志重新取得",
    )


class CannotPublish(LianyiError):
    """A table cannot be committed as Delta. Its rows lie in the lake all the same."""

    code = "LY-2404"
    category = Category.UNAVAILABLE
    en = Told(
        "a table of the lake cannot be published",
        "Delta refuses: {why}",
        "it is tried again every minute; when that does not help, remove the folder of the "
        "published table: it is made anew",
    )
    zh = Told(
        "无法发布数据湖的表",
        "Delta 拒绝：{why}",
        "平台每分钟重试；若无效，删除该已发布表的目录，平台会重新生成",
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell in our words what the disk refuses.

    Raises:
        LakeUnwritable: it is full, or may not be written.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        if error.errno == errno.ENOSPC:
            why = f"{why} / 磁盘已满"
        raise LakeUnwritable(where=str(path), why=why) from error
