"""The text of a filter, read. Pure.

``and`` and ``or`` bind alike, from left to right. A path leads through references
(``subject.name``); what stands in brackets holds of the resource that one leads to
(``subject[gender eq male].name co "pet"``).

Source:
    HL7 FHIR R4, 3.1.3 (``_filter``): "Logical expressions are evaluated left to right, with no
    precedence between and and or".
"""

from __future__ import annotations

from typing import Final, Literal, cast, get_args

from lianyi.formats.fhir.definitions import Definitions, SearchParameter
from lianyi.projections.clinical.search.filters.expressions import (
    FITTING,
    Compared,
    Filter,
    Filtered,
    Joined,
    Linked,
    Operator,
)
from lianyi.projections.clinical.search.filters.lexing import Word, Words
from lianyi.projections.clinical.search.filters.problems import UnreadableFilter, unreadable_filter
from lianyi.projections.clinical.words import SEARCHED

DEPTH_MAX: Final = 20
"""So deep are parentheses, brackets and references."""
COMPARED_MAX: Final = 60
LOOKED_MAX: Final = 5_000
"""So many parameters are looked up: a reference to any type has more than a hundred targets."""
_OPERATORS: Final = frozenset(get_args(Operator))
Types = tuple[str, ...]


def read_filter(types: Types, text: str, *, definitions: Definitions) -> Filtered:
    """Read a filter over resources of some types.

    Raises:
        UnreadableFilter: it cannot be read; says at which character.
    """
    try:
        found = _Reader(Words(text), definitions).whole(types)
    except _TooMuch as much:
        raise unreadable_filter(
            much.at, "the references on the way lead to too many types", "途经的引用指向的类型过多"
        ) from None
    return Filtered(types, found)


