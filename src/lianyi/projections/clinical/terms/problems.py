"""What can go wrong with codes, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnknownCodes(LianyiError):
    """A value set or code system is not known here, or not which codes it has."""

    code = "LY-2321"
    category = Category.NOT_FOUND
    en = Told(
        "cannot work out these codes",
        "no such value set or code system is known here, or not as a list of codes",
        "correct the canonical; or store the ValueSet and the CodeSystems that it chooses from",
    )
    zh = Told(
        "无法得出这些代码",
        "此处不认识该值集或代码系统，或无法列出其代码",
        "请更正规范地址；或先存入该 ValueSet 及其所用的 CodeSystem",
    )


class NoSuchCode(LianyiError):
    """A code system is known here and has no such code."""

    code = "LY-2322"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such code",
        "the code system is known here and does not have it",
        "compare the code with the code system",
    )
    zh = Told("没有这个代码", "此处已知该代码系统，其中没有该代码", "请与代码系统核对")


class UnreadableQuestion(LianyiError):
    """A question about codes lacks a parameter, or one of them is not what it should be."""

    code = "LY-2323"
    category = Category.INVALID
    en = Told("cannot read this question about codes", "{why}", "correct the parameter")
    zh = Told("无法读取该术语查询", "{why_zh}", "请更正该参数")
