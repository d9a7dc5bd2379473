"""The demo puts its years before into the folder that a channel watches, once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lianyi.base import rows
from lianyi.simulate import demo
from lianyi.simulate.catalogue import DIAGNOSES
from lianyi.simulate.errors import SystemDied
from lianyi.simulate.history.dictionaries import departments
from lianyi.simulate.history.names import code_system

NOW = datetime(2026, 2, 28, 18, tzinfo=UTC)  # the first of March there


async def test_the_demo_tells_the_years_until_last_month_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "HISTORY_ENCOUNTERS", 1000)

    await demo.tell_history(tmp_path, NOW)

    made = sorted(tmp_path.iterdir())
    assert {path.suffix for path in made} == {".jsonl"}
    headers = [rows.read(path.read_bytes())[0] for path in made]
    assert sum(header.load is not None and header.load.ended for header in headers) == 20
    wards = next(path for path in made if path.stem.endswith("BQ_RBXX"))
    days = [row[2] for row in rows.read(wards.read_bytes())[1]]
    assert max(day for day in days if day) == "2026-02-28"

    for path in made[1:]:
        path.unlink()
    await demo.tell_history(tmp_path, NOW)
    assert list(tmp_path.iterdir()) == made[:1]


async def test_a_history_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "HISTORY_ENCOUNTERS", 1)
    with pytest.raises(SystemDied, match="LY-1703"):
        await demo.tell_history(tmp_path, NOW)


def test_each_diagnosis_of_the_history_has_a_name_and_one_only() -> None:
    told = [(one["code"], one["display"]) for one in code_system()["concept"]]
    named = dict(told)
    assert len(named) == len(told)
    assert all(named.values())
    assert {code for one in departments() for code in one.diagnoses} <= set(named)
    in_messages = {code: name for code, name in DIAGNOSES if code in named}
    assert in_messages == {code: named[code] for code in in_messages}
