"""Types of the lake: no text of a source is lost, and none is changed."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.lake.kinds import type_of, typed


def _one(text: str, kind: str, said: str = "") -> tuple[object, dict[int, str]]:
    array, odd = typed([text], kind, type_of(kind, said))
    return array.to_pylist()[0], odd


@pytest.mark.parametrize(
    ("kind", "said", "text", "type_"),
    [
        ("integer", "bigint(20)", "-9223372036854775808", pa.int64()),
        ("integer", "bigint(20) unsigned", "18446744073709551615", pa.decimal128(20, 0)),
        ("decimal", "numeric(18,4)", "-12345678901234.5678", pa.decimal128(18, 4)),
        ("decimal", "numeric(38)", "9" * 38, pa.decimal128(38, 0)),
        ("decimal", "numeric", "12.5", pa.decimal128(38, 10)),
        ("float", "double precision", "0.1", pa.float64()),
        ("date", "date", "2026-03-02", pa.date32()),
        ("timestamp", "datetime(6)", "2026-03-02 08:00:30.123456", pa.timestamp("us")),
        ("time", "time without time zone", "08:00:30.123456", pa.time64("us")),
        ("boolean", "boolean", "false", pa.bool_()),
        ("uuid", "uuid", "8c0e8f1e-3a3a-4a3a-8a3a-8c0e8f1e3a3a", pa.string()),
        ("what nobody knows", "sdo_geometry", "POINT (1 2)", pa.string()),
    ],
)
def test_a_text_becomes_the_value_that_it_says(
    kind: str, said: str, text: str, type_: pa.DataType
) -> None:
    value, odd = _one(text, kind, said)

    assert type_of(kind, said) == type_
    assert odd == {}
    shown = format(value, "f") if isinstance(value, Decimal) else str(value)
    assert shown.casefold().rstrip("0") == text.casefold().rstrip("0")


@pytest.mark.parametrize(
    ("kind", "said", "text"),
    [
        ("integer", "bigint", "9223372036854775808"),
        ("integer", "integer", "0x1F"),
        ("decimal", "numeric(5,2)", "1234.56"),
        ("decimal", "numeric(5,2)", "1.234"),
        ("decimal", "numeric", "NaN"),
        ("date", "date", "0000-00-00"),
        ("date", "date", "2026-02-30"),
        ("date", "date", "infinity"),
        ("timestamp", "datetime", "2026-03-02T08:00:30"),
        ("timestamp", "timestamp", "2026-03-02 08:00:30+08"),
        ("instant", "timestamptz", "2026-03-02 08:00:30+08"),
        ("time", "time", "838:59:59"),
        ("boolean", "boolean", "1"),
        ("bytes", "bytea", "not base64"),
    ],
)
def test_a_text_that_is_no_value_of_its_type_is_kept_beside(
    kind: str, said: str, text: str
) -> None:
    assert _one(text, kind, said) == (None, {0: text})


@given(
    st.lists(st.none() | st.integers(-(2**70), 2**70).map(str) | st.text(max_size=6), max_size=8)
)
def test_every_text_is_either_a_value_or_kept(texts: list[str | None]) -> None:
    array, odd = typed(texts, "integer", type_of("integer", "bigint"))

    back = [None if value is None else str(value) for value in array.to_pylist()]
    for place, text in enumerate(texts):
        kept = odd.get(place, back[place])
        assert kept == text or (kept is not None and text is not None and int(kept) == int(text))
