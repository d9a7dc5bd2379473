"""What hurts besides channels, and is told in the same place: certificates that run out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from lianyi.channels.views import Overview, OverviewProblem

Alarms = Callable[[], Awaitable[Sequence[OverviewProblem]]]
"""Gives what else hurts, as whoever acts may see it."""


async def quiet() -> Sequence[OverviewProblem]:
    """Nothing hurts."""
    return ()


async def with_alarms(overview: Overview, alarms: Alarms) -> Overview:
    """Return the overview that tells of these, too."""
    found = await alarms()
    if not found:
        return overview
    status = "attention" if overview.status == "ok" else overview.status
    told = {"problems": [*overview.problems, *found], "status": status}
    return overview.model_copy(update=told)
