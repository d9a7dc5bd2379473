"""After a start the first figures are made ready behind everything else, where there are any."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.applications.indicators.publishing.star_house import publishing_house, put, stay

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.warming import warm


async def test_what_is_ready_is_counted_no_more_and_nothing_is_held_without_rows(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing_house(database, tmp_path) as (house, callers):
        state = house.app.state
        indicators: IndicatorService = state.indicators
        star = house.data_dir / "star"
        await warm(indicators, state.scoring, star, after=0)
        assert not indicators.ground.counter.is_open, "there is nothing to count yet"

        put(house.data_dir, [stay(n, f"2026-06-{n:02}", died=n == 1) for n in range(1, 4)])
        before = len(await house.acts())
        await warm(indicators, state.scoring, star, after=0)
        assert indicators.ground.counter.is_open
        assert len(await house.acts()) == before, "nobody looked at anything"

        async def asked(*_: object, **__: object) -> None:
            raise AssertionError("it is counted anew")

        monkeypatch.setattr(Counter, "_asked", asked)
        board = await callers["owner"].get("/board")
        assert any(tile["figure"] for tile in board["tiles"])
