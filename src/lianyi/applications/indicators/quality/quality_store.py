"""Runs, their results, and what people say about findings, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.applications.indicators.quality.model import Cell, Decision, Result, Said
from lianyi.applications.indicators.window import Places
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.model import Access

Asks = Connection | asyncpg.Pool


class Run(NamedTuple):
    """A run that has ended."""

    run: int
    began_at: datetime
    ended_at: datetime
    watermark: Mapping[str, str]
    rules: int


# ---- runs ---------------------------------------------------------------------------------------


async def put_run(
    connection: Connection,
    results: Iterable[Result],
    definitions: Mapping[str, Mapping[str, Any]],
    *,
    began_at: datetime,
    ended_at: datetime,
    watermark: Mapping[str, str],
    kept: int,
) -> int:
    """Keep a run with what it found, and let go of those that are too old; return its number.

    Args:
        connection: in a transaction.
        results: of the run.
        definitions: what the hash of each rule stands for.
        began_at: when the run began.
        ended_at: when it ended.
        watermark: of which rows.
        kept: so many runs stay.
    """
    await connection.executemany(
        "INSERT INTO quality.rule VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(hashed, dict(said)) for hashed, said in definitions.items()],
    )
    run: int = await connection.fetchval(
        "INSERT INTO quality.run (began_at, ended_at, watermark, rules) VALUES ($1, $2, $3, $4)"
        " RETURNING run",
        began_at,
        ended_at,
        dict(watermark),
        len(definitions),
    )
    await connection.copy_records_to_table(
        "result",
        schema_name="quality",
        columns=(
            "run", "rule", "hash", "source", "hospital", "department", "violated", "denominator",
        ),
        records=[
            (run, one.rule, one.hash, *_place(one.cell), one.violated, one.denominator)
            for one in results
        ],
    )  # fmt: skip
    await connection.execute(
        "DELETE FROM quality.run WHERE run NOT IN"
        " (SELECT run FROM quality.run ORDER BY run DESC LIMIT $1)",
        kept,
    )
    return run


async def runs(ask: Asks, *, limit: int) -> list[Run]:
    """Return the newest runs, the newest first."""
    rows = await ask.fetch(
        "SELECT run, began_at, ended_at, watermark, rules FROM quality.run"
        " ORDER BY run DESC LIMIT $1",
        limit,
    )
    return [Run(*row) for row in rows]


async def results(ask: Asks, wanted: Collection[int], *, rule: str = "") -> dict[int, list[Result]]:
    """Return what some runs found, by run, as far as whoever asks sees it; of one rule or all."""
    rows = await ask.fetch(
        "SELECT run, rule, hash, source, hospital, department, violated, denominator"
        " FROM quality.result WHERE run = ANY ($1) AND ($2 = '' OR rule = $2)"
        " ORDER BY rule, source, hospital, department",
        list(wanted),
        rule,
    )
    found: dict[int, list[Result]] = {run: [] for run in wanted}
    for row in rows:
        cell = Cell(row["source"], row["hospital"], row["department"])
        found[row["run"]].append(
            Result(row["rule"], row["hash"], cell, row["violated"], row["denominator"])
        )
    return found


async def sums(
    ask: Asks, wanted: Collection[int], places: Places
) -> list[tuple[int, str, str, int, int]]:
    """Return what runs found where somebody may see it, by run, rule and source.

    Args:
        ask: whoever asks.
        wanted: numbers of runs.
        places: that are seen.

    Returns:
        Number of the run, rule, source, violated rows and rows.
    """
    rows = await ask.fetch(
        "SELECT run, rule, source, sum(violated)::bigint, sum(denominator)::bigint"
        " FROM quality.result WHERE run = ANY ($1) AND ($2::text[] IS NULL"
        " OR hospital = ANY ($2) OR hospital || E'\\x1f' || department = ANY ($3))"
        " GROUP BY run, rule, source ORDER BY run, rule, source",
        list(wanted),
        None if places.hospitals is None else sorted(places.hospitals),
        [f"{hospital}\x1f{department}" for hospital, department in sorted(places.departments)],
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def history(
    ask: Asks, thresholds: Mapping[str, float]
) -> dict[tuple[str, Cell], list[tuple[datetime, int, int]]]:
    """Return what all runs found in the cells that are above their threshold now, newest first.

    Args:
        ask: whoever asks.
        thresholds: percent, by rule.
    """
    rows = await ask.fetch(
        "WITH newest AS (SELECT max(run) AS run FROM quality.run),"
        " said AS (SELECT * FROM unnest($1::text[], $2::float8[]) AS t(rule, threshold)),"
        " over AS (SELECT r.rule, r.source, r.hospital, r.department FROM quality.result AS r"
        "  JOIN newest USING (run) JOIN said USING (rule)"
        "  WHERE r.violated * 100.0 > said.threshold * r.denominator)"
        " SELECT r.rule, r.source, r.hospital, r.department, run.ended_at, r.violated,"
        "  r.denominator FROM quality.result AS r"
        " JOIN over USING (rule, source, hospital, department)"
        " JOIN quality.run AS run USING (run) ORDER BY r.run DESC",
        list(thresholds),
        [float(one) for one in thresholds.values()],
    )
    found: dict[tuple[str, Cell], list[tuple[datetime, int, int]]] = {}
    for row in rows:
        cell = Cell(row["source"], row["hospital"], row["department"])
        said = (row["ended_at"], row["violated"], row["denominator"])
        found.setdefault((row["rule"], cell), []).append(said)
    return found


async def channels(ask: Asks) -> set[str]:
    """Return the names of all channels."""
    return {row["name"] for row in await ask.fetch("SELECT name FROM messagelog.channel")}


# ---- that somebody asks for a run ---------------------------------------------------------------


async def ask_for_run(connection: Connection, at: datetime) -> None:
    """Note that somebody asks for a run."""
    await connection.execute("INSERT INTO quality.asked (at) VALUES ($1)", at)


async def newest_asked(ask: Asks) -> int:
    """Return the number of the last time that somebody asked for a run; 0: nobody waits."""
    return int(await ask.fetchval("SELECT coalesce(max(asked), 0) FROM quality.asked"))


async def take_asked(ask: Asks, *, up_to: int) -> None:
    """Take away that somebody asked: a run that began later has ended."""
    await ask.execute("DELETE FROM quality.asked WHERE asked <= $1", up_to)


# ---- decisions ----------------------------------------------------------------------------------


async def lock(connection: Connection) -> None:
    """Let nobody else decide until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('quality'))")


