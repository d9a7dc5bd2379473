"""How results look on a terminal: tables, times, failures in two languages, progress."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

import click

from lianyi.cli.common import Refusal, in_words, reading_order

CELL_WIDTH_MAX = 60
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def width(text: str) -> int:
    """Return how many columns a text takes; a Chinese character takes two."""
    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1
        for mark in text
    )


def padded(text: str, columns: int) -> str:
    """Return a text filled up to a width."""
    return text + " " * (columns - width(text))


def one_line(text: str, columns_max: int = CELL_WIDTH_MAX) -> str:
    """Return a text that neither breaks a line nor commands the terminal, cut where too wide."""
    plain = "".join(mark if mark.isprintable() else " " for mark in text)
    if width(plain) <= columns_max:
        return plain
    while width(plain) > columns_max - 1:
        plain = plain[:-1]
    return plain + "…"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; every cell is one line, the last one as long as it wants to be."""
    last = len(heads) - 1
    cells = [
        [
            one_line("" if cell is None else str(cell), CELL_WIDTH_MAX if n < last else 400)
            for n, cell in enumerate(row)
        ]
        for row in (heads, *rows)
    ]
    widths = [max(width(row[n]) for row in cells) for n in range(len(heads))]
    return "\n".join(
        "  ".join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def safe_text(text: str) -> str:
    """Return text of many lines that does not command the terminal."""
    lines = re.split(r"\r\n|\r|\n", text)
    return "\n".join("".join(m if m.isprintable() or m == "\t" else "·" for m in x) for x in lines)


def local(instant: str | None, zone: tzinfo) -> str:
    """Return an instant of the API in the hospital's time, to the second; empty for none."""
    if not instant:
        return ""
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def read_instant(text: str, *, zone: tzinfo, now: datetime) -> datetime:
    """Read a point in time as people write it.

    Args:
        text: ``2026-03-01``, ``2026-03-01T08:15``, with or without an offset, or how long ago:
            ``90s``, ``15m``, ``2h``, ``7d``.
        zone: of the hospital; counts where the text names no offset.
        now: the present.

    Raises:
        ValueError: it is none of these.
    """
    if ago := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    found = datetime.fromisoformat(text.strip())
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def both_languages(problem: Mapping[str, Any], *, indent: str = "") -> str:
    """Return a failure in two lines, the reader's language first."""
    return "\n".join(
        indent + one_line(Refusal(problem).text(language), 1000) for language in reading_order()
    )


def short_problem(problem: Mapping[str, Any] | None) -> str:
    """Return a failure in a few words: the code and why."""
    if not problem:
        return ""
    words = problem[reading_order()[0]]
    return f"{problem['code']} {words['what']}" + in_words("：", ": ") + str(words["why"])


class Bar(Protocol):
    """What a long work tells about how far it is."""

    def update(self, n_steps: int) -> None:
        """Say that so many more are done."""
        ...


class _Silent:
    def update(self, n_steps: int) -> None:
        """Say nothing: nobody looks."""


@contextmanager
def progress(total: int, zh: str, en: str) -> Iterator[Bar]:
    """Show a bar on standard error for as long as the block runs, where that is a terminal."""
    if total <= 0 or not sys.stderr.isatty():
        yield _Silent()
        return
    with click.progressbar(length=total, label=in_words(zh, en), file=sys.stderr) as bar:
        yield bar
