"""The table ``dated``: what has a code and a date, by both at once.

Neither alone is few: a usual laboratory test of ten years, or every test of a month. What was
measured in a month is a stretch of one index here. Its rows are made of those that the index has
already, of dates that are short and alone; see ``index_values.SHORT``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import parameter_number

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


_ROWS: Final = (
    "SELECT DISTINCT h.v, h.rid, s.low, s.high, n.p, h.channel FROM {hashed} AS h"
    " JOIN unnest($1::integer[], $2::integer[], $3::integer[]) AS n(code, date, p) ON n.code = h.p"
    " JOIN {span} AS s ON s.rid = h.rid AND s.p = n.date AND s.key = 0"
)
_OF_SOME: Final = (
    "WITH h AS MATERIALIZED"  # noqa: S608
    " (SELECT v, rid, p, channel FROM {schema}.hashed WHERE rid = ANY ($4)),"
    " s AS MATERIALIZED"
    " (SELECT low, high, rid, p, key FROM {schema}.span WHERE rid = ANY ($4)) "
    + _ROWS.format(hashed="h", span="s")
)
"""Of a few resources: what they have first, however many others have the same codes."""


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


async def put(connection: Connection, schema: str, rids: Collection[int] | None) -> None:
    """Put resources in, once their rows in ``hashed`` and ``span`` are there; None: all."""
    if rids is not None and not rids:
        return
    rows = (
        _ROWS.format(hashed=f"{schema}.hashed", span=f"{schema}.span")
        if rids is None
        else _OF_SOME.format(schema=schema)
    )
    await connection.execute(
        f"INSERT INTO {schema}.dated (v, rid, low, high, p, channel) {rows}",
        *_numbers(),
        *([] if rids is None else [list(rids)]),
    )
