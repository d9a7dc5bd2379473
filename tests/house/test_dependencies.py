"""What the product imports is what ``pyproject.toml`` says, and both locks hold it."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import SourceFile


def plain(name: str) -> str:
    """A distribution's name as it is compared (PEP 503), without version and extras."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", name)[0]).lower()


@pytest.fixture(scope="module")
def declared(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {plain(line) for line in project["dependencies"]}


def test_every_import_is_a_declared_dependency(files: list[SourceFile], declared: set[str]) -> None:
    distributions = packages_distributions()
    strangers = {
        f"{file.path}: {name}"
        for file in files
        for name in {found.split(".")[0] for found in file.imports()}
        if name not in {*sys.stdlib_module_names, "lianyi"}
        and not declared & {plain(found) for found in distributions.get(name, [])}
    }
    assert sorted(strangers) == []


@pytest.mark.parametrize("lock", ["dev.lock", "runtime.lock"])
def test_the_lock_holds_every_dependency_with_its_digest(
    root: Path, declared: set[str], lock: str
) -> None:
    text = (root / "requirements" / lock).read_text(encoding="utf-8")
    held = {plain(name) for name in re.findall(r"^([\w.-]+)==[^\n]+\\\n +--hash=", text, re.M)}
    assert sorted(declared - held) == []
