"""A ViewDefinition, read: what it selects, as compiled FHIRPath, and which columns it has.

Source:
    SQL on FHIR v2, StructureDefinition ViewDefinition and its notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.fhirpath import Compiled, FhirPathError, Node, model_of
from lianyi.formats.fhir.fhirpath.model import Model
from lianyi.formats.fhir.fhirpath.nodes import Items
from lianyi.formats.fhir.fhirpath.syntax import Expression, Variable, children

DEPTH_MAX: Final = 12
COLUMNS_MAX: Final = 500
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)
ROW_INDEX: Final = "rowIndex"
_GIVEN: Final = frozenset(
    {"context", "resource", "rootResource", "ucum", "sct", "loinc", ROW_INDEX}
)
_DEFINES: Final = "defineVariable"

Over = Literal["", "forEach", "forEachOrNull", "repeat"]


class UnusableView(LianyiError):
    """A ViewDefinition cannot be used."""

    code = "LY-2365"
    category = Category.INVALID
    en = Told(
        "cannot use this view definition",
        "{why}",
        "correct it; docs/guides/views.md says what it may hold",
    )
    zh = Told("无法使用该视图定义", "{why_zh}", "更正定义；写法见 docs/guides/views.zh.md")


class Column(NamedTuple):
    """A column.

    Attributes:
        name: of it.
        type: FHIR type that it is said to have; empty: none is said.
        collection: whether it holds lists.
    """

    name: str
    type: str
    collection: bool


@dataclass(frozen=True, slots=True)
class Select:
    """A part of a view that gives rows, and what it is made of.

    Attributes:
        over: how it goes over the elements at hand.
        paths: to the elements; several only of ``repeat``.
        values: columns of its own with their expressions.
        selects: whose rows are joined to its own.
        union: whose rows stand one below the other; empty: there is none.
        columns: of all that, in order.
    """

    over: Over
    paths: tuple[Compiled, ...]
    values: tuple[tuple[Column, Compiled], ...]
    selects: tuple[Select, ...]
    union: tuple[Select, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A ViewDefinition.

    Attributes:
        name: of it; may be empty.
        resource: type of the resources that it is made of.
        select: all that it selects, as one.
        where: expressions that must hold of a resource.
        constants: by name.
        model: the types of FHIR.
    """

    name: str
    resource: str
    select: Select
    where: tuple[Compiled, ...]
    constants: Mapping[str, Items]
    model: Model

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns in order."""
        return self.select.columns


def read(said: Mapping[str, Any], definitions: Definitions, *, where: str = "view") -> View:
    """Read a ViewDefinition.

    Args:
        said: its JSON.
        definitions: of FHIR.
        where: what it is called in errors: its file.

    Raises:
        UnusableView: it is not one, or an expression in it is broken.
    """
    return _Reader(said, definitions, where).view()


class _Reader:
    def __init__(self, said: Mapping[str, Any], definitions: Definitions, where: str) -> None:
        self._said = said
        self._definitions = definitions
        self._where = where
        self._model = model_of(definitions)
        self._constants: dict[str, Items] = {}

    def view(self) -> View:
        type_, name = self._said.get("resource"), self._said.get("name", "")
        if not isinstance(type_, str) or not self._definitions.is_resource_type(type_):
            raise self._unusable("resource", "it names no type of FHIR R4", "不是 FHIR R4 资源类型")
        if not isinstance(name, str) or (name and not NAME.fullmatch(name)):
            raise self._unusable("name", "it is no name", "名称不合规则")
        self._read_constants()
        selects = self._selects(self._said, "select", "", 0)
        if not selects:
            raise self._unusable("select", "nothing is selected", "没有选取任何内容")
        where = []
        for number, one in enumerate(self._list(self._said, "where", "")):
            at = f"where[{number}]"
            where.append(self._path(one.get("path"), f"{at}.path"))
        select = self._made(Select("", (), (), selects, (), ()), "select")
        return View(name, type_, select, tuple(where), self._constants, self._model)

    def _read_constants(self) -> None:
        for number, one in enumerate(self._list(self._said, "constant", "")):
            at, name = f"constant[{number}]", one.get("name")
            keys = [key for key in one if key.startswith("value")]
            if not isinstance(name, str) or not NAME.fullmatch(name) or name in _GIVEN:
                raise self._unusable(f"{at}.name", "it is no name of one's own", "名称不合规则")
            if len(keys) != 1 or name in self._constants:
                raise self._unusable(at, "it has not one value, or comes twice", "取值不唯一或重复")
            value, kind = one[keys[0]], self._model.find_kind(_type_of(keys[0], self._definitions))
            if kind is None or not isinstance(value, (str, bool, int, Decimal)):
                raise self._unusable(f"{at}.{keys[0]}", "it is no primitive", "不是基本类型")
            self._constants[name] = [Node(value, kind)]

    def _selects(
        self, said: Mapping[str, Any], name: str, at: str, depth: int
    ) -> tuple[Select, ...]:
        if depth > DEPTH_MAX:
            raise self._unusable(at, f"it is deeper than {DEPTH_MAX}", f"嵌套超过 {DEPTH_MAX} 层")
        return tuple(
            self._select(one, f"{at}{name}[{number}]", depth)
            for number, one in enumerate(self._list(said, name, at))
        )

    def _select(self, said: Mapping[str, Any], at: str, depth: int) -> Select:
        over, paths = self._over(said, at)
        values = tuple(
            self._column(one, f"{at}.column[{number}]")
            for number, one in enumerate(self._list(said, "column", f"{at}."))
        )
        selects = self._selects(said, "select", f"{at}.", depth + 1)
        union = self._selects(said, "unionAll", f"{at}.", depth + 1)
        if union and any(one.columns != union[0].columns for one in union):
            raise self._unusable(
                f"{at}.unionAll", "its parts have not the same columns in the same order",
                "各部分的列名、类型或次序不一致",
            )  # fmt: skip
        if not values and not selects and not union:
            raise self._unusable(at, "it has no column", "没有列")
        return self._made(Select(over, paths, values, selects, union, ()), at)

    def _made(self, select: Select, at: str) -> Select:
        """Return a part with its columns: its own, those of its parts, those of the union."""
        columns = [column for column, _ in select.values]
        for inner in (*select.selects, *select.union[:1]):
            columns += inner.columns
        names = [column.name for column in columns]
        if len(set(names)) != len(names) or len(names) > COLUMNS_MAX:
            raise self._unusable(at, "a column comes twice, or they are too many", "列重名或过多")
        return Select(
            select.over, select.paths, select.values, select.selects, select.union, tuple(columns)
        )

    def _over(self, said: Mapping[str, Any], at: str) -> tuple[Over, tuple[Compiled, ...]]:
        given: list[Over] = [one for one in _OVERS if said.get(one) is not None]
        if not given:
            return "", ()
        if len(given) > 1:
            raise self._unusable(at, "forEach, forEachOrNull and repeat exclude each other", "互斥")
        (over,) = given
        paths = said[over] if over == "repeat" else [said[over]]
        if not isinstance(paths, list) or not paths:
            raise self._unusable(f"{at}.repeat", "it is no list of paths", "不是路径列表")
        return over, tuple(self._path(path, f"{at}.{over}") for path in paths)

    def _column(self, said: Mapping[str, Any], at: str) -> tuple[Column, Compiled]:
        name, type_, collection = said.get("name"), said.get("type", ""), said.get("collection")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise self._unusable(f"{at}.name", "it is no name of a column", "列名不合规则")
        if not isinstance(type_, str) or collection not in (None, True, False):
            raise self._unusable(at, "type or collection is malformed", "type 或 collection 有误")
        column = Column(name, type_.rpartition("/")[2], bool(collection))
        return column, self._path(said.get("path"), f"{at}.path")

    def _path(self, path: object, at: str) -> Compiled:
        if not isinstance(path, str) or not path.strip():
            raise self._unusable(at, "it is no expression", "不是表达式")
        try:
            tree = fhirpath.parse(path)
            compiled = fhirpath.compile(path, self._definitions)
        except FhirPathError as error:
            why, why_zh = error.told("en").why, error.told("zh").why
            raise self._unusable(
                at, f"at its {error.where}: {why}", f"{error.where} 处：{why_zh}"
            ) from error
        known = {*_GIVEN, *self._constants}
        for name in _variables(tree):
            if name not in known and not name.startswith(("vs-", "ext-")) and _DEFINES not in path:
                raise self._unusable(at, f"there is no constant '{name}'", f"没有常量“{name}”")
        return compiled

    def _list(self, said: Mapping[str, Any], name: str, at: str) -> Sequence[Mapping[str, Any]]:
        found = said.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            raise self._unusable(f"{at}{name}", "it is no list of objects", "不是对象列表")
        return found

    def _unusable(self, at: str, why: str, why_zh: str) -> UnusableView:
        return UnusableView(where=f"{self._where} {at}", why=why, why_zh=why_zh)


_OVERS: Final[tuple[Over, ...]] = ("forEach", "forEachOrNull", "repeat")


def _type_of(key: str, definitions: Definitions) -> str:
    """Return the FHIR type that ``valueString`` and its like name: ``string``, ``dateTime``."""
    name = key.removeprefix("value")
    lowered = name[:1].lower() + name[1:]
    return lowered if definitions.find_structure(lowered) else name


def _variables(node: Expression) -> Iterator[str]:
    if isinstance(node, Variable):
        yield node.name
    for part in children(node):
        yield from _variables(part)
