"""What stands for a column of a fact: a small language of named functions. Read here; pure.

``instant(GHSJ)``, ``code(XB, sex)``, ``fen(ZJE)``, ``days_between(patient.CSRQ, RYSJ)``. A term
sees one row of its table and the rows looked up for it, and nothing else: no other row, no file,
no clock. What is empty, or blank, is unsaid; what is said and cannot be read is unsaid too, and
counted. Every term has a sort, so that a file is judged before any row is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn
from zoneinfo import available_timezones

from lianyi.base.content_files import unknown
from lianyi.projections.operational.mapping.problems import BadTerm

LENGTH_MAX = 2_000
DEPTH_MAX = 12
MULTIPLES = frozenset({1, 10, 100, 1_000, 10_000, 1_000_000})
"""How many fen one unit of an amount may be: fen, jiao, yuan, ten yuan, hundred yuan, 万元."""

Value = str | int | bool | None


class Sort(StrEnum):
    """What a term gives."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FEN = "fen"
    FLAG = "flag"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source.

    Attributes:
        of: the lookup it is of; empty: of the table itself.
        name: as the source calls it.
    """

    of: str
    name: str

    def __str__(self) -> str:
        return f"{self.of}.{self.name}" if self.of else self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row."""

    value: Value
    sort: Sort


@dataclass(frozen=True, slots=True)
class Reader:
    """A column, read as something: the only place where a value can be unreadable.

    Attributes:
        function: how it is read.
        column: of the source.
        sort: what it gives.
        words: of ``flag`` the codes that put it up, of ``instant`` the zone, of ``code`` the name
            of the map.
        codes: of ``code``: what each code of the source is called here.
        multiple: of ``fen``: how many fen one unit is.
    """

    function: str
    column: Column
    sort: Sort
    words: tuple[str, ...] = ()
    codes: tuple[tuple[str, Value], ...] = ()
    multiple: int = 100


@dataclass(frozen=True, slots=True)
class Joined:
    """Terms made into one."""

    function: str
    terms: tuple[Term, ...]
    sort: Sort


Term = Constant | Reader | Joined
CodeMaps = Mapping[str, Mapping[str, Value]]

READERS = {
    "text": Sort.TEXT,
    "integer": Sort.INTEGER,
    "number": Sort.NUMBER,
    "fen": Sort.FEN,
    "instant": Sort.INSTANT,
    "date": Sort.INSTANT,
    "month": Sort.INSTANT,
    "flag": Sort.FLAG,
    "said": Sort.FLAG,
    "code": Sort.TEXT,
}
JOINERS = frozenset(
    {
        "key",
        "record",
        "first_of",
        "if",
        "not",
        "all",
        "any",
        "days_between",
        "plus",
        "minus",
        "times",
    }
)
BARE = {
    Sort.TEXT: "text",
    Sort.INTEGER: "integer",
    Sort.NUMBER: "number",
    Sort.INSTANT: "instant",
}
"""How a column that stands alone is read, where its sort is plain from the place."""
ADDED = frozenset({Sort.INTEGER, Sort.NUMBER, Sort.FEN})


def parse_term(text: str, wanted: Sort, maps: CodeMaps) -> Term:
    """Read what stands for a column.

    Args:
        text: the term.
        wanted: what it must give.
        maps: the maps of codes of the file.

    Raises:
        BadTerm: with the place, counted in characters from 1.
    """
    return _Parser(text, maps).whole(wanted)


def readers(term: Term) -> Iterator[Reader]:
    """Give the readers of which a term is made."""
    if isinstance(term, Reader):
        yield term
    elif isinstance(term, Joined):
        for one in term.terms:
            yield from readers(one)


