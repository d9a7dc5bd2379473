"""Finding what a search means: one page of it, or all of it up to a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cmp_to_key
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import Token, index
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.search import inside, paging, search_store
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.conditions import Node, every
from lianyi.projections.clinical.search.paging import Mark
from lianyi.projections.clinical.search.problems import (
    BrokenPageLink,
    TooCostly,
    unreadable,
)
from lianyi.projections.clinical.search.query import PAGE, Pair, Query, QueryReader, Sort
from lianyi.projections.clinical.search.search_store import SMALL, After, Driven, Key
from lianyi.projections.clinical.search.walk_store import walked

FIND_MAX: Final = 1000
CODED_MAX: Final = 1000
"""So many are put into order by a code, which is read from each of them."""
Counting = Callable[[Sequence[int] | None], Awaitable[int | None]]
"""Says how many of some resources whoever asks may know of; None: it is not said."""


class Page(NamedTuple):
    """One page.

    Attributes:
        rids: of what is on it, in order.
        total: how many there are on all pages; None: they were not counted.
        next: where the next page begins; empty: there is none.
    """

    rids: list[int]
    total: int | None
    next: str


async def find(
    connection: Connection,
    schema: str,
    type_: str,
    pairs: Iterable[Pair],
    *,
    reader: QueryReader,
    compiler: Compiler,
    limit: int = 2,
) -> list[int]:
    """Return the resources of a type that criteria mean: for conditional interactions.

    A name that no parameter has is refused: a condition that is passed over is none.

    Args:
        connection: in a transaction.
        schema: of the version.
        type_: of the resources.
        pairs: names and values of the criteria, as sent.
        reader: of searches.
        compiler: of what was read.
        limit: so many at most, and at most :data:`FIND_MAX`; with 2 it is told one from several.

    Raises:
        UnreadableSearch, UnknownParameter, NotOffered: it cannot be answered.
    """
    query = reader.read((type_,), pairs, strict=True)
    if not query.criteria:  # what means everything means nothing
        raise unreadable("search", "it has no criteria", "没有任何检索条件")
    search = await search_store.driven(
        connection, schema, compiler.search(query.types, query.criteria)
    )
    return await search_store.matching(connection, schema, search, limit=min(limit, FIND_MAX))


async def find_page(
    connection: Connection,
    schema: str,
    query: Query,
    *,
    compiler: Compiler,
    within: Sequence[Node] = (),
    counting: Counting | None = None,
) -> Page:
    """Return a page of a search.

    Args:
        connection: in a transaction.
        schema: of the version.
        query: what is asked.
        compiler: of searches.
        within: what must hold besides: a compartment.
        counting: says how many of some resources are counted, and of None, which are more than
            :data:`SMALL`, whether they are counted at all; None: all are counted.

    Raises:
        UnreadableSearch, NotOffered: a value cannot be read.
        BrokenPageLink: the page is none of this search.
        TooCostly: too many are found to be ordered as it is wished.
    """
    name = paging.digest(query.types, query.said)
    mark = paging.read(query.page, search=name) if query.page else None
    node = every(inside.meaning(compiler, query), *within)
    keys = [_key(query.types, sort) for sort in query.sorts]
    if mark is not None and len(mark.keys) != len(keys):
        raise BrokenPageLink(where=PAGE)
    search = await search_store.driven(connection, schema, node)
    finder = _Finder(connection, schema, query, keys, mark, counting)
    if search.size is None:
        rows, total = await finder.big(search)
    else:
        rows, total = await finder.small(search)
    more = query.size > 0 and len(rows) > query.size
    rows = rows[: query.size]
    following = ""
    if more:
        bound = mark.bound if mark else await search_store.latest(connection, schema)
        assert bound is not None  # noqa: S101 - there is something
        rid, *last = rows[-1]
        following = paging.write(Mark(name, bound, total, rid, tuple(last)))
    return Page([row[0] for row in rows], total, following)


class _Finder:
    """Finds one page."""

    def __init__(
        self,
        connection: Connection,
        schema: str,
        query: Query,
        keys: Sequence[Key],
        mark: Mark | None,
        counting: Counting | None,
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._query = query
        self._keys = keys
        self._mark = mark
        self._counting = counting

    async def small(self, search: Driven) -> tuple[list[tuple[Any, ...]], int | None]:
        """Return rows from where the page begins, one more than it has, and the total."""
        found = await search_store.matching(self._connection, self._schema, search, limit=SMALL + 1)
        total: int | None = len(found)
        if self._mark is not None:
            total = self._mark.total
            there = await search_store.there_at(
                self._connection, self._schema, found, self._mark.bound
            )
            found = [rid for rid in found if rid in there]
        elif self._query.total == "none":
            total = None
        elif self._counting is not None:
            total = await self._counting(found)
        if self._query.size == 0:
            return [], total
        rows = await self._ordered(found)
        if self._mark is not None:
            compare = _comparing(self._keys)
            last = (self._mark.rid, *self._mark.keys)
            rows = [row for row in rows if compare(row, last) > 0]
        return rows[: self._query.size + 1], total

    async def _ordered(self, found: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return resources with their keys, in order."""
        if not self._keys or not found:
            return [(rid,) for rid in found]
        bound = self._mark.bound if self._mark else None
        known = [key for key in self._keys if search_store.ordered_here(key)]
        of = await search_store.keys_of(self._connection, self._schema, found, known, bound=bound)
        codes = await self._codes(found)
        rows = []
        for rid in found:
            mine = iter(of[rid])
            keys = [
                next(mine) if search_store.ordered_here(key) else codes[key].get(rid)
                for key in self._keys
            ]
            rows.append((rid, *keys))
        return sorted(rows, key=cmp_to_key(_comparing(self._keys)))

    async def _codes(self, found: Sequence[int]) -> dict[Key, dict[int, str]]:
        """Return the codes that few resources are ordered by: the index knows no order of them.

        Raises:
            TooCostly: they are not few.
        """
        wanted = [key for key in self._keys if not search_store.ordered_here(key)]
        if not wanted:
            return {}
        if len(found) > CODED_MAX:
            raise _costly()
        of: dict[Key, dict[int, str]] = {key: {} for key in wanted}
        for row in await read_store.list_kept(self._connection, self._schema, found):
            resource = json_text.read(row.body)
            for value in index(resource, r4()):
                for key in wanted:
                    if parameter_number(row.type, value.parameter) in key.ps:
                        code = (value.code or "").casefold() if isinstance(value, Token) else ""
                        held = of[key].get(row.rid)
                        pick = max if key.descending else min
                        if code:
                            of[key][row.rid] = code if held is None else pick(held, code)
        return of

    async def big(self, search: Driven) -> tuple[list[tuple[Any, ...]], int | None]:
        """Return the same where the smallest set is big."""
        mark, query = self._mark, self._query
        total = mark.total if mark else None
        if mark is None and query.total != "none":
            counted = self._counting is None or await self._counting(None) is not None
            if counted:
                total = await search_store.count(self._connection, self._schema, search)
        if query.size == 0 or total == 0:
            return [], total
        self._check_order()
        after = After(mark.keys, mark.rid, mark.bound) if mark else None
        where, limit = (self._connection, self._schema, search), query.size + 1
        if len(self._keys) == 1:
            (key,) = self._keys
            rows = await walked(*where, key, types=query.types, after=after, limit=limit)
            if rows is not None:
                return rows, total
        return await search_store.page(*where, self._keys, after=after, limit=limit), total

    def _check_order(self) -> None:
        for key in self._keys:
            if not search_store.ordered_here(key):
                raise _costly()


def _costly() -> TooCostly:
    return TooCostly(
        where="_sort",
        why=f"by a code no more than {CODED_MAX} resources are put into order",
        why_zh=f"按代码排序时最多 {CODED_MAX} 个资源",
    )


def _key(types: Sequence[str], sort: Sort) -> Key:
    code = sort.parameter.code
    kind = code if code in ("_id", "_lastUpdated") else sort.parameter.type
    return Key(kind, tuple(parameter_number(one, code) for one in types), sort.descending)


def _comparing(keys: Sequence[Key]) -> Any:  # noqa: ANN401 - compares rows of any columns
    """Return what compares rows, the ``rid`` first: by their keys, then by ``rid``.

    What has no value comes last, whichever the order.
    """
    down = [key.descending for key in keys]

    def compare(one: tuple[Any, ...], two: tuple[Any, ...]) -> int:
        for descending, a, b in zip(down, one[1:], two[1:], strict=True):
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (1 if a > b else -1) * (-1 if descending else 1)
        return int(one[0] > two[0]) - int(one[0] < two[0])

    return compare
