"""The table ``dated``: what has a code and a date, by both at once.

Neither alone is few: a usual laboratory test of ten years, or every test of a month. What was
measured in a month is a stretch of one index here. Its rows are made of those of the tables
``hashed`` and ``span``, of dates that are short and alone; see ``index_values.SHORT``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cache
from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.index_values import PLAIN
from lianyi.projections.clinical.indexed import Rows

PAIRS: Final[dict[str, dict[str, str]]] = {
    "Observation": {"date": "code"},
    "DiagnosticReport": {"date": "code"},
    "Procedure": {"date": "code"},
    "MedicationRequest": {"authoredon": "code"},
    "ServiceRequest": {"authored": "code"},
    "Condition": {"onset-date": "code", "recorded-date": "code"},
    "DocumentReference": {"date": "type"},
    "Composition": {"date": "type"},
    "Immunization": {"date": "vaccine-code"},
}
"""For each type its dates, and the code that is searched together with each."""

TABLES: Final = """
-- What has a code and a date. p: the two parameters; v: of the code, as in hashed.
CREATE TABLE {schema}.dated (
    v       bigint      NOT NULL,
    rid     bigint      NOT NULL,
    low     timestamptz NOT NULL,
    high    timestamptz NOT NULL,
    p       integer     NOT NULL,
    channel integer     NOT NULL,
    PRIMARY KEY (p, v, low, rid) INCLUDE (high, channel)
);
"""
DIGESTED: Final = "p, v, low, high, rid, channel"


@cache
def pair_number(type_: str, code: str, date: str) -> int:
    """Return the number of two parameters of a type, ``p`` in the table."""
    return parameter_number(type_, f"{code}+{date}")


@cache
def _numbers() -> tuple[list[int], list[int], list[int]]:
    """Return the numbers of the codes, of the dates, and of both, in the same order."""
    found = list(_pairs())
    return (
        [parameter_number(type_, code) for type_, code, _ in found],
        [parameter_number(type_, date) for type_, _, date in found],
        [pair_number(*one) for one in found],
    )


def _pairs() -> Iterator[tuple[str, str, str]]:
    for type_, dates in PAIRS.items():
        for date, code in dates.items():
            yield type_, code, date


DatedRow = tuple[int, int, datetime, datetime, int, int]
"""A row of ``dated``, columns in the order of the table."""

_OF_SOME: Final = (
    "WITH h AS MATERIALIZED"
    " (SELECT v, rid, p, channel FROM {schema}.hashed WHERE rid = ANY ($4)),"
    " s AS MATERIALIZED"
    " (SELECT low, high, rid, p, key FROM {schema}.span WHERE rid = ANY ($4))"
    " SELECT DISTINCT h.v, h.rid, s.low, s.high, n.p, h.channel FROM h"
    " JOIN unnest($1::integer[], $2::integer[], $3::integer[]) AS n(code, date, p) ON n.code = h.p"
    " JOIN s ON s.rid = h.rid AND s.p = n.date AND s.key = 0"
)
"""Of a few resources: what they have first, however many others have the same codes."""


@cache
def _by_code() -> dict[int, list[tuple[int, int]]]:
    """Return for the number of a code those of its dates, and of both."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for code, date, both in zip(*_numbers(), strict=True):
        found[code].append((date, both))
    return dict(found)


def rows_of(rows: Rows) -> list[DatedRow]:
    """Return the rows of what is indexed by these of ``hashed`` and ``span``, each once. Pure."""
    by_code = _by_code()
    coded = [row for row in rows.hashed if row[2] in by_code]
    if not coded:
        return []
    spans: dict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
    for key, rid, low, high, p, _ in rows.span:
        if key == PLAIN:
            spans[rid, p].append((low, high))
    return [
        (v, rid, low, high, both, channel)
        for v, rid, p, channel in coded
        for date, both in by_code[p]
        for low, high in spans.get((rid, date), ())
    ]


async def drop(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Take resources out, while their rows in ``hashed`` and ``span`` still say where they are."""
    if not rids:
        return
    await connection.execute(
        f"DELETE FROM {schema}.dated AS d USING ({_OF_SOME.format(schema=schema)}) AS r"  # noqa: S608
        " WHERE d.p = r.p AND d.v = r.v AND d.low = r.low AND d.rid = r.rid",
        *_numbers(),
        list(rids),
    )
