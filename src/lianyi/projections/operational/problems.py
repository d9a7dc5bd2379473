"""Why a message cannot be counted."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NotOfAnEncounter(LianyiError):
    """A message about an encounter does not say which, or whose."""

    code = "LY-2420"
    category = Category.INVALID
    en = Told(
        "cannot count this encounter",
        "{why}",
        "let the sender fill the field, and send the message again",
    )
    zh = Told("无法统计该就诊", "{why_zh}", "让发送方填写该字段后重新发送")


class UnusableCodes(LianyiError):
    """The hospital's own table of codes for operations cannot be used."""

    code = "LY-2421"
    category = Category.INVALID
    en = Told(
        "cannot use the hospital's codes for operations",
        "{why}",
        "correct the file; the guide operations-data.md says what may stand in it",
    )
    zh = Told(
        "无法使用本院的运营代码对照表", "{why_zh}", "改正该文件；写法见指南 operations-data.zh.md"
    )


class UncountableCharge(LianyiError):
    """A charge says no amount that can be kept exactly in fen."""

    code = "LY-2422"
    category = Category.INVALID
    en = Told(
        "cannot keep this charge exactly",
        "{why}",
        "let the sender correct the amount, and send the message again",
    )
    zh = Told("无法精确记录该笔收费", "{why_zh}", "让发送方改正金额后重新发送")


class TooLongToCount(LianyiError):
    """A number, code or name of a message is longer than any index can hold."""

    code = "LY-2423"
    category = Category.INVALID
    en = Told(
        "cannot count what this message says",
        "{why}",
        "let the sender shorten it, and send the message again",
    )
    zh = Told("无法统计该消息的内容", "{why_zh}", "让发送方缩短后重新发送")


class UnknownCalendar(LianyiError):
    """Nobody has told the platform the public holidays of a year."""

    code = "LY-2424"
    category = Category.NOT_FOUND
    en = Told(
        "the public holidays of this year are not known",
        "known are the years {years}",
        "update the platform: the State Council publishes a year in November of the one before",
    )
    zh = Told(
        "尚不知道该年的法定节假日安排",
        "已收录的年份：{years}",
        "请更新平台：国务院办公厅一般在上一年 11 月公布",
    )