class _TooMuch(Exception):
    """A path leads to more types than are looked at."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Reader:
    def __init__(self, words: Words, definitions: Definitions) -> None:
        self._words = words
        self._definitions = definitions
        self._compared = 0
        self._looked = 0

    def whole(self, types: Types) -> Filter:
        found = self._filter(types, 0)
        last = self._words.peek()
        if last.kind != "end":
            raise unreadable_filter(last.at, "nothing more is expected here", "此处不应再有内容")
        return found

    def _filter(self, types: Types, depth: int) -> Filter:
        """Read terms with ``and`` and ``or`` between them, from left to right."""
        if depth > DEPTH_MAX:
            raise unreadable_filter(self._words.at, "it is nested too deeply", "嵌套层级过多")
        found = self._term(types, depth)
        while (word := self._words.peek()).kind == "name":
            if word.text not in ("and", "or"):
                raise unreadable_filter(word.at, "'and' or 'or' is missing", "此处应为 and 或 or")
            self._words.next()
            found = _joined(
                types, cast(Literal["and", "or"], word.text), found, self._term(types, depth)
            )
        return found

    def _term(self, types: Types, depth: int) -> Filter:
        word = self._words.next()
        if (word.kind, word.text) == ("mark", "("):
            return self._closed(types, depth)
        if word.kind != "name":
            raise unreadable_filter(word.at, "a parameter is missing", "此处缺少检索参数")
        if word.text == "not":
            opening = self._words.next()
            if (opening.kind, opening.text) != ("mark", "("):
                raise unreadable_filter(opening.at, "'(' is missing after 'not'", "not 之后应为“(”")
            return Joined(types, "not", (self._closed(types, depth),))
        return self._path(types, word, depth)

    def _closed(self, types: Types, depth: int, mark: str = ")") -> Filter:
        found = self._filter(types, depth + 1)
        word = self._words.next()
        if (word.kind, word.text) != ("mark", mark):
            raise unreadable_filter(word.at, f"'{mark}' is missing", f"此处缺少“{mark}”")
        return found

    # --- a path, and what is compared at its end --------------------------------------------------

    def _path(self, types: Types, name: Word, depth: int) -> Filter:
        if depth > DEPTH_MAX:
            raise unreadable_filter(name.at, "it is nested too deeply", "嵌套层级过多")
        parameter = self._parameter(types, name)
        bracket = self._words.at if self._words.follows("[") else None
        if bracket is None and not self._words.follows("."):
            return self._compare(types, parameter, depth)
        if parameter.type != "reference":
            raise unreadable_filter(
                name.at, "only a reference leads to another resource", "只有引用类参数可以链式检索"
            )
        return self._linked(types, parameter, name, bracket, depth)

    def _linked(
        self, types: Types, parameter: SearchParameter, name: Word, bracket: int | None, depth: int
    ) -> Linked:
        """Read what a reference leads to, once for each type that it may be."""
        behind, counted = self._words.at, self._compared
        inner: list[tuple[str, Filter]] = []
        ends: list[int] = []
        failure: UnreadableFilter | None = None
        for target in parameter.targets:
            self._words.at, self._compared = behind, counted
            try:
                inner.append((target, self._beyond((target,), bracket, depth)))
            except UnreadableFilter as unfit:  # of one type; of another one it may be known
                failure = failure or unfit
            else:
                ends.append(self._words.at)
        if not inner:
            raise failure or unreadable_filter(name.at, "it leads nowhere", "该引用不指向任何资源")
        self._words.at = ends[0]
        return Linked(types, parameter, tuple(inner))

    def _beyond(self, types: Types, bracket: int | None, depth: int) -> Filter:
        """Read what holds of a resource that is led to: what is in brackets, and the path on."""
        held = self._closed(types, depth, "]") if bracket is not None else None
        if held is not None and not self._words.follows("."):
            raise unreadable_filter(self._words.at, "'.' is missing after ']'", "“]”之后应为“.”")
        name = self._words.next()
        if name.kind != "name":
            raise unreadable_filter(name.at, "a parameter is missing", "此处缺少检索参数")
        found = self._path(types, name, depth + 1)
        return found if held is None else _joined(types, "and", held, found)

    def _parameter(self, types: Types, name: Word) -> SearchParameter:
        self._looked += 1
        if self._looked > LOOKED_MAX:
            raise _TooMuch(name.at)
        found = [self._definitions.search_parameters(one).get(name.text) for one in types]
        first = found[0] if found else None
        if (
            first is None
            or any(one is None or one.type != first.type for one in found)
            or not (first.expression or first.code in SEARCHED)
        ):
            whose = types[0] if len(types) == 1 else "Resource"
            raise unreadable_filter(
                name.at, f"{whose} has no such parameter", f"{whose} 没有此检索参数"
            )
        return first

    def _compare(self, types: Types, parameter: SearchParameter, depth: int) -> Compared:
        self._compared += 1
        if self._compared > COMPARED_MAX:
            raise unreadable_filter(self._words.at, "it compares too much", "比较条件过多")
        self._words.blank()
        word = self._words.next()
        if word.kind != "name" or word.text not in _OPERATORS:
            raise unreadable_filter(
                word.at,
                f"an operator is missing: {' '.join(sorted(_OPERATORS))}",
                f"此处应为运算符：{' '.join(sorted(_OPERATORS))}",
            )
        if word.text not in _fitting(parameter):
            raise unreadable_filter(
                word.at,
                f"a parameter of the type {parameter.type} has no operator '{word.text}'",
                f"{parameter.type} 类型的参数不支持运算符“{word.text}”",
            )
        self._words.blank()
        value = self._words.value()
        if not value.text.strip():
            raise unreadable_filter(value.at, "the value is empty", "取值为空")
        if word.text == "pr" and value.text not in ("true", "false"):
            raise unreadable_filter(
                value.at, "'pr' is true or false", "pr 的取值只能是 true 或 false"
            )
        return Compared(types, parameter, cast(Operator, word.text), value.text, value.at)


def _fitting(parameter: SearchParameter) -> frozenset[str]:
    if parameter.code in SEARCHED:
        return frozenset({"co"})
    return FITTING.get(parameter.type, frozenset())


def _joined(types: Types, by: Literal["and", "or"], one: Filter, two: Filter) -> Joined:
    if isinstance(one, Joined) and one.by == by:
        return Joined(types, by, (*one.parts, two))
    return Joined(types, by, (one, two))
