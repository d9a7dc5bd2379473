"""Each kind of code has its room, and each room says what it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import SourceFile

SQL = re.compile(
    r"\s*(--.*\n\s*)*(SELECT\s|INSERT INTO\s|UPDATE\s[\w.]+\s+(AS\s+\w+\s+)?SET\s|DELETE FROM\s"
    r"|TRUNCATE\s|WITH\s(RECURSIVE\s)?\w+\s*(\([\w, ]+\)\s*)?AS\s*(MATERIALIZED\s*)?\("
    r"|CREATE\s(TABLE|SCHEMA|INDEX|UNIQUE|ROLE|DATABASE|UNLOGGED|SEQUENCE)\s"
    r"|(ALTER|DROP)\s(TABLE|SCHEMA|SYSTEM|ROLE)\s|COPY\s|LOCK TABLE\s|SET\s(LOCAL|SESSION)\s"
    r"|LISTEN\s|NOTIFY\s|CHECKPOINT$)"
)
"""What a statement begins with. We write SQL words in capitals, prose never."""


def is_a_room_for_sql(path: Path) -> bool:
    """Stores, the log's own files, and the ground under the database."""
    if path.parts[0] == "base":
        return path.parts[1] in {"migrations.py", "database.py", "embedded", "database"}
    return bool(
        path.name in {"store.py", "read_store.py"}
        or path.name.endswith("_store.py")
        or (path.parts[0] == "messagelog" and re.match(r"(postgres|archive)", path.name))
    )


def is_a_door(path: Path) -> bool:
    return path.parts[0] == "api" or path.name == "endpoints.py"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "\n    INSERT INTO channels.receipt VALUES ($1)",
        "UPDATE channels.exception SET state = $1",
        "WITH moved AS (DELETE FROM a RETURNING *) SELECT 1",
        "COPY messagelog.message FROM STDIN",
    ],
)
def test_a_statement_is_recognised(statement: str) -> None:
    assert SQL.match(statement)


@pytest.mark.parametrize("prose", ["selected", "with a limit", "Update the file", "copy it", ""])
def test_prose_is_not_taken_for_a_statement(prose: str) -> None:
    assert not SQL.match(prose)


def test_sql_stands_only_in_stores_and_in_the_log(files: list[SourceFile]) -> None:
    elsewhere = [
        f"{file.path}:{line}"
        for file in files
        if not is_a_room_for_sql(file.path)
        for line, text in file.texts()
        if SQL.match(text)
    ]
    assert elsewhere == []


def test_fastapi_stands_only_at_the_doors(files: list[SourceFile]) -> None:
    elsewhere = [
        str(file.path)
        for file in files
        if not is_a_door(file.path)
        and any(name.split(".")[0] in {"fastapi", "starlette"} for name in file.imports())
    ]
    assert elsewhere == []


def test_only_commands_speak_to_the_terminal(files: list[SourceFile]) -> None:
    elsewhere = [
        f"{file.path}:{node.lineno}"
        for file in files
        if file.floor != "cli" and file.path.name != "command.py"
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "click.echo"}
    ]
    assert elsewhere == []


def test_every_folder_opens_with_a_sentence(files: list[SourceFile]) -> None:
    told = {
        file.path.parent: ast.get_docstring(file.tree) or ""
        for file in files
        if file.path.name == "__init__.py"
    }
    silent = [
        str(folder)
        for folder in sorted({file.path.parent for file in files})
        if not re.match(r".{10,}?[.:](\s|$)", told.get(folder, ""), re.DOTALL)
    ]
    assert silent == []


def test_every_file_opens_with_a_docstring(files: list[SourceFile]) -> None:
    assert [str(file.path) for file in files if not ast.get_docstring(file.tree)] == []
