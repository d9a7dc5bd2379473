"""Codes of messages as codes of the star: the tables of ``codes.yaml`` and the hospital's own.

What no table knows is not said: a row then holds nothing, and never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml

from lianyi.base.plain_yaml import plain_yaml
from lianyi.projections.operational.problems import UnusableCodes
from lianyi.projections.operational.star import star

SITE_FILE: Final = Path("operational") / "hl7v2.yaml"
"""Below the content folder."""

_COLUMNS: Final = {
    "class": ("encounter", "class"),
    "sex": ("encounter", "sex"),
    "payer": ("encounter", "payer"),
    "from_where": ("encounter", "from_where"),
    "disposition": ("encounter", "disposition"),
    "order_section": ("order", "category"),
    "order_service": ("order", "category"),
    "result_section": ("result", "category"),
    "result_service": ("result", "category"),
    "charge_item": ("charge", "category"),
}
"""Of which column each table tells the values."""
_CHOICES: Final = {
    "urgent": frozenset({"yes", "no"}),
    "theatre": frozenset({"yes", "no"}),
    "surgical_role": frozenset({"surgeon", "assistant", "anaesthetist"}),
}

Tables = Mapping[str, Mapping[str, str]]


class Codes:
    """What codes mean."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of(self, table: str, *said: str) -> str | None:
        """Return what the first of some codes means that a table knows; None: none of them."""
        known = self._tables[table]
        return next((known[one] for one in said if one in known), None)

    def flag(self, table: str, *said: str) -> bool | None:
        """Return whether some codes say yes; None: they say neither."""
        found = self.of(table, *said)
        return None if found is None else found == "yes"

    def department(self, said: str) -> str | None:
        """Return the code in the master data of what a message calls a department."""
        return self._tables["department"].get(said, said) or None


@cache
def shipped() -> Tables:
    """Return the tables that the platform brings."""
    found: Tables = plain_yaml(files(__package__).joinpath("codes.yaml").read_text("utf-8"))
    return found


def read_codes(content_dir: Path | None = None) -> Codes:
    """Return the tables of the platform with those of the hospital over them.

    Args:
        content_dir: may hold :data:`SITE_FILE`; None: there is none.

    Raises:
        UnusableCodes: the hospital's file cannot be read, or says what nothing can be.
    """
    tables = {name: dict(known) for name, known in shipped().items()}
    file = content_dir / SITE_FILE if content_dir else None
    if file is not None and file.is_file():
        for name, known in _own(file, set(tables)).items():
            tables[name] |= known
    return Codes(tables)


def _own(file: Path, names: set[str]) -> dict[str, dict[str, str]]:
    try:
        said = plain_yaml(file.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unusable(file, type(error).__name__, "文件不是可读的 YAML") from error
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        raise _unusable(file, "it is no mapping of tables", "文件应为“表名: {代码: 含义}”")
    found: dict[str, dict[str, str]] = {}
    for name, known in said.items():
        if name not in names:
            shown = ", ".join(sorted(names))
            raise _unusable(
                file, f"no table {name}: there are {shown}", f"没有表 {name}；有 {shown}"
            )
        found[name] = {str(code): str(meaning) for code, meaning in known.items()}
        allowed = _allowed(name)
        for code, meaning in found[name].items():
            if allowed is not None and meaning not in allowed:
                shown = ", ".join(sorted(allowed))
                raise _unusable(
                    file,
                    f"{name}: {code} cannot be {meaning}, only one of {shown}",
                    f"{name}：{code} 不能是 {meaning}，只能是 {shown}",
                )
    return found


def _allowed(table: str) -> frozenset[str] | None:
    if table in _COLUMNS:
        fact, column = _COLUMNS[table]
        return frozenset(star()[fact].columns[column].values)
    return _CHOICES.get(table)


def _unusable(file: Path, why: str, why_zh: str) -> UnusableCodes:
    return UnusableCodes(where=str(file), why=why, why_zh=why_zh)
