"""The rows that a view makes of a resource.

Source:
    SQL on FHIR v2, "Processing Algorithm".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from typing import Any, Final

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.formats.fhir.fhirpath import Compiled, Node, World
from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, node, system
from lianyi.formats.fhir.flattening.definition import ROW_INDEX, Column, Select, View

Row = dict[str, Any]
ROWS_MAX: Final = 100_000
"""So many rows does a view make of one resource at most."""
REPEAT_DEPTH_MAX: Final = 100


class NotOneValue(LianyiError):
    """A view does not fit what a resource says."""

    code = "LY-2366"
    category = Category.INVALID
    en = Told(
        "the view does not fit a resource",
        "{why}",
        "say 'collection' of the column, take first(), or narrow the path",
    )
    zh = Told(
        "视图与资源内容不符", "{why_zh}", "将该列设为 collection，用 first() 选取，或缩小路径范围"
    )


def rows(view: View, resource: Mapping[str, Json], *, world: World | None = None) -> list[Row]:
    """Return the rows that a view makes of a resource; none of one of another type.

    Args:
        view: that is run.
        resource: its JSON, decimals as ``Decimal``.
        world: whom to ask for what is not in the resource.

    Returns:
        By column: JSON values; dates and times as text; None: there is no value.

    Raises:
        NotOneValue: a column has several values, a condition is neither true nor false, or the
            rows are too many.
        FhirPathError: an expression fails on what the resource says.
    """
    if resource.get("resourceType") != view.resource:
        return []
    run = _Run(view, resource, world or World())
    return list(run.rows()) if run.is_wanted() else []


class _Run:
    def __init__(self, view: View, resource: Mapping[str, Json], world: World) -> None:
        self._view = view
        self._world = world
        self._root = node(dict(resource), view.model)
        whole: Items = [self._root]
        self._variables = {**view.constants, "resource": whole, "rootResource": whole}

    def is_wanted(self) -> bool:
        for condition in self._view.where:
            found = [system(one) for one in self._evaluate(condition, self._root, 0)]
            if len(found) > 1 or any(not isinstance(one, bool) for one in found):
                raise NotOneValue(
                    where=f"where {condition.expression[:80]}",
                    why="a condition is neither true nor false",
                    why_zh="条件的结果不是布尔值",
                )
            if found != [True]:
                return False
        return True

    def rows(self) -> Iterator[Row]:
        for number, row in enumerate(self._rows(self._view.select, self._root, 0)):
            if number >= ROWS_MAX:
                raise NotOneValue(
                    where=self._view.name or "view",
                    why=f"it makes more than {ROWS_MAX} rows of one resource",
                    why_zh=f"单个资源产生的行数超过 {ROWS_MAX}",
                )
            yield row

    def _rows(self, select: Select, focus: Item | None, index: int) -> Iterator[Row]:
        for place, item in self._over(select, focus, index):
            parts: list[list[Row]] = [[self._row(select, item, place)]]
            parts += [list(self._rows(inner, item, place)) for inner in select.selects]
            if select.union:
                parts.append(
                    [row for inner in select.union for row in self._rows(inner, item, place)]
                )
            for joined in product(*parts):
                yield {name: value for part in joined for name, value in part.items()}

    def _over(
        self, select: Select, focus: Item | None, index: int
    ) -> Iterator[tuple[int, Item | None]]:
        """Give the elements that a part goes over, each with its place among them."""
        if select.over == "":
            yield index, focus
        elif select.over == "repeat":
            yield from enumerate(self._repeated(select.paths, focus, index, 0))
        else:
            found = self._evaluate(select.paths[0], focus, index)
            yield from enumerate(found)
            if not found and select.over == "forEachOrNull":
                yield 0, None

    def _repeated(
        self, paths: tuple[Compiled, ...], focus: Item | None, index: int, depth: int
    ) -> Iterator[Item]:
        if depth > REPEAT_DEPTH_MAX:
            return
        for path in paths:
            for item in self._evaluate(path, focus, index):
                yield item
                yield from self._repeated(paths, item, index, depth + 1)

    def _row(self, select: Select, item: Item | None, index: int) -> Row:
        return {
            column.name: _value(column, self._evaluate(path, item, index))
            for column, path in select.values
        }

    def _evaluate(self, path: Compiled, item: Item | None, index: int) -> Items:
        variables: dict[str, Items] = {**self._variables, ROW_INDEX: [index]}
        context: Items = [] if item is None else [item]
        return path.on(context, world=self._world, variables=variables)


def _value(column: Column, found: Items) -> Any:  # noqa: ANN401 - JSON of any kind
    values = [value for one in found if (value := _plain(one)) is not None]
    if column.collection:
        return values
    if len(values) > 1:
        raise NotOneValue(
            where=f"column {column.name}",
            why=f"it has {len(values)} values",
            why_zh=f"该列有 {len(values)} 个值",
        )
    return values[0] if values else None


def _plain(item: Item) -> Json:
    """Return JSON: of an element what it is in the resource, of a date its text."""
    if isinstance(item, Node):
        return item.value
    return item if isinstance(item, (bool, int, str, Decimal)) else str(item)