_TOKENS = re.compile(
    r"\s*(?:(?P<number>-?\d+)|(?P<text>\"[^\"]+\"|'[^']+')|(?P<quoted>`[^`]+`)"
    r"|(?P<name>[^\W\d][\w$#]*)|(?P<sign>[(),.]))"
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


Argument = Term | Column


class _Parser:
    def __init__(self, text: str, maps: CodeMaps) -> None:
        if len(text) > LENGTH_MAX:
            raise BadTerm(where="1", why="it is too long", why_zh="表达式过长")
        self._tokens = list(_cut(text))
        self._maps = maps
        self._next = 0
        self._depth = 0

    def whole(self, wanted: Sort) -> Term:
        at = self._peek().at
        term = self._as(wanted, self._argument(), at)
        if (token := self._peek()).kind != "end":
            self._refuse(token, f"'{token.text}' is one too many", f"多余的“{token.text}”")
        return term

    # --- words -----------------------------------------------------------------------------------

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str, text: str = "") -> _Token:
        token = self._peek()
        if token.kind != kind or (text and token.text != text):
            wanted = text or {"text": "a text in quotes", "name": "a name"}.get(kind, kind)
            wanted_zh = text or {"text": "引号中的文本", "name": "名称"}.get(kind, kind)
            self._refuse(token, f"{wanted} is wanted here", f"此处应为 {wanted_zh}")
        self._next += 1
        return token

    def _comes(self, sign: str) -> bool:
        if self._peek() == _Token("sign", sign, self._peek().at):
            self._next += 1
            return True
        return False

    def _refuse(self, token: _Token, why: str, why_zh: str) -> NoReturn:
        raise BadTerm(where=str(token.at), why=why, why_zh=why_zh)

    # --- terms -----------------------------------------------------------------------------------

    def _argument(self) -> Argument:
        token = self._peek()
        if token.kind == "number":
            self._next += 1
            return Constant(int(token.text), Sort.INTEGER)
        if token.kind == "text":
            self._next += 1
            return Constant(token.text[1:-1], Sort.TEXT)
        if token.kind == "name" and token.text in ("true", "false"):
            self._next += 1
            return Constant(token.text == "true", Sort.FLAG)
        if token.kind == "name" and self._tokens[self._next + 1].text == "(":
            return self._call()
        return self._column()

    def _column(self) -> Column:
        first = self._name()
        return Column(first, self._name()) if self._comes(".") else Column("", first)

    def _name(self) -> str:
        if self._peek().kind == "quoted":
            return self._take("quoted").text[1:-1]
        return self._take("name").text

    def _call(self) -> Term:
        name = self._take("name")
        if name.text not in READERS and name.text not in JOINERS:
            raise BadTerm(where=str(name.at), **unknown(name.text, {*READERS, *JOINERS}))
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._refuse(name, "it is nested too deeply", "嵌套过深")
        self._take("sign", "(")
        term = self._reader(name) if name.text in READERS else self._joined(name)
        self._take("sign", ")")
        self._depth -= 1
        return term

    def _reader(self, name: _Token) -> Reader:
        column = self._column()
        sort = READERS[name.text]
        if name.text == "code":
            return self._coded(column)
        if name.text == "flag":
            words = []
            while self._comes(","):
                words.append(self._take("text").text[1:-1])
            if not words:
                self._refuse(name, "say the codes that put the flag up", "须写明表示“是”的代码")
            return Reader("flag", column, sort, tuple(words))
        if name.text == "instant" and self._comes(","):
            zone = self._take("text")
            if zone.text[1:-1] not in available_timezones():
                raise BadTerm(
                    where=str(zone.at), **unknown(zone.text[1:-1], sorted(available_timezones()))
                )
            return Reader("instant", column, sort, (zone.text[1:-1],))
        if name.text == "fen" and self._comes(","):
            number = self._take("number")
            if int(number.text) not in MULTIPLES:
                known = ", ".join(map(str, sorted(MULTIPLES)))
                self._refuse(
                    number, f"one unit is one of {known} fen", f"每单位的分数须为 {known} 之一"
                )
            return Reader("fen", column, sort, multiple=int(number.text))
        return Reader(name.text, column, sort)

    def _coded(self, column: Column) -> Reader:
        self._take("sign", ",")
        name = self._take("name")
        if name.text not in self._maps:
            raise BadTerm(where=str(name.at), **unknown(name.text, self._maps))
        codes = self._maps[name.text]
        return Reader(
            "code", column, sort_of_map(codes), (name.text,), tuple(sorted(codes.items()))
        )

    def _joined(self, name: _Token) -> Joined:
        given: list[tuple[Argument, int]] = []
        while True:
            at = self._peek().at
            given.append((self._argument(), at))
            if not self._comes(","):
                break
        shape = _SHAPES[name.text]
        if not shape.least <= len(given) <= shape.most:
            self._refuse(
                name,
                f"it takes {shape.least} to {shape.most} arguments",
                f"应有 {shape.least} 至 {shape.most} 个参数",
            )
        wanted, sort = shape.sorts([one for one, _ in given])
        if sort is None:
            self._refuse(name, "its arguments do not fit together", "各参数的类型不一致")
        terms = [self._as(each, one, at) for each, (one, at) in zip(wanted, given, strict=True)]
        return Joined(name.text, tuple(terms), sort)

    def _as(self, wanted: Sort, given: Argument, at: int) -> Term:
        if isinstance(given, Column):
            if wanted not in BARE:
                how = {"flag": 'flag(…, "1")', "fen": "fen(…)"}[wanted]
                raise BadTerm(where=str(at), why=f"write {how} here", why_zh=f"此处须写 {how}")
            return Reader(BARE[wanted], given, wanted)
        if given.sort != wanted and not (
            isinstance(given, Constant) and given.sort is Sort.INTEGER and wanted is Sort.NUMBER
        ):
            raise BadTerm(
                where=str(at),
                why=f"{wanted} is wanted here, this gives {given.sort}",
                why_zh=f"此处需要 {wanted}，而这里得到 {given.sort}",
            )
        return given


