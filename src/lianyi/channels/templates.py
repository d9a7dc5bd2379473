"""Texts with placeholders: ``{PID-5.1|upper} {received_at|first 8}``.

A placeholder is a path of the message, or one of the words below, and then what shall be done
with the value, from left to right. ``{{`` is a brace.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Literal
from zoneinfo import ZoneInfo

import orjson

from lianyi.base.errors import LianyiError
from lianyi.channels.content import Content
from lianyi.channels.definition import Format
from lianyi.channels.problems import BadChannel
from lianyi.channels.reading import Place, Report
from lianyi.channels.routing import check_path

Fill = Callable[[Content], str]
Change = Callable[[str], str]
Escape = Literal["json", "xml", "raw"]

_PLACEHOLDER = re.compile(r'\{\{|\{([A-Za-z/@][^{}"\n]*)\}')
_COUNTED = re.compile(r"(first|last) ([1-9]\d{0,3})")

WORDS: dict[str, Fill] = {
    "event": lambda content: content.event,
    "control_id": lambda content: content.control_id,
    "sending_application": lambda content: content.sending_application,
    "sending_facility": lambda content: content.sending_facility,
}
"""Placeholders that are no path; ``received_at`` is one more."""

CHANGES: dict[str, Change] = {
    "upper": str.upper,
    "lower": str.lower,
    "trim": str.strip,
    "digits": lambda text: "".join(c for c in text if c.isdigit()),
}
"""What can be done with a value; ``first n``, ``last n`` and ``or text`` are three more."""


def compile_template(
    text: str,
    *,
    format_: Format,
    timezone: ZoneInfo,
    report: Report,
    place: Place,
    escape: Escape = "raw",
) -> Fill:
    """Turn a template into a closure.

    Args:
        text: the template.
        format_: of the messages it will see.
        timezone: in which ``{received_at}`` is told, as HL7 writes it: ``20260102030405+0800``.
        report: gets what is wrong with it.
        place: of the template in the definition.
        escape: how values are written into the text.
    """
    parts: list[str | Fill] = []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found.group(1) is None:
            parts.append("{")
            continue
        fill = _placeholder(found.group(1), format_, timezone, report, place)
        if fill is not None:
            parts.append(_escaped(fill, escape))
    parts.append(text[at:])
    return _joined([part for part in parts if part != ""])


def _joined(parts: list[str | Fill]) -> Fill:
    if not parts:
        return lambda content: ""
    if len(parts) == 1:
        only = parts[0]
        return (lambda content: only) if isinstance(only, str) else only
    return lambda content: "".join(
        [part if isinstance(part, str) else part(content) for part in parts]
    )


def _placeholder(
    inside: str, format_: Format, timezone: ZoneInfo, report: Report, place: Place
) -> Fill | None:
    name, *asked = (part.strip() for part in inside.split("|"))
    fill = WORDS.get(name)
    if name == "received_at":
        fill = _received_at(timezone)
    elif fill is None:
        try:
            check_path(format_, name)
        except LianyiError as error:
            report.note(error, place)
            return None
        fill = _value(name)
    for word in asked:
        change = _change(word)
        if change is None:
            known = ", ".join([*CHANGES, "first n", "last n", "or text"])
            report.add(
                BadChannel,
                place,
                why=f"'{word}' is nothing that can be done with a value; known: {known}",
                why_zh=f"不能对值执行“{word}”；可用的有：{known}",
            )
            return None
        fill = _then(fill, change)
    return fill


def _value(path: str) -> Fill:
    return lambda content: content.get(path)


def _then(fill: Fill, change: Change) -> Fill:
    return lambda content: change(fill(content))


def _received_at(timezone: ZoneInfo) -> Fill:
    def fill(content: Content) -> str:
        at = content.received_at
        return at.astimezone(timezone).strftime("%Y%m%d%H%M%S%z") if at else ""

    return fill


def _change(word: str) -> Change | None:
    if word.startswith("or "):
        instead = word[3:]
        return lambda text: text or instead
    counted = _COUNTED.fullmatch(word)
    if counted:
        n = int(counted[2])
        return (lambda text: text[:n]) if counted[1] == "first" else (lambda text: text[-n:])
    return CHANGES.get(word)


def _escaped(fill: Fill, escape: Escape) -> Fill:
    if escape == "json":
        return lambda content: orjson.dumps(fill(content)).decode()[1:-1]
    if escape == "xml":
        return lambda content: html.escape(_without_controls(fill(content)))
    return fill


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _without_controls(text: str) -> str:
    """Leave out the characters that XML 1.0 cannot hold."""
    return _CONTROLS.sub("", text)
