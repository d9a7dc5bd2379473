"""From the texts of a source to columns of Parquet, without losing one: one type for each kind.

Every kind of :mod:`lianyi.base.rows` has one type, whatever database it comes from. A text that is
no value of that type, as MariaDB's ``0000-00-00``, is no reason to lose the row: its place stays
empty, and the text is kept beside, in ``_odd``. Pure.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import time
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

Text = str | None

_YEAR: Final = r"([1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])"
_DATE: Final = _YEAR + r"-\d{2}-\d{2}"
_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
_READS: Final = {
    "integer": r"-?\d{1,20}",
    "decimal": r"-?\d+(\.\d+)?",
    "float": r"-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity",
    "boolean": "true|false",
    "date": _DATE,
    "time": _CLOCK,
    "timestamp": f"{_DATE} {_CLOCK}",
    "instant": f"{_DATE} {_CLOCK}" + r"\+00",
}
"""What Arrow may be given to read; it would take more, as hexadecimal, than the source writes."""
_PLAIN: Final = {
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "instant": pa.timestamp("us", tz="UTC"),
}
_ANY_DECIMAL: Final = pa.decimal128(38, 10)
"""Of a number whose digits nobody limits: 28 before the point, 10 behind it."""
_UNSIGNED: Final = pa.decimal128(20, 0)
_DIGITS: Final = re.compile(r"\((\d+)(?:, ?(-?\d+))?\)")
_LARGE: Final = re.compile(r"bigint\b.*unsigned|xid8", re.IGNORECASE)


def type_of(kind: str, said: str) -> pa.DataType:
    """Return the type of a column.

    Args:
        kind: of its texts; an unknown one stays text.
        said: its type as the source calls it: ``numeric(18,4)``, ``bigint(20) unsigned``.
    """
    if kind == "integer":
        return _UNSIGNED if _LARGE.search(said) else pa.int64()
    if kind == "decimal":
        return _decimal(said)
    if kind == "time" and "with time zone" in said:
        return pa.string()
    return _PLAIN.get(kind, pa.string())


def _decimal(said: str) -> pa.DataType:
    found = _DIGITS.search(said)
    if found is None:
        return _ANY_DECIMAL
    digits, behind = int(found[1]), int(found[2] or 0)
    fits = 0 < digits <= 38 and 0 <= behind <= digits
    return pa.decimal128(digits, behind) if fits else _ANY_DECIMAL


def typed(texts: Sequence[Text], kind: str, type_: pa.DataType) -> tuple[pa.Array, dict[int, str]]:
    """Return a column, and by their places the texts that are no values of its type."""
    whole = pa.array(texts, pa.string())
    if type_ == pa.string():
        return whole, {}
    if kind == "bytes":
        return _bytes(texts)
    fast = _read(whole, kind, type_)
    if fast is not None:
        return fast, {}
    values, odd = [], {}
    for place, text in enumerate(texts):
        one = None if text is None else _read(pa.array([text]), kind, type_)
        values.append(pa.nulls(1, type_) if one is None else one)
        if text is not None and one is None:
            odd[place] = text
    return pa.concat_arrays(values), odd


def _read(texts: pa.Array, kind: str, type_: pa.DataType) -> pa.Array | None:
    """Return texts as values; None when one of them is none."""
    reads = pc.match_substring_regex(texts, f"^({_READS[kind]})$")
    if not pc.all(reads, min_count=0).as_py():
        return None
    try:
        if kind == "instant":
            plain = pc.utf8_slice_codeunits(texts, 0, -3)
            return pc.assume_timezone(pc.cast(plain, pa.timestamp("us")), "UTC")
        if kind == "time":  # Arrow reads no texts as these
            said = [text and time.fromisoformat(text) for text in texts.to_pylist()]
            return pa.array(said, type_)
        return pc.cast(texts, type_)
    except pa.ArrowException:
        return None


def _bytes(texts: Sequence[Text]) -> tuple[pa.Array, dict[int, str]]:
    values: list[bytes | None] = []
    odd = {}
    for place, text in enumerate(texts):
        value = None
        if text is not None:
            try:
                value = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError):
                odd[place] = text
        values.append(value)
    return pa.array(values, pa.binary()), odd
