from __future__ import annotations

import asyncio

from lianyi.base.database import DatabaseUnreachable
from lianyi.base.health import Finding, HealthChecks


async def fine() -> str:
    return "18.4"


async def test_a_process_is_ready_when_every_check_passes() -> None:
    checks = HealthChecks()
    assert (await checks.report()).ready
    checks.add("database", fine)

    health = await checks.report()

    assert (health.live, health.ready) == (True, True)
    assert health.checks == (Finding("database", ok=True, detail="18.4"),)


async def test_a_failure_of_ours_is_shown_in_words_and_a_foreign_one_by_type_only() -> None:
    async def ours() -> str:
        raise DatabaseUnreachable(where="db:5432", why="connection refused")

    async def foreign() -> str:
        raise ValueError("Zhang Invented")

    checks = HealthChecks()
    checks.add("database", ours)
    checks.add("other", foreign)
    checks.add("log", fine)

    health = await checks.report()

    assert (health.live, health.ready) == (True, False)
    first, second, third = health.checks
    assert not first.ok
    assert first.detail.startswith("LY-1017 cannot reach the database [db:5432]")
    assert second == Finding("other", ok=False, detail="ValueError")
    assert third.ok


async def test_a_check_that_hangs_fails_alone() -> None:
    async def hangs() -> str:
        await asyncio.Event().wait()
        return ""

    checks = HealthChecks()
    checks.add("slow", hangs)
    checks.add("log", fine)

    health = await checks.report(timeout_seconds=0.05)

    assert [finding.ok for finding in health.checks] == [False, True]


async def test_a_check_is_replaced_and_removed_by_name() -> None:
    async def better() -> str:
        return "18.5"

    checks = HealthChecks()
    checks.add("database", fine)
    checks.add("database", better)
    assert [finding.detail for finding in (await checks.report()).checks] == ["18.5"]
    checks.remove("database")
    checks.remove("database")
    assert (await checks.report()).checks == ()
