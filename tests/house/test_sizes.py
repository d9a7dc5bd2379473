"""A file past 500 lines or a function past 60 was looked at twice, and says why it is one idea."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import SourceFile

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60

REVIEWED: dict[str, str] = {
    "connectors/listening.py": "one connection's state: what it owes, reads and waits for",
    "channels/deliver.py": "what becomes of one message at one destination: a single machine",
    "channels/views.py": "every shape of the API, one after another: the contract with web/",
    "channels/read_store.py": "one short query after another, over the same tables",
}
"""``folder/file.py`` or ``folder/file.py:function`` to the reason why it stays whole."""


def too_long(files: list[SourceFile]) -> dict[str, int]:
    """Everything past its limit: name as in :data:`REVIEWED`, to its number of lines."""
    found = {
        file.path.as_posix(): lines
        for file in files
        if (lines := file.text.count("\n")) > FILE_LINES_MAX
    }
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines(node)
                if lines > FUNCTION_LINES_MAX:
                    found[f"{file.path.as_posix()}:{node.name}"] = lines
    return found


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines its docstring takes: explaining is never held against a function."""
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def test_what_is_long_has_a_reviewed_reason(files: list[SourceFile]) -> None:
    assert {name: n for name, n in too_long(files).items() if name not in REVIEWED} == {}


def test_no_reason_outlives_what_it_excused(files: list[SourceFile]) -> None:
    assert sorted(REVIEWED.keys() - too_long(files).keys()) == []
