"""What can go wrong in a search, in words."""

from __future__ import annotations

import re

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableSearch(LianyiError):
    """A search is not as FHIR R4 has it: a value, a modifier, a chain."""

    code = "LY-2260"
    category = Category.INVALID
    en = Told(
        "cannot read this search",
        "{why}",
        "compare it with the search parameters in the CapabilityStatement at /fhir/metadata",
    )
    zh = Told("无法读取该检索", "{why_zh}", "请对照 /fhir/metadata 能力声明中的检索参数")


class UnknownParameter(LianyiError):
    """A search names a parameter that its type does not have, and wants to be told so."""

    code = "LY-2261"
    category = Category.INVALID
    en = Told(
        "this search parameter is unknown",
        "{type} has no parameter '{name}', and the request says Prefer: handling=strict",
        "correct the name, or ask with Prefer: handling=lenient to have it passed over",
    )
    zh = Told(
        "未知的检索参数",
        "{type} 没有参数“{name}”，且请求要求 Prefer: handling=strict",
        "请更正参数名；或以 Prefer: handling=lenient 请求忽略它",
    )


class NotOffered(LianyiError):
    """A search asks for something of FHIR that is not offered here."""

    code = "LY-2262"
    category = Category.UNSUPPORTED
    en = Told("this kind of search is not offered", "{why}", "search by other parameters")
    zh = Told("不支持这种检索", "{why_zh}", "请改用其他检索参数")


class TooCostly(LianyiError):
    """A search would have to look at more than is looked at for one answer."""

    code = "LY-2263"
    category = Category.INVALID
    en = Told("this search would cost too much", "{why}", "say more, so that fewer are found")
    zh = Told("该检索开销过大", "{why_zh}", "请补充条件以缩小结果范围")


class BrokenPageLink(LianyiError):
    """The address of a page was not made here, or is of another search."""

    code = "LY-2264"
    category = Category.INVALID
    en = Told(
        "cannot read the address of this page",
        "it is not as it was given",
        "follow the links of a Bundle unchanged, or begin the search anew",
    )
    zh = Told("无法识别该分页链接", "链接与给出的不一致", "请原样使用 Bundle 中的链接，或重新检索")


def plain(text: str) -> str:
    """Return what may be repeated of a name that somebody sent."""
    return re.sub(r"[^A-Za-z0-9:._-]", "?", text)[:60]


def unreadable(where: str, why: str, why_zh: str) -> UnreadableSearch:
    """Return the error for a search that cannot be read."""
    return UnreadableSearch(where=plain(where) or "search", why=why, why_zh=why_zh)


def not_offered(where: str, why: str, why_zh: str) -> NotOffered:
    """Return the error for something of FHIR that is not offered."""
    return NotOffered(where=plain(where) or "search", why=why, why_zh=why_zh)
