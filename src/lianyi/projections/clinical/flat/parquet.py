"""Rows as a Parquet file; the same rows give the same bytes. Pure.

A column has the type that its definition says: ``boolean``; ``integer``, ``positiveInt``,
``unsignedInt``, ``integer64`` as 64-bit integers; ``decimal`` as a double; everything else, dates
of any precision among it, as text.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.formats.fhir.flattening import Column
from lianyi.projections.clinical.flat.values import Row, as_text

_INTEGERS: Final = frozenset({"integer", "positiveInt", "unsignedInt", "integer64"})


def parquet(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    """Return rows as a file; see :func:`.forms.written`."""
    found = list(rows)
    arrays, fields = [], []
    for column in columns:
        type_ = _type_of(column)
        values = [_fitting(row.get(column.name), column) for row in found]
        arrays.append(pa.array(values, type=type_))
        fields.append(pa.field(column.name, type_))
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), out, compression="zstd")
    return out.getvalue()


def _type_of(column: Column) -> pa.DataType:
    type_ = pa.string()
    if column.type == "boolean":
        type_ = pa.bool_()
    elif column.type in _INTEGERS:
        type_ = pa.int64()
    elif column.type == "decimal":
        type_ = pa.float64()
    return pa.list_(type_) if column.collection else type_


def _fitting(value: Any, column: Column) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return a value as the type of its column holds it; None where it cannot."""
    if value is None:
        return None
    if column.collection:
        return [_fitting(one, column._replace(collection=False)) for one in value]
    if column.type == "boolean":
        return value if isinstance(value, bool) else None
    if column.type in _INTEGERS:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return value if is_whole and -(2**63) <= value < 2**63 else None
    if column.type == "decimal":
        is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        return float(value) if is_number else None
    return as_text(value)
