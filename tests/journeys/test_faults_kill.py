"""Random processes are killed under load; nothing acknowledged is lost, everything is delivered."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.faults.kill import kill_again_and_again


@pytest.mark.slow
async def test_nothing_is_lost_when_processes_are_killed(open_folder: Path) -> None:
    report = await kill_again_and_again(
        open_folder,
        kills=3,
        seed=3,
        rate=60,
        pause_seconds=(0.3, 1.5),
        victims=("intake", "deliver", "postmaster"),
    )

    assert report.kills.total() == 3
    assert report.verdict.acked > 20
    assert report.verdict.wrong == []
