"""Reports and their runs, as they stand in the database.

Asked as the doors, everybody sees his own and those he reads; the platform, which makes them, all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.reports.calling import Call
from lianyi.applications.indicators.reports.model import Report, Run, Says, State
from lianyi.messagelog.postgres_leases import Connection

Asks = Connection | asyncpg.Pool

_REPORT = (
    "report, account, version, says, acting, readers, is_on, since, alarm, alarm_at, changed_at"
)
_RUN = (
    "run, report, key, version, says, first_on, last_on, due_at, state, attempts, try_at, sha256,"
    " bytes, pages, watermark, made_at, told, failed, error, ended_at"
)


def _report(row: asyncpg.Record) -> Report:
    says = Says.model_validate(row["says"])
    return Report(**{**row, "says": says, "readers": tuple(row["readers"])})


def _run(row: asyncpg.Record) -> Run:
    changed = {
        "says": Says.model_validate(row["says"]),
        "state": State(row["state"]),
        "told": tuple(row["told"]),
        "failed": tuple(row["failed"]),
    }
    return Run(**{**row, **changed})


# ---- reports ------------------------------------------------------------------------------------


async def insert_report(connection: Connection, one: Report) -> None:
    """Add a report."""
    await connection.execute(
        "INSERT INTO reports.report (report, account, version, says, acting, readers, is_on,"
        " since, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        one.report,
        one.account,
        one.version,
        one.says.model_dump(mode="json"),
        dict(one.acting),
        list(one.readers),
        one.is_on,
        one.since,
        one.changed_at,
    )


async def change_report(connection: Connection, one: Report) -> bool:
    """Let a report say something else; return whether it was still the version before."""
    done = await connection.execute(
        "UPDATE reports.report SET version = $2, says = $3, acting = $4, readers = $5, is_on = $6,"
        " since = $7, changed_at = $8, alarm = NULL, alarm_at = NULL"
        " WHERE report = $1 AND version = $2 - 1",
        one.report,
        one.version,
        one.says.model_dump(mode="json"),
        dict(one.acting),
        list(one.readers),
        one.is_on,
        one.since,
        one.changed_at,
    )
    return str(done).endswith(" 1")


async def find_report(ask: Asks, report: UUID) -> Report | None:
    """Return a report; None: there is none that may be seen."""
    row = await ask.fetchrow(
        f"SELECT {_REPORT} FROM reports.report WHERE report = $1",  # noqa: S608
        report,
    )
    return _report(row) if row else None


async def list_reports(ask: Asks, *, limit: int) -> list[Report]:
    """Return the reports that may be seen, what was changed last first."""
    rows = await ask.fetch(
        f"SELECT {_REPORT} FROM reports.report"  # noqa: S608
        " ORDER BY changed_at DESC, report LIMIT $1",
        limit,
    )
    return [_report(row) for row in rows]


async def alarmed(ask: Asks, *, limit: int) -> list[Report]:
    """Return the reports that are on and of which nothing was sent last, the newest first."""
    rows = await ask.fetch(
        f"SELECT {_REPORT} FROM reports.report WHERE alarm IS NOT NULL AND is_on"  # noqa: S608
        " ORDER BY alarm_at DESC, report LIMIT $1",
        limit,
    )
    return [_report(row) for row in rows]


async def count_reports(ask: Asks, account: UUID) -> int:
    """Return how many reports an account ordered."""
    found: int = await ask.fetchval(
        "SELECT count(*) FROM reports.report WHERE account = $1", account
    )
    return found


async def set_alarm(
    connection: Connection, report: UUID, alarm: Mapping[str, Any] | None, at: datetime
) -> None:
    """Remember why nothing was sent last; None: it was."""
    await connection.execute(
        "UPDATE reports.report SET alarm = $2, alarm_at = $3 WHERE report = $1",
        report,
        dict(alarm) if alarm else None,
        at if alarm else None,
    )


# ---- runs ---------------------------------------------------------------------------------------


async def call(
    connection: Connection, run: UUID, report: Report, what: Call, *, at: datetime
) -> bool:
    """Let a report be due; return whether that is new: a key is due once."""
    done = await connection.execute(
        "INSERT INTO reports.run (run, report, key, version, says, first_on, last_on, due_at,"
        " state, try_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'due', $9)"
        " ON CONFLICT (report, key) DO NOTHING",
        run,
        report.report,
        what.key,
        report.version,
        report.says.model_dump(mode="json"),
        what.first,
        what.last,
        what.due_at,
        at,
    )
    return str(done).endswith(" 1")


async def find_run(ask: Asks, run: UUID) -> Run | None:
    """Return a run; None: there is none that may be seen."""
    row = await ask.fetchrow(f"SELECT {_RUN} FROM reports.run WHERE run = $1", run)  # noqa: S608
    return _run(row) if row else None


async def last_runs(ask: Asks, reports: Sequence[UUID], *, each: int) -> list[Run]:
    """Return the last runs of reports, the newest first, at most so many of each."""
    rows = await ask.fetch(
        f"SELECT {_RUN} FROM unnest($1::uuid[]) AS of_report(report_id)"  # noqa: S608
        " CROSS JOIN LATERAL (SELECT * FROM reports.run AS r WHERE r.report = of_report.report_id"
        " ORDER BY r.due_at DESC, r.run LIMIT $2) AS found ORDER BY due_at DESC, run",
        list(reports),
        each,
    )
    return [_run(row) for row in rows]


async def waiting(ask: Asks, now: datetime, *, limit: int) -> list[UUID]:
    """Return the runs that can be worked on now, what was due first before the others."""
    rows = await ask.fetch(
        "SELECT run FROM reports.run WHERE state IN ('due', 'made') AND try_at <= $1"
        " ORDER BY due_at, run LIMIT $2",
        now,
        limit,
    )
    return [row["run"] for row in rows]


async def take(connection: Connection, run: UUID) -> bool:
    """Be the one who works on a run, while the connection lives or until :func:`leave`."""
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtext('reports.run'), hashtext($1))", str(run)
    )
    return taken


async def leave(connection: Connection, run: UUID) -> None:
    """Let others work on a run."""
    await connection.execute(
        "SELECT pg_advisory_unlock(hashtext('reports.run'), hashtext($1))", str(run)
    )


async def put_made(
    connection: Connection,
    run: UUID,
    *,
    sha256: bytes,
    size: int,
    pages: int,
    watermark: str,
    at: datetime,
) -> None:
    """Say that the file of a run is whole and on the disk."""
    await connection.execute(
        "UPDATE reports.run SET state = 'made', attempts = 0, try_at = $7, error = NULL,"
        " sha256 = $2, bytes = $3, pages = $4, watermark = $5, made_at = $6"
        " WHERE run = $1 AND state = 'due'",
        run,
        sha256,
        size,
        pages,
        watermark,
        at,
        at,
    )


async def put_state(
    connection: Connection,
    run: UUID,
    state: State,
    *,
    attempts: int,
    try_at: datetime,
    error: Mapping[str, Any] | None,
    ended_at: datetime | None,
) -> None:
    """Move a run; see :data:`~lianyi.applications.indicators.reports.model.MOVES`."""
    await connection.execute(
        "UPDATE reports.run SET state = $2, attempts = $3, try_at = $4, error = $5, ended_at = $6"
        " WHERE run = $1",
        run,
        state.value,
        attempts,
        try_at,
        dict(error) if error else None,
        ended_at,
    )


async def put_told(
    connection: Connection, run: UUID, told: Sequence[str], failed: Sequence[str]
) -> None:
    """Remember which addresses were reached, and which never will be."""
    await connection.execute(
        "UPDATE reports.run SET told = told || $2::text[], failed = failed || $3::text[]"
        " WHERE run = $1",
        run,
        list(told),
        list(failed),
    )


async def try_failed_again(connection: Connection, run: UUID) -> None:
    """Forget that addresses were refused: a person has corrected what was wrong."""
    await connection.execute("UPDATE reports.run SET failed = '{}' WHERE run = $1", run)


async def outdated(ask: Asks, before: datetime, *, limit: int) -> list[UUID]:
    """Return runs whose files were made before an instant."""
    rows = await ask.fetch(
        "SELECT run FROM reports.run WHERE sha256 IS NOT NULL AND made_at < $1"
        " ORDER BY made_at LIMIT $2",
        before,
        limit,
    )
    return [row["run"] for row in rows]


async def forget_file(connection: Connection, run: UUID) -> None:
    """Say that the file of a run is not there any more."""
    await connection.execute("UPDATE reports.run SET sha256 = NULL WHERE run = $1", run)
