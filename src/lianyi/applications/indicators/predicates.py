"""Conditions on the rows of a fact, in a part of CEL: read, checked against the star. Pure.

``class == "inpatient" && (died || disposition in ["died", "against_advice"])``. There are
comparisons of a column with a value, ``in`` with a list, flags, ``startsWith``, ``has``, the time
between two instants (``minutes hours days``), ``&& || !`` and parentheses. What nobody said equals
nothing and is neither smaller nor larger: only ``!=`` holds of it, as of everything that is not
equal. Whoever means what was said writes ``has(column)`` beside it.

Source:
    Common Expression Language, language definition (cel-spec): syntax and precedence. The same
    texts mean the same in the CEL of channels; the tests compare both row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from lianyi.applications.indicators.failures import BadPredicate
from lianyi.base.content_files import unknown
from lianyi.projections.operational.star import NUMBERS, TEXTS, Fact, Kind

LENGTH_MAX = 2_000
DEPTH_MAX = 20
SPANS = {"minutes": 60, "hours": 3_600, "days": 86_400}
"""Functions of two instants, and the seconds of their unit."""
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Span:
    """The time from one instant to another, in a unit."""

    unit: str
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A column, or a span, compared with a value."""

    of: str | Span
    sign: str
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column has one of some values."""

    of: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class StartsWith:
    """The text of a column begins with another."""

    of: str
    text: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag is up."""

    of: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something of a column."""

    of: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite holds."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Every:
    """Every hold; none: always."""

    inner: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of them holds."""

    inner: tuple[Node, ...]


Atom = Compare | OneOf | StartsWith | Flagged | Said
Node = Atom | Not | Every | Either

ALWAYS = Every(())


def parse_predicate(text: str, fact: Fact) -> Node:
    """Read a condition on the rows of a fact.

    Args:
        text: the condition; empty: every row.
        fact: whose columns it may name.

    Raises:
        BadPredicate: with the place, counted in characters from 1.
    """
    if not text.strip():
        return ALWAYS
    return _Parser(text, fact).whole()


def parse_span(text: str, fact: Fact) -> Span:
    """Read the time between two instants of a fact: ``minutes(reported_at, told_at)``.

    Raises:
        BadPredicate: it is none.
    """
    return _Parser(text, fact).only_span()


def atoms(node: Node) -> Iterator[Atom]:
    """Give the smallest conditions of which one is made."""
    if isinstance(node, Not):
        yield from atoms(node.inner)
    elif isinstance(node, (Every, Either)):
        for one in node.inner:
            yield from atoms(one)
    else:
        yield node


def columns_of(node: Node) -> list[str]:
    """Return the columns that a condition asks about, each once, in its order."""
    found: dict[str, None] = {}
    for one in atoms(node):
        of = (one.of.begin, one.of.end) if isinstance(one.of, Span) else (one.of,)
        found |= dict.fromkeys(of)
    return list(found)


def conjuncts(node: Node) -> frozenset[Node]:
    """Return the conditions that must all hold."""
    return frozenset(node.inner) if isinstance(node, Every) else frozenset({node})


def implies(narrow: Node, wide: Node) -> bool:
    """Tell whether a condition plainly asks all that another asks; False: it is not plain."""
    asked = conjuncts(narrow)
    return all(
        one in asked or any(_is_among(other, one) for other in asked) for one in conjuncts(wide)
    )


def _is_among(narrow: Node, wide: Node) -> bool:
    """Whether whatever one holds of, the other holds of: its values are among those allowed."""
    if isinstance(wide, Said):
        of = getattr(narrow, "of", None)
        return wide.of in ((of.begin, of.end) if isinstance(of, Span) else (of,))
    if not isinstance(wide, OneOf):
        return False
    if isinstance(narrow, Compare) and narrow.sign == "==" and narrow.of == wide.of:
        return narrow.value in wide.values
    return isinstance(narrow, OneOf) and narrow.of == wide.of and {*narrow.values} <= {*wide.values}


