"""A patient table that a SQL source polls becomes source records of the index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.unit.connectors.sql.site import Desk, PostgresqlSite, Reading

from lianyi.base.database import connect
from lianyi.base.rows import Column, Header, line, write
from lianyi.channels.tabular import RowsContent
from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity import feeds
from lianyi.projections.identity.feeds.problems import NamesNoPatient, UnreadableRegistration
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.registration import Name
from lianyi.projections.projection import Heard

from .feeding import VALID, ZONE, logged, only, said

SCHEMA = "identity_1"
QUERY = """
    SELECT p.pat_id AS patient_id, p.nm AS name, p.sex, p.birth AS birth_date, p.mobile,
           p.cert_no AS id_card_no, p.clerk, p.updated AS updated_at
    FROM his_patient p
"""
"""What a channel file says: the columns by the names that the index knows, and one it does not."""


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    found = await connect(database)
    yield found
    await found.close()


def rows_message(table: str, names: list[str], *rows: list[str | None]) -> LogMessage:
    columns = tuple(Column(name, "text", "text") for name in names)
    header = Header("his", table, "incremental", 1, len(rows), ("patient_id",), columns)
    return logged(f"rows his.{table}", write(header, map(line, rows)), sender="his")


async def test_a_polled_patient_table_becomes_source_records(
    connection: asyncpg.Connection, empty_database: str, tmp_path: Path
) -> None:
    his = PostgresqlSite(empty_database, tmp_path)
    await his.run(
        "CREATE TABLE his_patient (pat_id int PRIMARY KEY, nm text, sex char(1), birth date,"
        " mobile text, cert_no text, clerk text, updated timestamptz)"
    )
    await his.run(
        f"INSERT INTO his_patient VALUES"
        f" (1, '王小明', '1', '1980-03-15', '15412987326', '{VALID}', 'c7', '2026-03-02 08:00+08'),"
        f" (2, '李梅', '2', '1990-01-01', NULL, '', 'c7', '2026-03-02 09:00+08')"
    )
    table = {
        "name": "patient", "query": QUERY, "key": "patient_id",
        "mode": "incremental", "watermark": "updated_at",
    }  # fmt: skip
    desk = Desk()
    async with Reading(desk.source(his.settings(table))):
        await desk.until(lambda: desk.arrivals)

    body = desk.arrivals[0].body
    content = RowsContent(body)
    kind, sender, _, _ = content.identity()
    message = logged(kind, body, sender=sender)._replace(number=1)
    projection = Identity(ZONE)
    assert projection.wants(message.kind)
    await projection.create(connection, SCHEMA)
    async with connection.transaction():
        heard = [Heard(message, projection.read(message), None)]
        learned = await projection.learn(connection, SCHEMA, heard, revision=0)

    records = {
        row["record"] for row in await connection.fetch(f"SELECT record FROM {SCHEMA}.record")
    }
    assert records == {record_id("his", "1"), record_id("his", "2")}
    assert list(learned.set_aside) == []


def test_columns_that_the_index_knows_are_read_and_others_left_out() -> None:
    names = ["PATIENT_ID", "name", "clerk", "id_card_no", "updated_at"]
    message = rows_message("Patient", names, ["7", "王小明", "c1", VALID, "2026-03-02 08:00:00+00"])
    found = only(message).registration
    assert found.key == ("his", "7")
    assert found.names == (Name("王小明"),)
    assert [one.value for one in found.identifiers] == [VALID]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("rows his.patient", True), ("rows his.患者", True), ("rows his.patient_visit", False),
        ("rows his.visit", False), ("rows", False),
    ],
)  # fmt: skip
def test_only_tables_of_patients_are_wanted(kind: str, wanted: bool) -> None:
    assert feeds.wants(kind) is wanted


def test_the_end_of_a_load_says_nothing_and_other_tables_are_refused() -> None:
    assert said(rows_message("patient", ["id"])) == []
    with pytest.raises(NamesNoPatient):
        said(rows_message("patient", ["id", "result"], ["1", "5.4"]))
    with pytest.raises(UnreadableRegistration):
        said(logged("rows his.patient", b"no rows"))
