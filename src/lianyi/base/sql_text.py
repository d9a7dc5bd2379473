"""Cutting a file of SQL into its statements, so that each can be run and named by its line.

Source:
    PostgreSQL 18 documentation, 4.1 "Lexical Structure" (constants, dollar quoting, comments).
"""

from __future__ import annotations

import re
from typing import NamedTuple

# What a semicolon inside of does not end a statement; an unclosed one reaches to the end.
_ENCLOSED = re.compile(
    r"""
      --[^\n]*
    | /\*                                            # may hold others of its kind
    | \b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)              # only E'…' knows the backslash
    | '(?:[^']|'')*(?:'|\Z)
    | "(?:[^"]|"")*(?:"|\Z)
    | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_BLANK = re.compile(r"(?:\s|--[^\n]*)*")


class Statement(NamedTuple):
    """One statement of a file.

    Attributes:
        line: of its first word, from 1.
        text: without the semicolon and what stands before the first word.
    """

    line: int
    text: str


def statements(sql: str) -> list[Statement]:
    """Cut SQL at the semicolons that end statements; comments alone are no statement.

    Not for ``CREATE FUNCTION … BEGIN ATOMIC``, whose body holds bare semicolons: write such a
    body between dollar quotes.
    """
    found: list[Statement] = []
    begin = at = 0
    while (match := _ENCLOSED.search(sql, at)) is not None:
        at = match.end()
        if match.group() == "/*":
            at = _end_of_comment(sql, at)
        elif match.group() == ";":
            _add(found, sql, begin, match.start())
            begin = at
    _add(found, sql, begin, len(sql))
    return found


def _add(found: list[Statement], sql: str, begin: int, end: int) -> None:
    """Add the statement between two places, unless there is nothing but blanks and comments."""
    begin = _skip_blank(sql, begin)
    text = sql[begin:end].rstrip()
    if text:
        found.append(Statement(sql.count("\n", 0, begin) + 1, text))


def _skip_blank(sql: str, begin: int) -> int:
    """Return where the first word begins, behind blanks and comments."""
    while True:
        match = _BLANK.match(sql, begin)
        begin = match.end() if match else begin
        if not sql.startswith("/*", begin):
            return begin
        begin = _end_of_comment(sql, begin + 2)


def _end_of_comment(sql: str, begin: int) -> int:
    """Return the place behind the ``*/`` that closes a comment opened before ``begin``."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(sql, begin):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)
