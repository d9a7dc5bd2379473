"""What can go wrong with a projection as such."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchProjection(LianyiError):
    """This release has no projection of a name."""

    code = "LY-2001"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such projection",
        "this release has: {known}",
        "see 'lianyi projection list'",
    )
    zh = Told("没有这个投影", "当前版本有：{known}", "用 lianyi projection list 查看")


class ProjectionNotReady(LianyiError):
    """A projection has not been built, or not yet in the shape that this release reads."""

    code = "LY-2002"
    category = Category.UNAVAILABLE
    en = Told(
        "this part of the platform is being built from the log",
        "no version of '{name}' is in force that this release can read",
        "wait until the role 'learn' has built it; see 'lianyi projection list'",
    )
    zh = Told(
        "平台的这一部分正在由日志构建",
        "“{name}”还没有当前软件版本可读的在用版本",
        "等待 learn 角色构建完成；用 lianyi projection list 查看进度",
    )


class NotLearnedYet(LianyiError):
    """An act is in the log for ever, but the projection has not come that far in time."""

    code = "LY-2003"
    category = Category.UNAVAILABLE
    en = Told(
        "this was recorded but does not show yet",
        "'{name}' has not learned {position} in time",
        "do not send it again; look whether the role 'learn' runs",
    )
    zh = Told(
        "已记录，但尚未显示",
        "“{name}”未能及时学习到 {position}",
        "请勿重复提交；检查 learn 角色是否在运行",
    )


class CannotBeLearned(LianyiError):
    """A message can be read, but what it says cannot be kept: a fault of ours, or no text."""

    code = "LY-2006"
    category = Category.INTERNAL
    en = Told(
        "what a message says could not be kept",
        "keeping it failed with {why}",
        "it is set aside and the rest goes on; tell the makers the position, then rebuild the"
        " projection with a release that can keep it",
    )
    zh = Told(
        "消息内容无法保存到投影",
        "保存时出错：{why}",
        "该消息已搁置，其余消息照常处理；请将位点告知开发者，升级后重建该投影",
    )


class DifferentProjection(LianyiError):
    """What was learned anew is not what is in force; nothing was switched."""

    code = "LY-2004"
    category = Category.CONFLICT
    en = Told(
        "the rebuilt version differs from the one in force",
        "these differ: {tables}",
        "when the release explains the difference, rebuild with --accept-differences",
    )
    zh = Told(
        "重建的版本与在用版本不一致",
        "以下各表不同：{tables}",
        "若本次软件升级能解释差异，用 --accept-differences 重建",
    )


class RebuildRuns(LianyiError):
    """Somebody rebuilds this projection already."""

    code = "LY-2005"
    category = Category.CONFLICT
    en = Told("this projection is being rebuilt already", "one rebuild at a time", "wait for it")
    zh = Told("该投影正在重建", "同一时间只能有一次重建", "等待其完成")
