"""A search as it was sent, read: criteria, order, pages, what comes along and how much of it. Pure.

Sources:
    HL7 FHIR R4, 3.1.1.1 to 3.1.1.5 (search), 3.1.1.5.2 (paging), 3.1.1.5.4 (_include).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

from lianyi.formats.fhir.definitions import Definitions, SearchParameter
from lianyi.projections.clinical.parameters.reading import is_own
from lianyi.projections.clinical.search.parameters import (
    CRITERIA_MAX,
    Criterion,
    Reader,
    UnknownName,
)
from lianyi.projections.clinical.search.problems import (
    UnknownParameter,
    not_offered,
    plain,
    unreadable,
)
from lianyi.projections.clinical.search.values import split

COUNT: Final = 20
"""So many on a page when nothing is said."""
COUNT_MAX: Final = 1000
SORTS_MAX: Final = 5
INCLUDES_MAX: Final = 30
CHARACTERS_MAX: Final = 60_000
PAGE: Final = "_page"
"""The parameter that says where a page begins; see ``paging``."""
ANY: Final = "*"

Total = Literal["none", "estimate", "accurate"]
Summary = Literal["false", "true", "text", "data", "count"]
Contained = Literal["false", "true", "both"]
Pair = tuple[str, str]


class Sort(NamedTuple):
    """One key of an order."""

    parameter: SearchParameter
    descending: bool


class Include(NamedTuple):
    """What comes along.

    Attributes:
        source: the type that has the reference; ``*``: any.
        parameter: its code; ``*``: any.
        target: the type that it leads to; empty: any.
        iterate: also from what came along.
    """

    source: str
    parameter: str
    target: str
    iterate: bool


class Query(NamedTuple):
    """A search.

    Attributes:
        types: that are searched.
        criteria: all of which must hold.
        sorts: the order; none: that of the index.
        size: so many on a page; 0: only how many there are.
        total: whether they are counted.
        summary, elements: how much of each resource is given.
        includes, revincludes: what comes along.
        contained: whether what stands in other resources is found: never, only, or as well.
        containers: whether the resource is given in which it stands, or what is contained.
        ignored: names that no parameter has, passed over.
        page: where it begins; empty: at the first.
        said: as it was sent, without what was passed over and without the page.
    """

    types: tuple[str, ...]
    criteria: tuple[Criterion, ...] = ()
    sorts: tuple[Sort, ...] = ()
    size: int = COUNT
    total: Total = "accurate"
    summary: Summary = "false"
    elements: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    contained: Contained = "false"
    containers: bool = True
    ignored: tuple[str, ...] = ()
    page: str = ""
    said: tuple[Pair, ...] = ()


class QueryReader:
    """Reads searches, by what FHIR says of them."""

    def __init__(self, definitions: Definitions) -> None:
        """Read by these definitions."""
        self._definitions = definitions
        self._criteria = Reader(definitions)

    def read(self, types: Sequence[str], pairs: Iterable[Pair], *, strict: bool = False) -> Query:
        """Read a search.

        Args:
            types: that are searched; none: all, or those that ``_type`` names.
            pairs: names and values, as sent.
            strict: whether a name that no parameter has is refused.

        Raises:
            UnreadableSearch, UnknownParameter, NotOffered: it cannot be answered.
        """
        given = [(name, value) for name, value in pairs if value.strip()]
        if any("\x00" in text for pair in given for text in pair):
            raise unreadable("search", "it has a character that no text has", "含有非法字符")
        if sum(len(name) + len(value) for name, value in given) > CHARACTERS_MAX:
            raise unreadable("search", "it is too long", "检索条件过长")
        wanted = self._types(types, given)
        query, criteria, ignored, said = Query(wanted), [], [], []
        for name, value in given:
            if name == "_type":
                said.append((name, value))
                continue
            known = self._of_result(query, name, value)
            if known is not None:
                query = known
            else:
                try:
                    criterion = self._criterion(query.types, name, value)
                except UnknownName as unknown:
                    if strict:
                        raise UnknownParameter(
                            where=plain(name) or "search",
                            type=unknown.type,
                            name=plain(unknown.name),
                        ) from None
                    ignored.append(plain(name))
                    continue
                if criterion is not None:
                    criteria.append(criterion)
            if name != PAGE:
                said.append((name, value))
        if len(criteria) > CRITERIA_MAX:
            raise unreadable("search", "it has too many criteria", "检索条件过多")
        if query.contained != "false" and query.sorts:
            raise not_offered(
                "_sort",
                "what is found by what it contains has no order",
                "按内嵌资源检索时不支持排序",
            )
        return query._replace(
            criteria=tuple(criteria),
            ignored=tuple(dict.fromkeys(ignored)),
            said=tuple(said),
        )

    def _types(self, types: Sequence[str], given: Sequence[Pair]) -> tuple[str, ...]:
        if types:
            return tuple(types)
        named = [one for name, value in given if name == "_type" for one in value.split(",")]
        for one in named:
            if not self._definitions.is_resource_type(one):
                raise unreadable("_type", "it is no type of FHIR R4", "不是 FHIR R4 资源类型")
        return tuple(dict.fromkeys(named)) or tuple(sorted(self._definitions.resource_types))

    def _criterion(self, types: tuple[str, ...], name: str, value: str) -> Criterion | None:
        return self._criteria.read(types, name, value)

    # --- what is not a criterion ----------------------------------------------------------------

    def _of_result(self, query: Query, name: str, value: str) -> Query | None:
        """Read what says how the answer looks; None: it is a criterion."""
        bare, _, modifier = name.partition(":")
        if bare in ("_include", "_revinclude"):
            return self._include(query, bare, modifier, value)
        if name == "_sort":
            return self._sort(query, value)
        if name == "_count":
            return query._replace(size=_count(value))
        if name == "_total":
            return query._replace(total=_choice(name, value, ("none", "estimate", "accurate")))
        if name == "_summary":
            found = _choice(name, value, ("false", "true", "text", "data", "count"))
            return query._replace(summary=found, size=0 if found == "count" else query.size)
        if name == "_elements":
            names = [one.strip().rpartition(".")[2] for one in value.split(",")]
            return query._replace(elements=tuple(dict.fromkeys(filter(None, names))))
        if name == PAGE:
            return query._replace(page=value)
        if name == "_contained":
            return query._replace(contained=_choice(name, value, ("false", "true", "both")))
        if name == "_containedType":
            chosen = _choice(name, value, ("container", "contained"))
            return query._replace(containers=chosen == "container")
        return query if name in ("_format", "_pretty") else None

    def _sort(self, query: Query, value: str) -> Query:
        sorts = list(query.sorts)
        for text in value.split(","):
            code = text.strip().removeprefix("-")
            found = [self._definitions.search_parameters(one).get(code) for one in query.types]
            first = found[0] if found else None
            if first is None or any(one is None or one.type != first.type for one in found):
                raise unreadable(
                    "_sort", f"'{plain(code)}' is no parameter", f"“{plain(code)}”不是检索参数"
                )
            is_unordered = first.type in ("composite", "special") or not first.expression
            if is_unordered or (is_own(first) and first.type == "token"):
                raise not_offered(
                    "_sort", "nothing can be ordered by this parameter", "不能按该参数排序"
                )
            sorts.append(Sort(first, text.strip().startswith("-")))
        if len(sorts) > SORTS_MAX:
            raise unreadable("_sort", "it has too many keys", "排序项过多")
        return query._replace(sorts=tuple(sorts))

    def _include(self, query: Query, name: str, modifier: str, value: str) -> Query:
        if modifier not in ("", "iterate", "recurse"):
            raise unreadable(name, "the modifier is :iterate", "修饰符只能是 :iterate")
        iterate = modifier != ""
        found = [self._one_include(name, one, iterate=iterate) for one in split(value, ",") if one]
        made = query._replace(
            includes=(*query.includes, *(found if name == "_include" else ())),
            revincludes=(*query.revincludes, *(found if name == "_revinclude" else ())),
        )
        if len(made.includes) + len(made.revincludes) > INCLUDES_MAX:
            raise unreadable(name, "there are too many", "数量过多")
        return made

    def _one_include(self, name: str, text: str, *, iterate: bool) -> Include:
        parts = text.strip().split(":")
        if parts == [ANY]:
            return Include(ANY, ANY, "", iterate)
        source, code, target = (*parts, "", "")[:3]
        if len(parts) > 3 or not self._definitions.is_resource_type(source):
            raise unreadable(name, "it is Type:parameter:target", "应写作 类型:参数:目标类型")
        if target and not self._definitions.is_resource_type(target):
            raise unreadable(name, "the target is no type", "目标不是资源类型")
        if code != ANY:
            found = self._definitions.search_parameters(source).get(code)
            if found is None or found.type != "reference":
                raise unreadable(
                    name,
                    f"{source} has no reference '{plain(code)}'",
                    f"{source} 没有引用参数“{plain(code)}”",
                )
        return Include(source, code, target, iterate)


def _count(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise unreadable("_count", "it is no whole number", "不是整数")
    return min(int(text), COUNT_MAX)


def _choice(name: str, value: str, known: tuple[str, ...]) -> Any:  # noqa: ANN401 - one of these literals
    if value not in known:
        raise unreadable(name, f"it is one of {', '.join(known)}", f"只能是 {'、'.join(known)}")
    return value
