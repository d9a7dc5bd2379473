"""What is written as rows reads back as the same rows."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.rows import (
    Changed,
    Column,
    Header,
    Load,
    Watermark,
    header_of,
    line,
    read,
    write,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.none() | texts
columns = st.lists(st.builds(Column, texts, texts, texts, st.booleans()), max_size=4)
extras = st.fixed_dictionaries(
    {
        "watermark": st.none()
        | st.builds(Watermark, st.tuples(texts), st.none() | st.tuples(values), st.tuples(values)),
        "load": st.none()
        | st.builds(Load, st.integers(0, 9), st.integers(1, 9), texts, st.booleans()),
        "changed": st.none() | st.builds(Changed, st.tuples(texts), st.tuples(), st.tuples(texts)),
    }
)


@given(found=columns, extra=extras, data=st.data())
def test_rows_read_back(found: list[Column], extra: dict[str, object], data: st.DataObject) -> None:
    width = len(found)
    rows = data.draw(st.lists(st.lists(values, min_size=width, max_size=width), max_size=4))
    header = Header("his", "t", "full", 3, len(rows), ("id",), tuple(found), **extra)  # type: ignore[arg-type]
    assert read(write(header, map(line, rows))) == (header, rows)


GOOD = write(
    Header("his", "t", "full", 1, 1, ("id",), (Column("id", "int", "integer"),)), [line(["1"])]
)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"no", GOOD + b'["2"]\n', GOOD.replace(b'["1"]', b"[1]"),
        GOOD.replace(b'["1"]', b'["1","2"]'), GOOD.replace(b"rows 1", b"rows 2"),
        GOOD.replace(b'"key"', b'"keys"'),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(body)


def test_the_header_reads_alone() -> None:
    assert header_of(GOOD.splitlines()[0]).table == "t"
    assert orjson.loads(GOOD.splitlines()[0])["form"] == "lianyi rows 1"
