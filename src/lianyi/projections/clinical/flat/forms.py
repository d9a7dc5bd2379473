"""Rows as files: NDJSON, CSV, Parquet; the same rows give the same bytes. Pure.

NDJSON and CSV say numbers as the resource says them; for Parquet see :mod:`.parquet`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.flattening import Column
from lianyi.projections.clinical.flat.values import Row, as_text

Form = Literal["ndjson", "csv", "parquet"]
FORMS: Final[tuple[Form, ...]] = ("ndjson", "csv", "parquet")
MEDIA_TYPES: Final[Mapping[Form, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run."""


def written(columns: Sequence[Column], rows: Iterable[Row], form: Form) -> bytes:
    """Return rows as a file.

    Args:
        columns: all of them, in order.
        rows: by name of the column; JSON values.
        form: of the file.
    """
    if form == "ndjson":
        names = [column.name for column in columns]
        return b"".join(
            json_text.write({name: row.get(name) for name in names}) + b"\n" for row in rows
        )
    if form == "csv":
        return _csv(columns, rows)
    from lianyi.projections.clinical.flat.parquet import parquet  # it brings Arrow, which is large

    return parquet(columns, rows)


def _csv(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(row.get(column.name)) for column in columns])
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:  # noqa: ANN401 - JSON of any kind
    """Return a value as a cell says it; text that a spreadsheet would run stands behind a ``'``."""
    said = as_text(value) or ""
    return f"'{said}" if isinstance(value, str) and said.startswith(_FORMULA) else said
