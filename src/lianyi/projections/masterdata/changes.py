"""Changes as JSON: in acts of people and beside each statement. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from lianyi.messagelog.message import Position
from lianyi.projections.masterdata.model import (
    Attach,
    Change,
    Close,
    Decide,
    Describe,
    Detach,
    Inherit,
    Kind,
    Repoint,
    Retract,
    SetSources,
    Succeed,
)
from lianyi.projections.masterdata.problems import BadDates, UnreadableMasterData

_KINDS: dict[str, type[Any]] = {
    "describe": Describe,
    "attach": Attach,
    "detach": Detach,
    "close": Close,
    "inherit": Inherit,
    "repoint": Repoint,
    "succeed": Succeed,
    "retract": Retract,
    "decide": Decide,
    "set-sources": SetSources,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_DAYS = ("on", "until")
TEXTS = ("name_zh", "name_en", "pinyin", "category", "emergency", "identifiers")


def to_json(change: Change) -> dict[str, Any]:
    """Return a change as JSON; what is not said is left out."""
    found: dict[str, Any] = {"do": _NAMES[type(change)]}
    for name, value in change._asdict().items():
        if name == "texts":
            found |= dict(value)
        elif isinstance(value, date):
            found[name] = value.isoformat()
        elif isinstance(value, Position):
            found[name] = str(value)
        elif isinstance(change, Decide) or (
            value is not None and value is not False and value != ""
        ):
            found[name] = value
    return found


def from_json(facts: Mapping[str, Any]) -> Change:
    """Read what :func:`to_json` wrote.

    Raises:
        UnreadableMasterData: it is no change.
        BadDates: a day is none.
    """
    given = dict(facts)
    kind = _KINDS.get(str(given.pop("do", "")))
    if kind is None:
        raise unreadable("do", "there is no such change", "没有这种变更")
    for name in _DAYS:
        if name in given:
            given[name] = day_of(str(given[name]), where=name)
    if kind is Describe:
        given["texts"] = {name: given.pop(name) for name in TEXTS if name in given}
    try:
        if "kind" in given:
            given["kind"] = Kind(given["kind"])
        if "position" in given:
            given["position"] = Position.parse(str(given["position"]))
        if not isinstance(given.get("part", 0), int):
            raise unreadable("part", "it is no number", "不是数字")
        change: Change = kind(**given)
    except (TypeError, ValueError) as error:
        raise unreadable("changes", "a key is missing or unknown", "缺少键或有未知的键") from error
    return change


def all_to_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as JSON."""
    return [to_json(change) for change in changes]


def all_from_json(facts: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Read what :func:`all_to_json` wrote; raises as :func:`from_json` does."""
    return tuple(from_json(one) for one in facts)


def day_of(text: str, *, where: str) -> date:
    """Read a day, ``2026-03-01`` or ``20260301``; what follows it, a time, is left.

    Raises:
        BadDates: it is none.
    """
    head = text.strip()[:10]
    if head[:8].isdecimal():
        head = f"{head[:4]}-{head[4:6]}-{head[6:8]}"
    try:
        return date.fromisoformat(head)
    except ValueError as error:
        raise BadDates(
            where=where,
            why="this is not a day such as 2026-03-01",
            why_zh="不是 2026-03-01 这样的日期",
        ) from error


def unreadable(where: str, why: str, why_zh: str) -> UnreadableMasterData:
    """Return the failure of a message that nobody can read."""
    return UnreadableMasterData(where=where, why=why, why_zh=why_zh)
