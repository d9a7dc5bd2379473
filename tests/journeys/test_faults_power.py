"""The power fails; what was acknowledged is there when it comes back."""

from __future__ import annotations

import pytest
from benchmarks.faults.power import cut_again_and_again, lossy_folder, why_not

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")]


async def test_the_harness_sees_what_is_lost_without_fsync() -> None:
    with lossy_folder() as mount:
        report = await cut_again_and_again(mount, cuts=2, seconds=1, settings={"fsync": "off"})

    assert report.caught, report.line()


async def test_nothing_acknowledged_is_lost_in_a_power_cut() -> None:
    with lossy_folder() as mount:
        report = await cut_again_and_again(mount, cuts=2, seconds=1)

    assert report.restarted, report.line()
    assert report.cuts == 2
    assert report.acked > 100
    assert report.lost == 0, report.line()
