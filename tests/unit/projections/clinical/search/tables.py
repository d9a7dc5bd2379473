"""The tables of a version with invented resources in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tests.unit.projections.clinical.search.matcher import Stored

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import dated_store, table_store
from lianyi.projections.clinical.ids import hashed, resource_number
from lianyi.projections.clinical.indexed import Rows, add_values
from lianyi.projections.clinical.table_store import ResourceRow, VersionRow
from lianyi.projections.clinical.words import rows_of

SCHEMA = "clinical_1"


async def copy(connection: Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(table, schema_name=SCHEMA, records=rows)


async def create(connection: Connection) -> None:
    await table_store.create(connection, SCHEMA)


def row_of(one: Stored, *, version: int = 1, at: datetime | None = None) -> ResourceRow:
    body = json_text.write({"resourceType": one.type, "id": one.id})
    return ResourceRow(
        resource_number(one.type, one.id), None, 1, at or one.updated_at, version, 1, 0, 0, False,
        "PUT", one.type, one.id, b"", body,
    )  # fmt: skip


async def put(connection: Connection, stored: Iterable[Stored]) -> None:
    """Write resources that are not there."""
    rows, resources = Rows(), []
    dated: list[Any] = []
    words: list[Any] = []
    contained = []
    for one in stored:
        rid = resource_number(one.type, one.id)
        resources.append(row_of(one))
        own = Rows()
        add_values(own, rid, 1, one.type, one.values)
        dated += dated_store.rows_of(own)
        add_values(rows, rid, 1, one.type, one.values)
        if one.resource:
            words += rows_of(rid, 1, one.resource)
        for inner in one.inner:
            marked = f"#{inner.type}"
            number = hashed("contained", str(rid), inner.type, inner.id)
            add_values(rows, number, 1, marked, inner.values)
            contained.append((number, rid, 1, marked, inner.id))
    await copy(connection, "words", words)
    await copy(connection, "contained", contained)
    await copy(connection, "resource", resources)
    for table in ("hashed", "text", "span", "amount"):
        await copy(connection, table, getattr(rows, table))
    await copy(connection, "dated", dated)


async def drop(connection: Connection, one: Stored) -> None:
    rid = resource_number(one.type, one.id)
    await dated_store.drop(connection, SCHEMA, [rid])
    for table in ("resource", "hashed", "text", "span", "amount", "words"):
        await connection.execute(f"DELETE FROM {SCHEMA}.{table} WHERE rid = $1", rid)


async def change(connection: Connection, one: Stored, *, before: datetime) -> None:
    """Write the second version of a resource, the first of which came before."""
    await drop(connection, one)
    await put(connection, [one])
    rid = resource_number(one.type, one.id)
    await connection.execute(f"UPDATE {SCHEMA}.resource SET version = 2 WHERE rid = $1", rid)
    old = VersionRow(rid, 1, before, 1, 1, 0, 0, False, "PUT", one.type, one.id, b"{}")
    await copy(connection, "version", [old])
