"""The house as its tests see it: every source file, parsed once."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import lianyi
from lianyi.base.errors import LianyiError, every_error

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "lianyi"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file of the product; ``path`` is relative to ``src/lianyi``."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def floor(self) -> str:
        """The folder (or module) of ``src/lianyi`` that it stands in."""
        return self.path.parts[0].removesuffix(".py")

    def imports(self) -> Iterator[str]:
        """Every module name that an import statement of this file mentions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module

    def texts(self) -> Iterator[tuple[int, str]]:
        """Every string literal that is not a docstring, with its line."""
        told = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in told
            ):
                yield node.lineno, node.value


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[SourceFile]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(SourceFile(path.relative_to(SOURCE), text, ast.parse(text)))
    assert found
    return found


@pytest.fixture(scope="session")
def errors() -> list[type[LianyiError]]:
    for module in pkgutil.walk_packages(lianyi.__path__, "lianyi."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [kind for kind in every_error() if kind.__module__.startswith("lianyi.")]
