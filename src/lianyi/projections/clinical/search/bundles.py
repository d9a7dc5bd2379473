"""A page of a search as a Bundle. Pure.

Source:
    HL7 FHIR R4, Bundle (``searchset``); 3.1.1.3 (the self link says what was understood);
    3.1.1.5.1 (``search.mode``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.answering import with_entries
from lianyi.projections.clinical.search.query import PAGE, Pair


class Warned(NamedTuple):
    """What the searcher must know: in Chinese, in English, and which kind of issue it is."""

    zh: str
    en: str
    code: str = "not-supported"


CUT = Warned(
    "随附资源过多，仅给出一部分；请减少 _include/_revinclude 或每页数量",
    "more would come along than is given; ask for less with _include and _revinclude, or for"
    " smaller pages",
)


class Entry(NamedTuple):
    """A resource of a page.

    Attributes:
        type, id: of it.
        body: its JSON.
        mode: why it is there.
        inner: its id within the resource that contains it; empty: it is one by itself.
    """

    type: str
    id: str
    body: bytes
    mode: str
    inner: str = ""


def bundle(
    entries: Iterable[Entry],
    *,
    base: str,
    path: str,
    said: Sequence[Pair],
    page: str,
    following: str,
    total: int | None,
    warnings: Sequence[Warned] = (),
) -> bytes:
    """Return a page as a Bundle.

    Args:
        entries: in order.
        base: address of these doors, without a slash at the end.
        path: below it.
        said: what was understood.
        page: where this page begins; empty: it is the first.
        following: where the next one begins; empty: there is none.
        total: on all pages; None: not said.
        warnings: what the searcher must know.
    """
    links = [{"relation": "self", "url": _address(base, path, said, page)}]
    if page or following:
        links.append({"relation": "first", "url": _address(base, path, said, "")})
    if following:
        links.append({"relation": "next", "url": _address(base, path, said, following)})
    head: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        head["total"] = total
    head["link"] = links
    made: list[tuple[dict[str, Any], bytes]] = [
        (
            {
                "fullUrl": f"{base}/{one.type}/{one.id}{'#' if one.inner else ''}{one.inner}",
                "search": {"mode": one.mode},
            },
            one.body,
        )
        for one in entries
    ]
    if warnings:
        made.append(({"search": {"mode": "outcome"}}, _outcome(warnings)))
    return with_entries(head, made)


def _address(base: str, path: str, said: Sequence[Pair], page: str) -> str:
    pairs = [*said, (PAGE, page)] if page else list(said)
    place = f"{base}/{path}" if path else base
    return f"{place}?{urlencode(pairs)}" if pairs else place


def passed_over(names: Iterable[str]) -> list[Warned]:
    """Return the warnings that names were passed over."""
    return [
        Warned(f"未知参数“{name}”已忽略", f"the parameter '{name}' is unknown and was passed over")
        for name in names
    ]


def not_asked(names: Iterable[str]) -> list[Warned]:
    """Return the warnings that criteria were not asked of what is hidden; match or no match."""
    return [
        Warned(
            f"条件“{name}”涉及按您的使用目的可能隐藏的内容：只在向您完整显示的资料中检索，"
            "未在隐藏的资料中检索；本提示不表示是否存在匹配",
            f"the criterion '{name}' says what may be hidden for your purpose: it was asked of what"
            " is shown to you whole and not of what is hidden; this says nothing of whether there"
            " is a match",
            "suppressed",
        )
        for name in names
    ]


def _outcome(warnings: Iterable[Warned]) -> bytes:
    issues = [
        {"severity": "warning", "code": code, "details": {"text": zh}, "diagnostics": en}
        for zh, en, code in warnings
    ]
    return json_text.write({"resourceType": "OperationOutcome", "issue": issues})
