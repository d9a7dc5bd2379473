"""What each indicator compiles to is reviewed: see ``compiled.sql`` beside this file."""

from __future__ import annotations

from tools.compiled_indicators import FILE, compiled


def test_every_indicator_compiles_to_what_was_reviewed() -> None:
    assert "".join(compiled()) == FILE.read_text(encoding="utf-8"), (
        "read the difference after python tools/compiled_indicators.py"
    )