def text_of(node: Node) -> str:
    """Return the one way in which a condition is written, whatever blanks and quotes it had."""
    if isinstance(node, Compare):
        return _compare_text(node, node.sign)
    if isinstance(node, OneOf):
        return f"{node.of} in [{', '.join(_literal(one) for one in node.values)}]"
    if isinstance(node, StartsWith):
        return f"{node.of}.startsWith({_literal(node.text)})"
    if isinstance(node, Flagged):
        return node.of
    if isinstance(node, Said):
        return f"has({node.of})"
    if isinstance(node, Not):
        if isinstance(node.inner, Compare) and node.inner.sign == "==":
            return _compare_text(node.inner, "!=")
        inner = text_of(node.inner)
        grouped = isinstance(node.inner, (Every, Either, Compare, OneOf))
        return f"!({inner})" if grouped else f"!{inner}"
    joint = " && " if isinstance(node, Every) else " || "
    return joint.join(
        f"({text_of(one)})" if isinstance(one, (Every, Either)) else text_of(one)
        for one in node.inner
    )


def _compare_text(node: Compare, sign: str) -> str:
    left = node.of if isinstance(node.of, str) else span_text(node.of)
    return f"{left} {sign} {_literal(node.value)}"


def span_text(span: Span) -> str:
    """Return how a span is written."""
    return f"{span.unit}({span.begin}, {span.end})"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


