"""What can go wrong when departments are scored."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadCard(LianyiError):
    """A score card does not exist, or its file cannot be used."""

    code = "LY-2620"
    category = Category.INVALID
    en = Told("cannot use this score card", "{why}", "choose another card, or correct its file")
    zh = Told("评分卡不可用", "{why_zh}", "请选择其他评分卡，或改正评分卡文件")


class NotScoredThen(LianyiError):
    """No version of a card holds in the month that is asked for."""

    code = "LY-2621"
    category = Category.CONFLICT
    en = Told(
        "departments were not scored in this month",
        "no version of the card holds on the last day of {month}",
        "choose a month from the first day of the card on",
    )
    zh = Told(
        "该月份没有评分",
        "{month} 最后一日没有有效的评分卡版本",
        "请选择评分卡生效以后的月份",
    )
