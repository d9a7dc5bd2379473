"""Text to tokens: the lexical part of the FHIRPath grammar (N1, appendix B)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from lianyi.formats.fhir.fhirpath.errors import BrokenSyntax, OversizedExpression
from lianyi.formats.fhir.fhirpath.temporal import Date, DateTime, Time

LENGTH_MAX = 20_000
DEPTH_MAX = 120
INTEGER_MAX = 2**31 - 1
Literal = str | int | Decimal | Date | DateTime | Time

_TIME = r"\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?"
_ZONE = r"Z|[+-]\d\d:\d\d"
_TOKEN = re.compile(
    rf"""
      (?P<space> \s+ | //[^\r\n]* | /\*.*?\*/ )
    | (?P<time> @T{_TIME} )
    | (?P<datetime> @\d{{4}}(?:-\d\d(?:-\d\d)?)?T(?:{_TIME}(?:{_ZONE})?)? )
    | (?P<date> @\d{{4}}(?:-\d\d(?:-\d\d)?)? )
    | (?P<number> \d+(?:\.\d+)? )
    | (?P<string> '(?:[^'\\]|\\.)*' )
    | (?P<delimited> `(?:[^`\\]|\\.)*` )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<special> \$(?:this|index|total)\b )
    | (?P<symbol> <= | >= | != | !~ | [-+*/|&=~<>()\[\]{{}},.%] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"} | {mark: mark for mark in "'\"`/\\"}


class Token(NamedTuple):
    """One word of an expression.

    ``kind`` is ``word`` (also for keywords), ``delimited``, ``literal``, ``special``,
    ``symbol`` or ``end``; ``value`` is what a literal or a delimited identifier means.
    """

    kind: str
    text: str
    at: int
    value: Literal | None = None


def tokens(expression: str) -> list[Token]:
    """Return the tokens of an expression, the last one of kind ``end``.

    Raises:
        BrokenSyntax: a character or literal that FHIRPath does not know.
        OversizedExpression: it has more than ``LENGTH_MAX`` characters.
    """
    if len(expression) > LENGTH_MAX:
        raise OversizedExpression(LENGTH_MAX, characters=LENGTH_MAX, depth=DEPTH_MAX)
    found: list[Token] = []
    at = 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None or (match.lastgroup == "symbol" and expression.startswith("/*", at)):
            raise BrokenSyntax(at, found=expression[at : at + 12])
        if match.lastgroup != "space":
            found.append(_token(str(match.lastgroup), match.group(), at))
        at = match.end()
    found.append(Token("end", "", len(expression)))
    return found


def _token(kind: str, text: str, at: int) -> Token:
    if kind in {"word", "symbol", "special"}:
        return Token(kind, text, at)
    if kind == "delimited":
        return Token(kind, text, at, _unescaped(text, at))
    try:
        return Token("literal", text, at, _literal(kind, text, at))
    except ValueError:
        raise BrokenSyntax(at, found=text[:30]) from None


def _literal(kind: str, text: str, at: int) -> Literal:
    match kind:
        case "string":
            return _unescaped(text, at)
        case "number":
            return Decimal(text) if "." in text else _integer(text)
        case "date":
            return Date.parse(text[1:])
        case "datetime":
            return DateTime.parse(text[1:])
        case _:
            return Time.parse(text[2:])


def _integer(text: str) -> int:
    if len(text) > 10 or int(text) > INTEGER_MAX:
        raise ValueError(text)
    return int(text)


def _unescaped(quoted: str, at: int) -> str:
    text = quoted[1:-1]
    if "\\" not in text:
        return text

    def meant(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPED:
            raise BrokenSyntax(at, found=match[0])
        return _ESCAPED[match[2]]

    return _ESCAPE.sub(meant, text)
