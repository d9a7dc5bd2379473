"""From the types of each kind of database to ours: a table of data, ``types.csv``.

A kind says how a text reads; the text itself is always the source's own, to the last digit. A
database that is not in the table yet (Oracle, SQL Server) is new rows there and a dialect. A type
that is not in the table keeps its texts and is told.
"""

from __future__ import annotations

import csv
import importlib.resources
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from lianyi.base.rows import Column

KINDS: Final[Mapping[str, str]] = {
    "integer": "every digit: 18446744073709551615",
    "decimal": "every digit: 12345678901234567890.0123456789, NaN, Infinity",
    "float": "the shortest text that reads as the same number: 0.1, NaN, Infinity",
    "boolean": "true, false",
    "text": "as it is",
    "bytes": "base64 (RFC 4648, section 4), without line ends",
    "bits": "all of them: 00101",
    "date": "2026-03-02; MariaDB also 0000-00-00, 2026-03-00; PostgreSQL also infinity",
    "time": "08:00:30.123456; MariaDB up to 838:59:59, also negative",
    "timestamp": "2026-03-02 08:00:30.123456, of a clock whose zone nobody says",
    "instant": "2026-03-02 00:00:30.123456+00, always UTC",
    "interval": "ISO 8601: P1DT2H",
    "json": "the JSON as the source keeps it",
    "xml": "the XML as the source keeps it",
    "uuid": "36 characters",
    "array": "as PostgreSQL writes it: {1,2,NULL}",
    "range": "as PostgreSQL writes it: [1,5)",
    "composite": "as PostgreSQL writes it: (1,abc)",
}
"""Kind to how its texts read."""

ORDERED: Final = frozenset({"integer", "decimal", "text", "date", "timestamp", "instant", "uuid"})
"""Kinds that a watermark or key may have: equal texts are equal values, and they have an order."""
NUMBERS: Final = frozenset({"integer", "decimal"})
TIMES: Final = frozenset({"date", "timestamp", "instant"})

_LENGTH = re.compile(r"\([\d, ]+\)")


@cache
def _table() -> dict[tuple[str, str], str]:
    text = importlib.resources.files("lianyi.connectors.sql").joinpath("types.csv")
    rows = csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    return {(row["database"], row["type"]): row["kind"] for row in rows}


def column(database: str, name: str, type_: str, *, family: str = "") -> Column:
    """Return a column with the kind of its type.

    Args:
        database: ``postgresql`` or ``mariadb``.
        name: of the column.
        type_: as the source writes it, with length: ``numeric(18,4)``.
        family: what the type is where its name does not tell: ``(array)``, ``(enum)``.
    """
    plain = _LENGTH.sub("", type_).removesuffix(" unsigned").removesuffix(" zerofill")
    kind = _table().get((database, family or " ".join(plain.split())))
    return Column(name, type_, kind or "text", known=kind is not None)
