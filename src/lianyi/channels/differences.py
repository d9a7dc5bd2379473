"""Where what goes out differs from what came in, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.channels.content import Content, Hl7Content
from lianyi.formats import hl7v2

CHANGES_MAX = 1000


class Change(NamedTuple):
    """One place that differs.

    Attributes:
        path: in the message that came in: ``PID-5``, ``OBX(2)``; ``line 3`` for other texts.
        before: what stood there; empty when nothing did.
        after: what goes out; empty when nothing does.
    """

    path: str
    before: str
    after: str


def differences(
    before: Content, after: bytes, *, content_type: str, codec: str = "utf-8"
) -> tuple[Change, ...]:
    """Return the places that differ, at most 1000; none when the bytes are the same.

    Args:
        before: what came in.
        after: what goes out.
        content_type: of what goes out.
        codec: of what goes out.
    """
    if before.body == after:
        return ()
    try:
        if isinstance(before, Hl7Content) and content_type == Hl7Content.content_type:
            changed = hl7v2.parse(after, default_codec=before.message.codec)
            found = _hl7(before.message, changed)
        else:
            found = _lines(before.text(), after.decode(codec, "replace"))
        return tuple(change for _, change in zip(range(CHANGES_MAX), found, strict=False))
    except LianyiError:
        text = after.decode(codec, "replace")
        return (Change("", before.body.decode("utf-8", "replace"), text),)


def _hl7(before: hl7v2.Message, after: hl7v2.Message) -> Iterator[Change]:
    old, new = list(before.lines()), list(after.lines())
    mark = before.delimiters.field
    seen: dict[str, int] = {}
    names = []
    for line in old:
        seen[line[:3]] = seen.get(line[:3], 0) + 1
        names.append(f"{line[:3]}({seen[line[:3]]})" if seen[line[:3]] > 1 else line[:3])
    for old_range, new_range in _unlike(old, new):
        for i, j in _paired([old[n][:3] for n in old_range], [new[n][:3] for n in new_range]):
            one = old[old_range[i]] if i is not None else ""
            other = new[new_range[j]] if j is not None else ""
            if one and other:
                yield from _fields(names[old_range[i or 0]], one.split(mark), other.split(mark))
            else:
                yield Change(names[old_range[i]] if i is not None else other[:3], one, other)


def _unlike(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[range, range]]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield range(i, j), range(k, m)


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pair the segments of two runs by name; what has no partner stands alone."""
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from zip(range(i, j), range(k, m), strict=True)
        else:
            yield from ((n, None) for n in range(i, j))
            yield from ((None, n) for n in range(k, m))


def _fields(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    shift = 1 if name in ("MSH", "BHS", "FHS") else 0
    for n, (one, other) in enumerate(zip_longest(old, new, fillvalue="")):
        if one != other:
            yield Change(f"{name}-{n + shift}", one, other)


def _lines(old: str, new: str) -> Iterator[Change]:
    before, after = old.splitlines(), new.splitlines()
    for old_range, new_range in _unlike(before, after):
        for i, j in zip_longest(old_range, new_range):
            line = (i if i is not None else j) or 0
            yield Change(
                f"line {line + 1}",
                before[i] if i is not None else "",
                after[j] if j is not None else "",
            )
