"""Tokens to a tree: precedence climbing over the FHIRPath grammar (N1, appendix A)."""

from __future__ import annotations

from lianyi.formats.fhir.fhirpath.errors import BrokenSyntax, OversizedExpression
from lianyi.formats.fhir.fhirpath.lexing import DEPTH_MAX, LENGTH_MAX, Token, tokens
from lianyi.formats.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Constant,
    Expression,
    Index,
    Member,
    Nothing,
    Sign,
    Special,
    Typing,
    Variable,
    height,
)

# The higher, the tighter; operators of one strength bind from the left.
STRENGTH = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<=": 6,
    "<": 6,
    ">": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
_SIGN_STRENGTH = 11
CALENDAR_UNITS = {
    unit + ending: unit
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for ending in ("", "s")
}
_RESERVED = frozenset({"and", "div", "false", "implies", "mod", "or", "true", "xor"})


def parse(expression: str) -> Expression:
    """Return the tree of an expression.

    Raises:
        BrokenSyntax: the text is no FHIRPath.
        OversizedExpression: it is too long or nested too deep.
    """
    parser = _Parser(tokens(expression))
    tree = parser.expression(0)
    parser.expect("end", "")
    if height(tree) > DEPTH_MAX:
        raise OversizedExpression(0, characters=LENGTH_MAX, depth=DEPTH_MAX)
    return tree


class _Parser:
    """Reads one list of tokens once, from left to right."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *texts: str) -> bool:
        token = self._next
        return token.kind in {"symbol", "word"} and token.text in texts

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def expect(self, kind: str, text: str) -> Token:
        """Take the token that must stand here."""
        token = self._next
        if token.kind != kind or (text and token.text != text):
            raise BrokenSyntax(token.at, found=token.text[:30])
        return self._take()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise OversizedExpression(self._next.at, characters=LENGTH_MAX, depth=DEPTH_MAX)

    def expression(self, weakest: int) -> Expression:
        """Read an expression whose operators all bind tighter than ``weakest``."""
        self._deeper()
        left = self._signed()
        while True:
            token = self._next
            strength = STRENGTH.get(token.text, 0) if token.kind in {"symbol", "word"} else 0
            if strength <= weakest:
                break
            self._take()
            if token.text in {"is", "as"}:
                left = Typing(token.at, token.text, left, self._type())
            else:
                left = Binary(token.at, token.text, left, self.expression(strength))
        self._depth -= 1
        return left

    def _signed(self) -> Expression:
        if self._is("+", "-"):
            token = self._take()
            return Sign(token.at, token.text, self.expression(_SIGN_STRENGTH - 1))
        return self._path()

    def _path(self) -> Expression:
        left = self._term()
        while self._is(".", "["):
            token = self._take()
            if token.text == ".":
                left = self._invocation(left)
            else:
                position = self.expression(0)
                self.expect("symbol", "]")
                left = Index(token.at, left, position)
        return left

    def _term(self) -> Expression:
        token = self._next
        if token.kind == "literal":
            return self._constant()
        if token.kind == "word" and token.text in {"true", "false"}:
            return Constant(self._take().at, token.text == "true")
        if self._is("("):
            self._take()
            inner = self.expression(0)
            self.expect("symbol", ")")
            return inner
        if self._is("{"):
            self._take()
            self.expect("symbol", "}")
            return Nothing(token.at)
        if self._is("%"):
            return self._variable()
        return self._invocation(None)

    def _constant(self) -> Constant:
        token = self._take()
        value = token.value
        assert value is not None  # noqa: S101 - a literal always means something
        if token.text[0].isdigit():
            following = self._next
            if following.kind == "literal" and isinstance(following.value, str):
                self._take()
                return Constant(token.at, value, following.value)
            if following.kind == "word" and following.text in CALENDAR_UNITS:
                self._take()
                return Constant(token.at, value, following.text, calendar=True)
        return Constant(token.at, value)

    def _variable(self) -> Variable:
        at = self._take().at
        token = self._next
        if token.kind == "delimited" or (token.kind == "literal" and isinstance(token.value, str)):
            self._take()
            return Variable(at, str(token.value))
        return Variable(at, self._identifier())

    def _identifier(self, *, anything: bool = False) -> str:
        """Read a name; behind a dot ``anything`` is one, as in ``text.div``."""
        token = self._next
        if token.kind == "delimited":
            return str(self._take().value)
        if token.kind == "word" and (anything or token.text not in _RESERVED):
            return self._take().text
        raise BrokenSyntax(token.at, found=token.text[:30])

    def _type(self) -> str:
        name = self._identifier()
        if self._is("."):
            self._take()
            return f"{name}.{self._identifier()}"
        return name

    def _invocation(self, left: Expression | None) -> Expression:
        token = self._next
        if token.kind == "special":
            self._take()
            return Special(token.at, token.text)
        name = self._identifier(anything=left is not None)
        if not self._is("("):
            return Member(token.at, left, name)
        self._take()
        arguments: list[Expression] = []
        if not self._is(")"):
            arguments.append(self._argument(name))
            while self._is(","):
                self._take()
                arguments.append(self._argument(name))
        self.expect("symbol", ")")
        return Call(token.at, left, name, tuple(arguments))

    def _argument(self, function: str) -> Expression:
        """Read an argument; sort() alone lets it end in ``asc`` or ``desc``."""
        argument = self.expression(0)
        if function == "sort" and self._is("asc", "desc"):
            token = self._take()
            if token.text == "desc":
                return Sign(token.at, "-", argument)
        return argument
