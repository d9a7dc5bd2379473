"""A question in GraphQL, read: its fragments put in, its variables filled in. Pure.

What is left is a tree of fields, each with the texts of its arguments; how long, deep and wide it
may be is judged here, before anything is looked up. Only one operation is done, and only a query.

Source:
    GraphQL Specification, October 2021, section 2 (Language), 3.13 (Directives), 6.1 (Executing
    Requests); HL7 FHIR R4, 3.1.7 GraphQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from graphql import GraphQLSyntaxError, parse
from graphql.language import ast

from lianyi.projections.clinical.graph.problems import too_big, unreadable

TEXT_MAX: Final = 20_000
TOKENS_MAX: Final = 5_000
DEPTH_MAX: Final = 20
FIELDS_MAX: Final = 1_000
"""So many fields, every use of a fragment counted."""
_ALWAYS: Final = frozenset({"skip", "include"})

Texts = tuple[str, ...]


class Field(NamedTuple):
    """A field that is asked for.

    Attributes:
        name: of it.
        alias: under which it is answered.
        arguments: by name, each with one text or those of a list.
        directives: by name, each with its arguments; without ``skip`` and ``include``.
        inside: what is asked for of it; empty: it is a value.
    """

    name: str
    alias: str
    arguments: Mapping[str, Texts]
    directives: Mapping[str, Mapping[str, Texts]]
    inside: tuple[Field | On, ...]


class On(NamedTuple):
    """What is asked for of values of one type only; the type is empty where it is of any."""

    type: str
    inside: tuple[Field | On, ...]


Selection = Field | On


def read(
    text: str, variables: Mapping[str, Any] | None = None, operation: str = ""
) -> tuple[Selection, ...]:
    """Return what a question asks for.

    Args:
        text: the document.
        variables: their values, as JSON.
        operation: which one of the document; empty: its only one.

    Raises:
        UnreadableQuery: it is no GraphQL, no query, or a variable does not fit.
        QueryTooBig: it is longer, deeper or wider than it may be.
    """
    if len(text) > TEXT_MAX:
        raise too_big("characters", "字符数", TEXT_MAX)
    try:
        document = parse(text, no_location=True, max_tokens=TOKENS_MAX)
    except GraphQLSyntaxError as error:
        at = error.locations[0] if error.locations else None
        where = f"query, line {at.line}, column {at.column}" if at else "query"
        raise unreadable(where, "it is no GraphQL", "不符合 GraphQL 语法") from error
    except RecursionError as error:
        raise too_big("levels", "层数", DEPTH_MAX) from error
    return _Reader(document, variables or {}, operation).selections()


class _Reader:
    """Reads one operation of a document."""

    def __init__(
        self, document: ast.DocumentNode, given: Mapping[str, Any], operation: str
    ) -> None:
        self._fragments: dict[str, ast.FragmentDefinitionNode] = {}
        operations: list[ast.OperationDefinitionNode] = []
        for one in document.definitions:
            if isinstance(one, ast.FragmentDefinitionNode):
                self._fragments[one.name.value] = one
            elif isinstance(one, ast.OperationDefinitionNode):
                operations.append(one)
            else:
                raise unreadable("query", "it defines a type", "不支持类型定义")
        self._operation = _chosen(operations, operation)
        self._variables = dict(_variables(self._operation, given))
        self._fields = 0

    def selections(self) -> tuple[Selection, ...]:
        """Return what is asked for."""
        return self._inside(self._operation.selection_set, 1, ())

    def _inside(
        self, selected: ast.SelectionSetNode | None, depth: int, within: Texts
    ) -> tuple[Selection, ...]:
        if selected is None:
            return ()
        if depth > DEPTH_MAX:
            raise too_big("levels", "层数", DEPTH_MAX)
        return tuple(self._selections(selected, depth, within))

    def _selections(
        self, selected: ast.SelectionSetNode, depth: int, within: Texts
    ) -> Iterator[Selection]:
        for one in selected.selections:
            directives = self._directives(one)
            if self._is_left_out(directives):
                continue
            if isinstance(one, ast.FieldNode):
                yield self._field(one, directives, depth, within)
            elif isinstance(one, ast.InlineFragmentNode):
                named = one.type_condition.name.value if one.type_condition else ""
                yield On(named, self._inside(one.selection_set, depth + 1, within))
            elif isinstance(one, ast.FragmentSpreadNode):
                yield self._spread(one.name.value, depth, within)

    def _field(
        self,
        one: ast.FieldNode,
        directives: Mapping[str, Mapping[str, Texts]],
        depth: int,
        within: Texts,
    ) -> Field:
        self._fields += 1
        if self._fields > FIELDS_MAX:
            raise too_big("fields", "字段数", FIELDS_MAX)
        return Field(
            one.name.value,
            one.alias.value if one.alias else one.name.value,
            self._arguments(one.arguments),
            {name: said for name, said in directives.items() if name not in _ALWAYS},
            self._inside(one.selection_set, depth + 1, within),
        )

    def _spread(self, name: str, depth: int, within: Texts) -> On:
        fragment = self._fragments.get(name)
        if fragment is None:
            raise unreadable(f"...{name}", "there is no such fragment", "没有该片段")
        if name in within:
            raise unreadable(f"...{name}", "the fragment holds itself", "片段引用了自身")
        inside = self._inside(fragment.selection_set, depth + 1, (*within, name))
        return On(fragment.type_condition.name.value, inside)

    def _directives(self, one: ast.SelectionNode) -> dict[str, Mapping[str, Texts]]:
        return {said.name.value: self._arguments(said.arguments) for said in one.directives or ()}

    @staticmethod
    def _is_left_out(directives: Mapping[str, Mapping[str, Texts]]) -> bool:
        skipped = directives.get("skip", {}).get("if", ()) == ("true",)
        included = directives.get("include", {"if": ("true",)}).get("if", ()) == ("true",)
        return skipped or not included

    def _arguments(
        self, arguments: Sequence[ast.ArgumentNode | ast.ConstArgumentNode] | None
    ) -> dict[str, Texts]:
        found = ((one.name.value, self._texts(one.value)) for one in arguments or ())
        return {name: texts for name, texts in found if texts}

    def _texts(self, value: ast.ValueNode) -> Texts:
        if isinstance(value, ast.VariableNode):
            name = value.name.value
            if name not in self._variables:
                raise unreadable(f"${name}", "no such variable is declared", "未声明该变量")
            return self._variables[name]
        return _texts_of(value)


def _chosen(
    operations: Sequence[ast.OperationDefinitionNode], name: str
) -> ast.OperationDefinitionNode:
    named = [one for one in operations if not name or (one.name and one.name.value == name)]
    if len(named) != 1:
        raise unreadable(
            "operationName",
            "it does not say which one operation is to be done",
            "未指明要执行的唯一操作",
        )
    if named[0].operation is not ast.OperationType.QUERY:
        raise unreadable("query", "only queries are done, nothing is changed", "只支持查询")
    return named[0]


def _variables(
    operation: ast.OperationDefinitionNode, given: Mapping[str, Any]
) -> Iterator[tuple[str, Texts]]:
    """Give the variables that an operation declares, with their texts."""
    for one in operation.variable_definitions or ():
        name = one.variable.name.value
        if given.get(name) is not None:
            yield name, _texts_of_json(given[name], name)
        elif one.default_value is not None:
            yield name, _texts_of(one.default_value)
        elif isinstance(one.type, ast.NonNullTypeNode):
            raise unreadable(f"${name}", "the variable has no value", "变量没有值")
        else:
            yield name, ()


def _texts_of(value: ast.ValueNode) -> Texts:
    if isinstance(value, ast.ListValueNode):
        return tuple(text for one in value.values for text in _texts_of(one))
    if isinstance(value, ast.NullValueNode):
        return ()
    if isinstance(value, ast.BooleanValueNode):
        return ("true" if value.value else "false",)
    if isinstance(
        value, (ast.StringValueNode, ast.IntValueNode, ast.FloatValueNode, ast.EnumValueNode)
    ):
        return (value.value,)
    raise unreadable("query", "an argument is an object", "参数不得为对象")


def _texts_of_json(value: object, name: str) -> Texts:
    if isinstance(value, list):
        return tuple(text for one in value for text in _texts_of_json(one, name))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str):
        return (value,)
    if value is None or isinstance(value, dict):
        raise unreadable(f"${name}", "its value is an object or null", "变量值不得为对象或 null")
    return (str(value),)
