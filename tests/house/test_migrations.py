"""Migrations stand in one number line and say what a night-shift needs to know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "lianyi"
MIGRATIONS = sorted(SOURCE.rglob("migrations/*.sql"), key=lambda path: path.name)


def test_all_migrations_share_one_number_line_without_holes() -> None:
    numbers = [path.name[:4] for path in MIGRATIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_opens_with_its_four_lines_and_a_lock_limit(path: Path) -> None:
    name = re.fullmatch(r"(\d{4})_(expand|contract)_[a-z0-9_]+\.sql", path.name)
    assert name, "NNNN_expand_what.sql or NNNN_contract_what.sql"
    # A comment may go on over several lines; a line of the four begins with its word.
    head = re.split(r"\n(?!--)", path.read_text(encoding="utf-8"), maxsplit=1)[0]
    marks = [f"-- {name[1]} {name[2]}: ", "-- Why: ", "-- Old release keeps working: ", "-- Undo: "]
    starts = [head.find(mark) for mark in marks]
    assert starts[0] == 0
    assert -1 not in starts
    assert starts == sorted(starts)
    assert re.search(r"^SET LOCAL lock_timeout = '\d+s';$", path.read_text(encoding="utf-8"), re.M)
