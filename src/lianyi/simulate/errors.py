"""What can be wrong with what the simulated hospital is told."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnknownBehaviour(LianyiError):
    """A word such as ``hang`` was expected and another came."""

    code = "LY-1701"
    category = Category.INVALID
    en = Told(
        "the simulated system does not know this behaviour",
        "it knows {known}",
        "write one of these, e.g. refuse:0.2 or slow:5",
    )
    zh = Told(
        "模拟系统不认识这种行为",
        "可用的行为：{known}",
        "请改用其中之一，例如 refuse:0.2 或 slow:5",
    )


class UnknownTarget(LianyiError):
    """``--send`` does not say a wire that we have."""

    code = "LY-1702"
    category = Category.INVALID
    en = Told(
        "the simulated system cannot send there",
        "{why}",
        "write [KINDS=]mllp://host:port, http://host:port/path or file:///folder",
    )
    zh = Told(
        "模拟系统无法发送到该地址",
        "{why}",
        "请写成 [类型=]mllp://主机:端口、http://主机:端口/路径 或 file:///目录",
    )


class SystemDied(LianyiError):
    """One of the processes of the simulated hospital ended by itself."""

    code = "LY-1703"
    category = Category.UNAVAILABLE
    en = Told(
        "a simulated system has ended",
        "exit status {status}; it said: {said}",
        "free its ports if they are taken, and start the hospital again",
    )
    zh = Told(
        "一个模拟系统已退出",
        "退出状态 {status}；输出：{said}",
        "如端口被占用请先释放，再重新启动模拟医院",
    )


class HistoryIsThere(LianyiError):
    """The lake holds a history already; two of them would be mixed."""

    code = "LY-1704"
    category = Category.CONFLICT
    en = Told(
        "a history is there already",
        "the folder holds tables of the invented HIS",
        "name another folder, or remove this one first",
    )
    zh = Told(
        "已有一份历史数据",
        "该目录中已有虚构 HIS 的表",
        "请换一个目录，或先删除该目录",
    )


class HistoryUnwritable(LianyiError):
    """The files of a history cannot be written."""

    code = "LY-1705"
    category = Category.UNAVAILABLE
    en = Told(
        "the history cannot be written",
        "{why}",
        "make room on the disk, or name a folder that may be written",
    )
    zh = Told(
        "无法写入历史数据",
        "{why}",
        "请清理磁盘空间，或换一个可写的目录",
    )
