"""Whether a change of a resource is one that a subscription wants to hear of. Pure.

The criteria of a topic and the filters of a subscription are searches. They are judged in memory
by the rows that the index has, or would have, of the resource as it is and as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from lianyi.formats.fhir import fhirpath, json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath.nodes import Items, node
from lianyi.projections.clinical.bulk.past import Past, holds, past, reaches_further
from lianyi.projections.clinical.search import scoping
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.conditions import Node
from lianyi.projections.clinical.search.parameters import Criterion
from lianyi.projections.clinical.search.query import QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology
from lianyi.projections.clinical.subscriptions.problems import unusable
from lianyi.projections.clinical.subscriptions.topics import ANY, NOT_TOLD, Topic
from lianyi.projections.clinical.types import TYPES

_WHERE: Final = "Subscription.criteria"
_RESULTS: Final = frozenset(
    {"_include", "_revinclude", "_sort", "_count", "_total", "_summary", "_elements", "_page",
     "_contained", "_containedType", "_type", "_format"}
)  # fmt: skip


class Rules(NamedTuple):
    """How searches are read here.

    Attributes:
        zone: of dates that say none.
        base: address of the doors, without a slash at the end.
        now: the moment.
    """

    zone: tzinfo
    base: str
    now: datetime


class State:
    """A resource as it was at one time."""

    def __init__(self, rid: int, updated_at: datetime, body: bytes, zone: tzinfo) -> None:
        """Describe it.

        Args:
            rid: its number.
            updated_at: when it came to stand so.
            body: JSON; empty: it was not there, or deleted.
            zone: of dates that say none.
        """
        self._rid = rid
        self._at = updated_at
        self._body = body
        self._zone = zone

    def __bool__(self) -> bool:
        return bool(self._body)

    @cached_property
    def resource(self) -> dict[str, Any]:
        """Its JSON."""
        return json_text.read(self._body)

    @cached_property
    def judged(self) -> Past:
        """As conditions are judged by."""
        return past(self._rid, self._at, self.resource, zone=self._zone)


class Watch:
    """What one subscription wants to hear of."""

    def __init__(self, topic: Topic, filters: Iterable[str], rules: Rules) -> None:
        """Read a topic and filters.

        Raises:
            UnusableSubscription: a filter is none that the topic offers, or speaks of others.
            UnreadableSearch, UnknownParameter, NotOffered: a search cannot be read.
        """
        self._reader = QueryReader(r4())
        self._compiler = Compiler(
            r4(), DefinedTerminology(r4()), zone=rules.zone, now=rules.now, base=rules.base
        )
        self.topic = topic
        self.criteria: list[Criterion] = []
        wanted = _by_type(topic, filters)
        self.types = frozenset(wanted)
        self._filters: Mapping[str, Node | None] = {
            type_: self._node(type_, pairs) for type_, pairs in wanted.items()
        }
        self._before = self._of_topic(topic.before)
        self._after = self._of_topic(topic.after)
        self._path = fhirpath.compile(topic.fhirpath, r4()) if topic.fhirpath else None

    def _of_topic(self, query: str) -> Node | None:
        pairs = parse_qsl(query, keep_blank_values=True)
        return self._node(self.topic.type, pairs) if pairs else None

    def _node(self, type_: str, pairs: list[tuple[str, str]]) -> Node | None:
        if not pairs:
            return None
        query = self._reader.read((type_,), pairs, strict=True)
        found = self._compiler.search(query.types, query.criteria)
        if reaches_further(found):
            raise unusable(
                _WHERE,
                "a filter speaks of the resource itself: no chains, _has or _list",
                "过滤条件只能针对资源本身，不支持链式检索、_has 和 _list",
            )
        self.criteria += query.criteria
        return found

    @property
    def tells_of_others(self) -> bool:
        """Whether being told says something of resources that are seen in part."""
        return scoping.tells_of_others(self.criteria)

    @property
    def tells(self) -> bool:
        """Whether being told says something of parts of a resource that may be hidden."""
        return self._path is not None or scoping.tells(self.criteria)

    def wants(self, type_: str, before: State, after: State) -> bool:
        """Tell whether a change is one to tell of.

        Args:
            type_: of the resource.
            before: as it was.
            after: as it is.

        Raises:
            FhirPathError: the expression of the topic cannot be evaluated over it.
        """
        if type_ not in self._filters:
            return False
        change = "delete" if not after else "update" if before else "create"
        if change not in self.topic.changes:
            return False
        filtered = self._filters[type_]
        if filtered is not None and not holds(filtered, (after or before).judged):
            return False
        if self._before is not None and before and not holds(self._before, before.judged):
            return False
        if self._after is not None and not (after and holds(self._after, after.judged)):
            return False
        return self._path is None or self._is_true(before, after)

    def _is_true(self, before: State, after: State) -> bool:
        assert self._path is not None  # noqa: S101 - asked where there is one
        model = self._path.model
        told: dict[str, Items] = {
            name: [node(state.resource, model)] if state else []
            for name, state in (("previous", before), ("current", after))
        }
        return self._path((after or before).resource, variables=told) == [True]


def _by_type(topic: Topic, filters: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return what must hold of each type that is wanted."""
    wanted: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if topic.type != ANY:
        wanted[topic.type] = []
    for one in filters:
        named, mark, query = one.partition("?")
        type_ = named if mark else topic.type
        if not mark and topic.type == ANY:
            type_, query = one, ""
        query = query if mark else ("" if topic.type == ANY else one)
        if type_ not in TYPES or type_ in NOT_TOLD or topic.type not in (ANY, type_):
            raise unusable(
                _WHERE,
                "a filter is written Type?name=value, of a type that the topic tells of",
                "过滤条件应写作“类型?参数=值”，且类型须属于该主题",
            )
        pairs = parse_qsl(query, keep_blank_values=True)
        for name, _ in pairs:
            code = name.partition(":")[0].partition(".")[0]
            if code in _RESULTS or (ANY not in topic.filters and code not in topic.filters):
                raise unusable(
                    _WHERE,
                    "the topic offers no such filter",
                    "该主题不提供此过滤参数",
                )
        wanted[type_] += pairs
    if not wanted:
        raise unusable(_WHERE, "the filters name no type", "过滤条件未指明资源类型")
    return dict(wanted)
