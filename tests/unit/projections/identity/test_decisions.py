"""What people decide about the index, read back from the log."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import ValidationError
from tests.unit.projections.identity.feeding import logged

from lianyi.projections.identity import decisions
from lianyi.projections.identity.views import UndoRequest


def reason_of(kind: str, **said: Any) -> str:
    found = decisions.read(logged(f"act identity.{kind}", orjson.dumps(said)))
    assert isinstance(found, decisions.Decided | decisions.Undone)
    return found.reason


def test_a_reason_that_no_table_could_hold_is_kept_as_far_as_it_is_text() -> None:
    pair = [["A", "1"], ["B", "1"]]
    assert reason_of("linked", said="link", pairs=[pair], reason="同\x00人") == "同\ufffd人"
    assert reason_of("replacement_undone", gone=["A", "1"], reason="\x00") == "\ufffd"


def test_no_reason_with_a_nul_is_taken_at_the_door() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        UndoRequest.model_validate({"source": "A", "mrn": "1", "reason": "同\x00人"})
