"""What can go wrong with exports, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableExport(LianyiError):
    """What is asked of an export cannot be understood."""

    code = "LY-2340"
    category = Category.INVALID
    en = Told(
        "cannot begin this export",
        "{why}",
        "compare the request with docs/guides/bulk-export.md",
    )
    zh = Told("无法开始该导出", "{why_zh}", "请对照 docs/guides/bulk-export.zh.md 修改请求")


class ExportNotOffered(LianyiError):
    """Something of the Bulk Data specification that this platform does not do."""

    code = "LY-2341"
    category = Category.UNSUPPORTED
    en = Told(
        "this is not offered",
        "{why}",
        "leave it out; with Prefer: handling=lenient it is passed over",
    )
    zh = Told("不支持此功能", "{why_zh}", "请去掉该参数；携带 Prefer: handling=lenient 时会被忽略")


class TooManyExports(LianyiError):
    """As many exports run as may run at the same time."""

    code = "LY-2342"
    category = Category.BUSY
    en = Told(
        "too many exports are running",
        "{most} may run at the same time",
        "wait until one has ended, or cancel one of yours",
    )
    zh = Told("正在进行的导出过多", "同时最多 {most} 个", "请等待其中一个结束，或取消自己的导出")


class NoSuchExport(LianyiError):
    """There is no such export of whoever asks; perhaps it was cancelled, or has expired."""

    code = "LY-2343"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such export",
        "you have begun none of this name, or it was cancelled or has expired",
        "begin a new one",
    )
    zh = Told("没有该导出", "您没有发起过该导出，或它已被取消、已过期", "请重新发起导出")


class ExportDiskFull(LianyiError):
    """The disk under the data folder has no room for the files of an export."""

    code = "LY-2344"
    category = Category.UNAVAILABLE
    en = Told(
        "the export has ended: the disk is full",
        "there is no room for its files in the data folder; they were removed",
        "make room on the disk, or export less at a time, and begin again",
    )
    zh = Told(
        "导出已终止：磁盘已满",
        "数据目录所在磁盘没有空间写入导出文件；已写入的文件已删除",
        "请清理磁盘或减少单次导出的数据量，然后重新发起",
    )


class ExportNotAllowedAnyMore(LianyiError):
    """Whoever began the export may not do so any more: the account or its rights have ended."""

    code = "LY-2345"
    category = Category.FORBIDDEN
    en = Told(
        "the export has ended: it is not allowed any more",
        "the account that began it was closed, or may by now export less than it could then",
        "ask the security administrator for the role, and begin again",
    )
    zh = Told(
        "导出已终止：不再允许",
        "发起导出的账户已停用，或其导出权限已小于发起之时",
        "请向安全管理员申请角色，然后重新发起",
    )


class ExportFailed(LianyiError):
    """An export has met something that nobody foresaw, and has ended."""

    code = "LY-2346"
    category = Category.INTERNAL
    en = Told(
        "the export has ended with a failure",
        "an unforeseen failure ({kind}); its files were removed",
        "begin again; if it happens once more, tell whoever runs the platform",
    )
    zh = Told(
        "导出因故障终止",
        "发生未预料的故障（{kind}）；已写入的文件已删除",
        "请重新发起；如再次发生，请联系平台运维人员",
    )


class ExportFileBroken(LianyiError):
    """A file of an export is missing or damaged, or its key was removed meanwhile."""

    code = "LY-2347"
    category = Category.INTERNAL
    en = Told(
        "this file of the export cannot be read",
        "it is missing or damaged, or the key it was sealed with was removed",
        "begin a new export",
    )
    zh = Told("无法读取该导出文件", "文件缺失、损坏，或其加密密钥已被移除", "请重新发起导出")


def unreadable(where: str, why: str, why_zh: str) -> UnreadableExport:
    """Return that a part of the request cannot be understood."""
    return UnreadableExport(where=where, why=why, why_zh=why_zh)


def not_offered(where: str, why: str, why_zh: str) -> ExportNotOffered:
    """Return that a part of the specification is not done here."""
    return ExportNotOffered(where=where, why=why, why_zh=why_zh)