@dataclass(frozen=True, slots=True)
class _Shape:
    """How many arguments a function takes, and of what sorts; a sort of None: they do not fit."""

    least: int
    most: int
    sorts: Callable[[list[Argument]], tuple[list[Sort], Sort | None]]


def _all_of(wanted: Sort, gives: Sort) -> Callable[[list[Argument]], tuple[list[Sort], Sort]]:
    return lambda given: ([wanted] * len(given), gives)


def _alike(given: list[Argument]) -> tuple[list[Sort], Sort | None]:
    """All of one sort: that of the first that has one; columns alone are texts."""
    found = next((one.sort for one in given if not isinstance(one, Column)), Sort.TEXT)
    return [found] * len(given), found


def _added(given: list[Argument]) -> tuple[list[Sort], Sort | None]:
    wanted, found = _alike(given)
    return wanted, found if found in ADDED else None


def _chosen(given: list[Argument]) -> tuple[list[Sort], Sort | None]:
    wanted, found = _alike(given[1:])
    return [Sort.FLAG, *wanted], found


_SHAPES = {
    "key": _Shape(1, 6, _all_of(Sort.TEXT, Sort.TEXT)),
    "record": _Shape(2, 2, _all_of(Sort.TEXT, Sort.TEXT)),
    "first_of": _Shape(2, 10, _alike),
    "if": _Shape(3, 3, _chosen),
    "not": _Shape(1, 1, _all_of(Sort.FLAG, Sort.FLAG)),
    "all": _Shape(2, 10, _all_of(Sort.FLAG, Sort.FLAG)),
    "any": _Shape(2, 10, _all_of(Sort.FLAG, Sort.FLAG)),
    "days_between": _Shape(2, 2, _all_of(Sort.INSTANT, Sort.INTEGER)),
    "plus": _Shape(2, 10, _added),
    "minus": _Shape(2, 2, _added),
    "times": _Shape(2, 2, _all_of(Sort.NUMBER, Sort.NUMBER)),
}


def sort_of_map(codes: Mapping[str, Value]) -> Sort:
    """Return what a map of codes gives: texts, flags or whole numbers, all of one sort.

    A code may also stand for nothing: it is known, and says nothing.
    """
    first = next((one for one in codes.values() if one is not None), "")
    if isinstance(first, bool):
        return Sort.FLAG
    return Sort.INTEGER if isinstance(first, int) else Sort.TEXT


def _cut(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKENS.match(text, at)
        if found is None or found.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise BadTerm(
                where=str(place),
                why=f"unknown sign '{text[place - 1]}'",
                why_zh=f"未知的符号“{text[place - 1]}”",
            )
        yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1)
        at = found.end()
    yield _Token("end", "", len(text) + 1)
