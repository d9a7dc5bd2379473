"""The tables of what lost, what is proposed, and the rules; part of :mod:`store`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.masterdata.changes import from_json
from lianyi.projections.masterdata.model import Kind, Loss, Proposal, Thing, about
from lianyi.projections.masterdata.sources import Sources
from lianyi.projections.masterdata.state import State

_PROPOSAL = "shard, number, part, received_at, source, why, change, decided_by, accepted"


async def load(connection: Connection, schema: str, state: State) -> None:
    """Add to a state what lost, what is proposed, and the rules."""
    losses: dict[Thing, list[Loss]] = {}
    for row in await connection.fetch(
        f'SELECT kind, code, field, value, source, said, "on", winner FROM {schema}.loss'  # noqa: S608
    ):
        losses.setdefault(Thing(Kind(row[0]), row[1]), []).append(Loss(*row[2:]))
    state.losses = {
        thing: tuple(sorted(found, key=lambda one: (one.field, one.source)))
        for thing, found in losses.items()
    }
    for row in await connection.fetch(f"SELECT key, {_PROPOSAL} FROM {schema}.proposal"):  # noqa: S608
        state.proposals[row["key"]] = _proposal(row[1:])
    rules = await connection.fetchval(f"SELECT rules FROM {schema}.rules")  # noqa: S608
    if rules is not None:
        state.load_sources(Sources.model_validate(rules))


def _proposal(row: Sequence[Any]) -> Proposal:
    shard, number, part, received_at, source, why, change, decided_by, accepted = row
    decided = Position.parse(decided_by) if decided_by else None
    return Proposal(
        Position(shard, number), part, received_at, source, why, change, decided, accepted
    )


async def write(
    connection: Connection, schema: str, state: State, things: Sequence[Thing], *, anew: bool
) -> None:
    """Write down what changed since the last time, or everything."""
    await connection.executemany(
        f"INSERT INTO {schema}.loss VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
        [
            (*thing, one.field, one.source, one.value, one.said, one.on, one.winner)
            for thing in things
            for one in state.losses.get(thing, ())
        ],
    )
    keys = list(state.proposals) if anew else sorted(state.touched_proposals)
    if anew:
        await connection.execute(f"TRUNCATE {schema}.proposal, {schema}.rules")
    else:
        await connection.execute(f"DELETE FROM {schema}.proposal WHERE key = ANY ($1)", keys)  # noqa: S608
    await connection.executemany(
        f"INSERT INTO {schema}.proposal (key, {_PROPOSAL}, things)"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [
            (
                key, *one.position, one.part, one.received_at, one.source, one.why,
                dict(one.change), str(one.decided_by) if one.decided_by else None, one.accepted,
                [str(thing) for thing in about(from_json(one.change))],
            )
            for key in keys
            if (one := state.proposals.get(key)) is not None
        ],
    )  # fmt: skip
    if anew or state.rules_touched:
        await connection.execute(f"DELETE FROM {schema}.rules")  # noqa: S608
        if state.sources.sources is not None:
            await connection.execute(
                f"INSERT INTO {schema}.rules VALUES ($1)",  # noqa: S608
                state.sources.model_dump(mode="json"),
            )
    state.touched_proposals.clear()
    state.rules_touched = False


async def find_rules(connection: Connection, schema: str) -> Sources:
    """Return the rules in force; without a file those that hold then.

    Of sources that speak for organisations out of sight, nothing.
    """
    rules = await connection.fetchval(f"SELECT {schema}.rules_in_sight()")
    return Sources() if rules is None else Sources.model_validate(rules)


async def list_pending(connection: Connection, schema: str) -> list[Proposal]:
    """Return what people are asked about, the oldest first."""
    rows = await connection.fetch(
        f"SELECT {_PROPOSAL} FROM {schema}.proposal WHERE decided_by IS NULL"  # noqa: S608
        " ORDER BY received_at, shard, number, part"
    )
    return [_proposal(tuple(row)) for row in rows]


async def list_losses(connection: Connection, schema: str, thing: Thing) -> list[Loss]:
    """Return what sources said of a record and does not hold."""
    rows = await connection.fetch(
        f'SELECT field, value, source, said, "on", winner FROM {schema}.loss'  # noqa: S608
        " WHERE kind = $1 AND code = $2 ORDER BY field, source",
        *thing,
    )
    return [Loss(*row) for row in rows]
