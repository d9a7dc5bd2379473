"""What can go wrong in a filter, in words that say where."""

from __future__ import annotations

from lianyi.base.errors import Category, Told
from lianyi.projections.clinical.search.problems import UnreadableSearch


class UnreadableFilter(UnreadableSearch):
    """The expression of ``_filter`` is not as FHIR R4 has it; it says at which character."""

    code = "LY-2320"
    category = Category.INVALID
    en = Told(
        "cannot read this _filter",
        "at character {at}: {why}",
        "compare it with FHIR R4, 3.1.3, and with the search parameters at /fhir/metadata",
    )
    zh = Told(
        "无法读取 _filter 表达式",
        "第 {at} 个字符处：{why_zh}",
        "请对照 FHIR R4 3.1.3 及 /fhir/metadata 中的检索参数",
    )


def unreadable_filter(at: int, why: str, why_zh: str) -> UnreadableFilter:
    """Return the error.

    Args:
        at: characters before the place.
        why: in English.
        why_zh: in Chinese.
    """
    return UnreadableFilter(where="_filter", at=at + 1, why=why, why_zh=why_zh)
