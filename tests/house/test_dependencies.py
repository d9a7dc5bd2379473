"""What the product imports is what ``pyproject.toml`` says, and both locks hold it."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import SourceFile


def plain(name: str) -> str:
    """A distribution's name as it is compared (PEP 503), without version and extras."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[]", name)[0]).lower()


def held(lock: Path) -> set[str]:
    """Return the packages that a lock holds with their digests."""
    text = lock.read_text(encoding="utf-8")
    return {plain(name) for name in re.findall(r"^([\w.-]+)==[^\n]+\\\n +--hash=", text, re.M)}


@pytest.fixture(scope="module")
def said(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def declared(said: dict[str, Any]) -> set[str]:
    return {plain(line) for line in said["project"]["dependencies"]}


@pytest.fixture(scope="module")
def optional(said: dict[str, Any]) -> set[str]:
    """What a hospital installs besides when a setting asks for it."""
    return {plain(line) for line in said["dependency-groups"]["spark"]} | {"py4j"}


def test_every_import_is_a_declared_dependency(
    files: list[SourceFile], declared: set[str], optional: set[str]
) -> None:
    distributions = packages_distributions()
    strangers = {
        f"{file.path}: {name}"
        for file in files
        for name in {found.split(".")[0] for found in file.imports()}
        if name not in {*sys.stdlib_module_names, "lianyi"}
        and not (declared | optional) & {plain(found) for found in distributions.get(name, [])}
        | ({name} & optional)
    }
    assert sorted(strangers) == []


@pytest.mark.parametrize("lock", ["dev.lock", "runtime.lock"])
def test_the_lock_holds_every_dependency_with_its_digest(
    root: Path, declared: set[str], lock: str
) -> None:
    assert sorted(declared - held(root / "requirements" / lock)) == []


def test_the_lock_of_spark_holds_what_it_needs_and_no_other_one_does(
    root: Path, optional: set[str]
) -> None:
    assert held(root / "requirements/spark.lock") == optional
    assert not optional & held(root / "requirements/runtime.lock")
