"""What queries over HL7 v2 ask that no other door does."""

from __future__ import annotations

from collections.abc import Collection

from lianyi.messagelog.postgres_leases import Connection


async def known_sources(connection: Connection, schema: str, sources: Collection[str]) -> set[str]:
    """Return which authorities have a record that may be seen."""
    if not sources:
        return set()
    rows = await connection.fetch(
        "SELECT s.source FROM unnest($1::text[]) AS s(source) WHERE EXISTS"  # noqa: S608
        f" (SELECT FROM {schema}.record AS r WHERE r.source = s.source)",
        list(sources),
    )
    return {row["source"] for row in rows}
