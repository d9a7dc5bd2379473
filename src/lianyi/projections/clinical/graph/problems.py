"""What can go wrong with a question in GraphQL, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableQuery(LianyiError):
    """A question is no GraphQL, or asks for what FHIR R4 does not have."""

    code = "LY-2385"
    category = Category.INVALID
    en = Told(
        "cannot read this GraphQL query",
        "{why}",
        "compare it with the elements of FHIR R4 and the section GraphQL of the guide",
    )
    zh = Told("无法读取该 GraphQL 查询", "{why_zh}", "请对照 FHIR R4 的元素以及指南的 GraphQL 一节")


class QueryTooBig(LianyiError):
    """A question is longer, deeper or wider than one may be."""

    code = "LY-2386"
    category = Category.INVALID
    en = Told(
        "this GraphQL query is too big",
        "it would take more {what} than {most}",
        "ask for less at a time: fewer fields, a smaller _count, or several queries",
    )
    zh = Told(
        "该 GraphQL 查询过大",
        "{what_zh}超过 {most}",
        "请减少一次查询的内容：减少字段、减小 _count，或分成多次查询",
    )


def unreadable(where: str, why: str, why_zh: str) -> UnreadableQuery:
    """Return the refusal of a question.

    Args:
        where: the path of the field; without any value.
        why: in English.
        why_zh: in Chinese.
    """
    return UnreadableQuery(where=where, why=why, why_zh=why_zh)


def too_big(what: str, what_zh: str, most: int) -> QueryTooBig:
    """Return the refusal of a question that wants more of something than ``most``."""
    return QueryTooBig(where="query", what=what, what_zh=what_zh, most=most)
