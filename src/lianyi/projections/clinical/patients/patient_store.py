"""Which stored Patients are which persons: the one question that reads index and repository.

Every function takes the schemas of both versions in force. Asked as the doors, each sees only what
came by channels that whoever asks may see.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection


class Schemas(NamedTuple):
    """The versions in force.

    Attributes:
        identity: of the patient index.
        clinical: of the repository.
    """

    identity: str
    clinical: str


class Known(NamedTuple):
    """A stored Patient whom the index knows: its number and id, her record and person there."""

    rid: int
    id: str
    record: int
    person: int


_KNOWN = (
    "SELECT p.rid, s.id, r.record, r.person FROM {clinical}.patient AS p"
    " JOIN {clinical}.resource AS s ON s.rid = p.rid AND NOT s.deleted"
    " JOIN {identity}.record AS r ON r.record = p.record"
)


async def known(
    connection: Connection, schemas: Schemas, rids: Collection[int]
) -> dict[int, Known]:
    """Return of some stored Patients those whom the index knows."""
    rows = await connection.fetch(
        f"{_KNOWN.format(**schemas._asdict())} WHERE p.rid = ANY ($1)", list(rids)
    )
    return {row["rid"]: Known(*row) for row in rows}


async def of_persons(
    connection: Connection, schemas: Schemas, persons: Collection[int]
) -> list[Known]:
    """Return the stored Patients of some persons, in the order of their numbers."""
    rows = await connection.fetch(
        f"{_KNOWN.format(**schemas._asdict())} WHERE r.person = ANY ($1) ORDER BY p.rid",
        list(persons),
    )
    return [Known(*row) for row in rows]
