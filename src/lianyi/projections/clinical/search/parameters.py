"""The criteria of a search, read: which parameter, through which references, which values. Pure.

``subject:Patient.name:exact=A,B`` is one criterion: a chain through ``subject`` to patients of whom
``name`` is A or B. What is said of values is read where it is compiled.

Sources:
    HL7 FHIR R4, 3.1.1.4.1 (parameters and modifiers), 3.1.1.4.13 (chained), 3.1.1.4.14 (reverse
    chained: ``_has``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from lianyi.formats.fhir.definitions import Definitions, SearchParameter
from lianyi.projections.clinical.search.filters.expressions import Filtered
from lianyi.projections.clinical.search.filters.reading import read_filter
from lianyi.projections.clinical.search.problems import (
    UnreadableSearch,
    not_offered,
    plain,
    unreadable,
)
from lianyi.projections.clinical.search.values import split
from lianyi.projections.clinical.words import SEARCHED

DEPTH_MAX: Final = 8
"""So many references lie between what is searched and what is said of it."""
VALUES_MAX: Final = 500
CRITERIA_MAX: Final = 60

_MODIFIERS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"", "missing", "exact", "contains"}),
    "token": frozenset({"", "missing", "text", "not", "in", "not-in", "above", "below", "of-type"}),
    "uri": frozenset({"", "missing", "above", "below"}),
    "reference": frozenset({"", "missing", "identifier", "above", "below"}),
    "date": frozenset({"", "missing"}),
    "number": frozenset({"", "missing"}),
    "quantity": frozenset({"", "missing"}),
    "composite": frozenset({"", "missing"}),
    "special": frozenset({""}),
}
FILTER: Final = "_filter"
ELSEWHERE: Final = {"_query": "there are no named queries"}
_ELSEWHERE_ZH: Final = {"_query": "没有命名查询"}


class Plain(NamedTuple):
    """What a resource must itself say.

    Attributes:
        types: of the resources that are searched, all of which have the parameter.
        parameter: of them.
        modifier: without the colon; the type for ``subject:Patient``; empty: none.
        values: one of which must hold; still escaped.
    """

    types: tuple[str, ...]
    parameter: SearchParameter
    modifier: str
    values: tuple[str, ...]


class Chain(NamedTuple):
    """What a resource that it points to must fulfil: one of these, each of one type."""

    types: tuple[str, ...]
    parameter: SearchParameter
    inner: tuple[Criterion, ...]


class Has(NamedTuple):
    """What a resource that points to it must fulfil."""

    types: tuple[str, ...]
    source: str
    parameter: SearchParameter
    inner: Criterion


class Listed(NamedTuple):
    """That a List holds it: ``_list=id``."""

    types: tuple[str, ...]
    lists: tuple[str, ...]


Criterion = Plain | Chain | Has | Listed | Filtered


class UnknownName(Exception):
    """A name that no parameter of a type has. Whoever asks says whether that matters."""

    def __init__(self, type_: str, name: str) -> None:
        """Name it."""
        super().__init__(name)
        self.type = type_
        self.name = name


class Reader:
    """Reads criteria, by what FHIR says of search parameters."""

    def __init__(self, definitions: Definitions) -> None:
        """Read by these definitions."""
        self._definitions = definitions

    def read(self, types: Iterable[str], name: str, value: str) -> Criterion | None:
        """Read one parameter of a search.

        Args:
            types: that are searched.
            name: with its modifier, chained or not.
            value: as sent, its escapes in it.

        Returns:
            None when nothing is said.

        Raises:
            UnknownName: one of the types has no such parameter.
            UnreadableSearch, UnreadableFilter, NotOffered: it cannot be read, or not be answered.
        """
        if name == FILTER:
            return read_filter(tuple(types), value, definitions=self._definitions)
        values = tuple(dict.fromkeys(one for one in split(value, ",") if one.strip()))
        if not values:
            return None
        if len(values) > VALUES_MAX:
            raise unreadable(name, f"it has more than {VALUES_MAX} values", "取值过多")
        return self._read(tuple(types), name, values, 0)

    def _read(
        self, types: tuple[str, ...], name: str, values: tuple[str, ...], depth: int
    ) -> Criterion:
        if depth > DEPTH_MAX:
            raise unreadable(name, "it is chained too often", "链式检索层级过多")
        if name.startswith("_has:"):
            return self._has(types, name, values, depth)
        head, dot, rest = name.partition(".")
        code, _, modifier = head.partition(":")
        if code == "_list" and not dot and not modifier:
            return Listed(types, values)
        parameter = self._parameter(types, code)
        if not dot:
            self._check(parameter, modifier)
            return Plain(types, parameter, modifier, values)
        return self._chain(types, parameter, modifier, rest, values, depth)

    def _parameter(self, types: tuple[str, ...], code: str) -> SearchParameter:
        """Return the parameter that all types share.

        Raises:
            UnknownName: one of them has none, or one of another kind.
            NotOffered: it is one that FHIR knows and that is not answered.
        """
        if code in ELSEWHERE and any(
            code in self._definitions.search_parameters(one) or code.startswith("_")
            for one in types
        ):
            raise not_offered(code, ELSEWHERE[code], _ELSEWHERE_ZH[code])
        found = [self._definitions.search_parameters(one).get(code) for one in types]
        first = found[0] if found else None
        if first is None or any(one is None or one.type != first.type for one in found):
            raise UnknownName(types[0] if len(types) == 1 else "Resource", code)
        return first

    def _check(self, parameter: SearchParameter, modifier: str) -> None:
        known = _MODIFIERS.get(parameter.type, frozenset())
        if parameter.code in SEARCHED:
            known = frozenset({""})
        if modifier in known:
            return
        if parameter.type == "reference" and modifier in parameter.targets:
            return
        raise unreadable(
            parameter.code,
            f"the modifier ':{plain(modifier)}' is not known of this parameter",
            f"该参数不支持修饰符“:{plain(modifier)}”",
        )

    def _chain(
        self,
        types: tuple[str, ...],
        parameter: SearchParameter,
        target: str,
        rest: str,
        values: tuple[str, ...],
        depth: int,
    ) -> Chain:
        code = parameter.code
        if parameter.type != "reference":
            raise unreadable(
                code, "only a reference leads to another resource", "只有引用类参数可以链式检索"
            )
        if target and target not in parameter.targets:
            raise unreadable(
                code,
                f"it does not lead to a resource of the type '{plain(target)}'",
                f"该引用不指向类型“{plain(target)}”",
            )
        inner: list[Criterion] = []
        failure: UnknownName | UnreadableSearch = UnknownName(types[0], f"{code}.{rest}")
        for one in [target] if target else parameter.targets:
            try:
                inner.append(self._read((one,), rest, values, depth + 1))
            except UnknownName as unknown:  # of one type; of another one it may be known
                failure = unknown if target else failure
            except UnreadableSearch as unfit:
                failure = unfit
        if not inner:
            raise failure
        return Chain(types, parameter, tuple(inner))

    def _has(self, types: tuple[str, ...], name: str, values: tuple[str, ...], depth: int) -> Has:
        parts = name.split(":", 3)
        if len(parts) != 4 or not self._definitions.is_resource_type(parts[1]):
            raise unreadable(
                "_has", "it is _has:Type:reference:parameter", "应写作 _has:类型:引用参数:检索参数"
            )
        _, source, code, rest = parts
        parameter = self._parameter((source,), code)
        if parameter.type != "reference" or not set(types) & set(parameter.targets):
            raise unreadable(
                "_has",
                f"'{plain(code)}' of {source} does not lead to what is searched",
                f"{source} 的“{plain(code)}”不指向所检索的类型",
            )
        return Has(types, source, parameter, self._read((source,), rest, values, depth + 1))