async def insert_decision(
    connection: Connection,
    said: Said,
    about: tuple[str, Cell],
    facts: Mapping[str, Any],
    *,
    by: Access,
    at: datetime,
    position: Position,
) -> None:
    """Add what somebody says about a finding: of a rule, in a cell."""
    rule, cell = about
    await connection.execute(
        "INSERT INTO quality.decision (said, rule, source, hospital, department, facts, by_name,"
        " account, at, shard, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        said.value,
        rule,
        *_place(cell),
        dict(facts),
        by.actor.name,
        by.actor.account,
        at,
        position.shard,
        position.number,
    )


async def decisions(ask: Asks, *, rule: str = "") -> list[Decision]:
    """Return what was said, the oldest first, as far as whoever asks sees it."""
    rows = await ask.fetch(
        "SELECT said, rule, source, hospital, department, facts, by_name, at"
        " FROM quality.decision WHERE $1 = '' OR rule = $1 ORDER BY decision",
        rule,
    )
    return [
        Decision(
            Said(row["said"]),
            row["rule"],
            Cell(row["source"], row["hospital"], row["department"]),
            row["facts"],
            row["by_name"],
            row["at"],
        )
        for row in rows
    ]


def _place(cell: Cell) -> tuple[str, str, str]:
    return cell.source, cell.hospital, cell.department
