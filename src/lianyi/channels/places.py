"""What a path with stars means in one message: ``OBX(*)-3.1`` is every result's code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lianyi.channels.content import Content, Hl7Content
from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.paths import EVERY

STAR = "[*]"
"""Every item of a list, in JSON paths."""


def pairs(draft: Content, path: str, to: str) -> Iterator[tuple[str, str]]:
    """Give the places that ``path`` means, each with the place beside it that ``to`` means.

    ``OBX(*)-3.1`` and ``OBX(*)-3.4`` give ``OBX-3.1, OBX-3.4``, then ``OBX(2)-3.1, OBX(2)-3.4``, …
    A path without stars gives itself. HL7 places come compiled, which their messages read faster.

    Args:
        draft: the message.
        path: where something is read.
        to: where something is written; the same stars as ``path``, or none.
    """
    if isinstance(draft, Hl7Content) and "*" in path:
        for source, goal in _hl7(draft.message, hl7v2.Path.of(path), hl7v2.Path.of(to)):
            yield cast("str", source), cast("str", goal)
    elif draft.format in ("json", "rows") and STAR in path:
        yield from _json(draft, path, to)
    else:
        yield path, to


def _hl7(
    message: hl7v2.Message, path: hl7v2.Path, to: hl7v2.Path
) -> Iterator[tuple[hl7v2.Path, hl7v2.Path]]:
    every = path.occurrence == EVERY
    for n in range(1, message.count(path.segment) + 1) if every else (path.occurrence,):
        here = path._replace(occurrence=n) if every else path
        goal = to._replace(occurrence=n) if to.occurrence == EVERY else to
        if path.repetition != EVERY:
            yield here, goal
            continue
        for r in range(1, message.repetitions(here._replace(repetition=1)) + 1):
            beside = goal._replace(repetition=r) if goal.repetition == EVERY else goal
            yield here._replace(repetition=r), beside


def _json(draft: Content, path: str, to: str) -> Iterator[tuple[str, str]]:
    from lianyi.channels.structured import JsonContent

    head, star, _ = path.partition(STAR)
    if not star:
        yield path, to
        return
    items = draft.find(head) if isinstance(draft, JsonContent) else None
    for n in range(len(items) if isinstance(items, list) else 0):
        yield from _json(draft, path.replace(STAR, f"[{n}]", 1), to.replace(STAR, f"[{n}]", 1))