_TOKENS = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>\"(?:[^\"\\]|\\[\"\\])*\"|'(?:[^'\\]|\\['\\])*')"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|&&|\|\||[<>!()\[\],.]))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    def __init__(self, text: str, fact: Fact) -> None:
        self._fact = fact
        if len(text) > LENGTH_MAX:
            raise BadPredicate(where="1", why="it is too long", why_zh="条件过长")
        self._tokens = list(self._cut(text))
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._either()
        self._end()
        return node

    def only_span(self) -> Span:
        name = self._take("name")
        if name.text not in SPANS:
            raise BadPredicate(where=str(name.at), **unknown(name.text, SPANS))
        span = self._span(name.text)
        self._end()
        return span

    def _cut(self, text: str) -> Iterator[_Token]:
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKENS.match(text, at)
            if found is None or found.lastgroup is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise BadPredicate(
                    where=str(at + 1),
                    why=f"'{text[at]}' is not understood here",
                    why_zh=f"此处无法理解“{text[at]}”",
                )
            begin = found.start(found.lastgroup)
            yield _Token(found.lastgroup, found[found.lastgroup], begin + 1)
            at = found.end()
        yield _Token("end", "", len(text) + 1)

    # --- conditions --------------------------------------------------------------------------

    def _either(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadPredicate(
                where=str(self._here.at), why="it is nested too deeply", why_zh="嵌套过深"
            )
        found = [self._every()]
        while self._skip("||"):
            found.append(self._every())
        self._depth -= 1
        return found[0] if len(found) == 1 else Either(tuple(_flat(found, Either)))

    def _every(self) -> Node:
        found = [self._single()]
        while self._skip("&&"):
            found.append(self._single())
        return found[0] if len(found) == 1 else Every(tuple(_flat(found, Every)))

    def _single(self) -> Node:
        turned = False
        while self._skip("!"):
            turned = not turned
        node = self._plain()
        return _opposite(node) if turned else node

    def _plain(self) -> Node:
        if self._skip("("):
            node = self._either()
            self._must(")")
            return node
        name = self._take("name")
        if name.text in SPANS:
            return self._compared(self._span(name.text))
        if name.text == "has" and self._here.text == "(":
            self._must("(")
            column = self._column()
            self._must(")")
            return Said(column)
        column = self._known(name)
        if self._skip("."):
            return self._begins(column)
        if self._here.text == "in" and self._here.kind == "name":
            self._next += 1
            return self._listed(column)
        if self._here.text in COMPARISONS:
            return self._compared(column)
        if self._fact.columns[column].kind is not Kind.FLAG:
            self._fail(name, "a column that is no flag is compared", "非标志列需要与值比较")
        return Flagged(column)

    def _begins(self, column: str) -> Node:
        word = self._take("name")
        if word.text != "startsWith":
            raise BadPredicate(where=str(word.at), **unknown(word.text, ["startsWith"]))
        if self._fact.columns[column].kind not in TEXTS:
            self._fail(word, f"{column} is no text", f"{column} 不是文本")
        self._must("(")
        text = _unquoted(self._take("text").text)
        self._must(")")
        if not text:
            self._fail(word, "every text begins with nothing", "任何文本都以空开头")
        return StartsWith(column, text)

    def _listed(self, column: str) -> Node:
        self._must("[")
        values = [self._value(column)]
        while self._skip(","):
            values.append(self._value(column))
        self._must("]")
        return OneOf(column, tuple(values))

    def _compared(self, of: str | Span) -> Node:
        sign = self._take("sign")
        if sign.text not in COMPARISONS:
            self._fail(sign, "a comparison is wanted here", "此处应为比较符号")
        value = self._number() if isinstance(of, Span) else self._value(of)
        ordered = isinstance(of, Span) or self._fact.columns[of].kind in NUMBERS
        if sign.text not in ("==", "!=") and not ordered:
            self._fail(sign, "only numbers are smaller or larger", "只有数值可以比较大小")
        if sign.text == "!=":
            return Not(Compare(of, "==", value))
        return Compare(of, sign.text, value)

    def _span(self, unit: str) -> Span:
        self._must("(")
        begin = self._instant()
        self._must(",")
        end = self._instant()
        self._must(")")
        return Span(unit, begin, end)

    # --- words -------------------------------------------------------------------------------

    def _instant(self) -> str:
        token = self._here
        column = self._column()
        if self._fact.columns[column].kind is not Kind.INSTANT:
            self._fail(token, f"{column} is no instant", f"{column} 不是时间")
        return column

    def _column(self) -> str:
        return self._known(self._take("name"))

    def _known(self, token: _Token) -> str:
        if token.text not in self._fact.columns:
            raise BadPredicate(where=str(token.at), **unknown(token.text, self._fact.columns))
        return token.text

    def _value(self, column: str) -> Value:
        known = self._fact.columns[column]
        if known.kind in NUMBERS:
            return self._number()
        token = self._here
        if known.kind in TEXTS:
            text = _unquoted(self._take("text").text)
            if known.kind is Kind.CODE and text not in known.values:
                raise BadPredicate(where=str(token.at), **unknown(text, known.values))
            return text
        return self._fail(token, f"{column} is not compared with a value", f"{column} 不能与值比较")

    def _number(self) -> int | float:
        text = self._take("number").text
        return float(text) if "." in text else int(text)

    # --- tokens ------------------------------------------------------------------------------

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str) -> _Token:
        token = self._here
        if token.kind != kind:
            named = {"name": "a column", "text": "a text in quotes", "number": "a number"}
            named_zh = {"name": "列名", "text": "带引号的文本", "number": "数值"}
            self._fail(
                token,
                f"{named.get(kind, 'a sign')} is wanted here",
                f"此处应为{named_zh.get(kind, '符号')}",
            )
        self._next += 1
        return token

    def _skip(self, sign: str) -> bool:
        if self._here.kind == "sign" and self._here.text == sign:
            self._next += 1
            return True
        return False

    def _must(self, sign: str) -> None:
        if not self._skip(sign):
            self._fail(self._here, f"'{sign}' is missing", f"缺少“{sign}”")

    def _end(self) -> None:
        if self._here.kind != "end":
            self._fail(self._here, "the condition should end here", "条件应在此结束")

    def _fail(self, token: _Token, why: str, why_zh: str) -> NoReturn:
        raise BadPredicate(where=str(token.at), why=why, why_zh=why_zh)


def _opposite(node: Node) -> Node:
    return node.inner if isinstance(node, Not) else Not(node)


def _flat(nodes: list[Node], kind: type[Every] | type[Either]) -> Iterator[Node]:
    for one in nodes:
        if isinstance(one, kind):
            yield from one.inner
        else:
            yield one


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
