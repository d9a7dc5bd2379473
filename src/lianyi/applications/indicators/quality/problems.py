"""What can be wrong with rules of quality, and with what is asked about them."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadRule(LianyiError):
    """A rule of data quality cannot be used."""

    code = "LY-2550"
    category = Category.INVALID
    en = Told("cannot use this rule of quality", "{why}", "correct the file; the other rules go on")
    zh = Told("质量规则不可用", "{why_zh}", "改正该文件；其他规则不受影响")


class NoSuchRule(LianyiError):
    """Nobody has written a rule of this code."""

    code = "LY-2551"
    category = Category.NOT_FOUND
    en = Told("there is no such rule of quality", "{why}", "choose one of the list of rules")
    zh = Told("没有这条质量规则", "{why_zh}", "请从规则列表中选择")


class NoSuchFinding(LianyiError):
    """Nothing is open there, or it is not for whoever asks."""

    code = "LY-2552"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such finding",
        "no rule is violated there above its threshold, or it lies outside of your reach",
        "take it from the work queue, which is judged anew each time",
    )
    zh = Told(
        "没有该质量问题",
        "该处没有超过阈值的规则，或不在您的权限范围内",
        "从工作队列中选取；队列每次重新判定",
    )


class NoRun(LianyiError):
    """No run has ended yet."""

    code = "LY-2553"
    category = Category.UNAVAILABLE
    en = Told(
        "the quality of the data was not looked at yet",
        "no run of the rules has ended",
        "wait for the first run, or ask for one",
    )
    zh = Told("尚未检查数据质量", "规则还没有运行完成过", "等待首次运行，或立即发起一次")


class NoSuchSource(LianyiError):
    """Nothing feeds the platform under this name."""

    code = "LY-2554"
    category = Category.NOT_FOUND
    en = Told(
        "nothing of this name feeds the indicators",
        "{why}",
        "name a source, a channel, a table of the lake, a kind of message or a fact",
    )
    zh = Told(
        "没有以此为名的数据来源", "{why_zh}", "请填写来源、通道、数据湖的表、消息类型或事实表"
    )
