"""The text of a resource comes back as it went in, digit for digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.errors import FhirTooDeep, FhirTooLarge, MalformedFhir

numerals = st.from_regex(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}", fullmatch=True)
words = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words | numerals.map(Decimal),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(words, values, max_size=5))
def test_what_is_written_is_read_back(resource: dict[str, Any]) -> None:
    assert json_text.read(json_text.write(resource)) == resource


@given(numerals)
def test_a_decimal_keeps_every_digit_that_was_written(numeral: str) -> None:
    text = b'{"value":%b}' % numeral.encode()
    if "E" not in str(Decimal(numeral)):  # very small ones are written with an exponent
        assert json_text.write(json_text.read(text)) == text
    assert str(json_text.read(text)["value"]) == str(Decimal(numeral))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read = json_text.read(data)
    except MalformedFhir:
        return
    assert read == json.loads(data.removeprefix(b"\xef\xbb\xbf"), parse_float=Decimal)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "truncated"),
        (b"[]", "no JSON object"),
        (b'{"a":1', "truncated"),
        (b'{"a":1}x', "trailing"),
        (b'{"a":NaN}', "byte 5"),
        (b'{"a":1e5000}', "beyond all measure"),
        (b'{"a":1e99999999999999999999}', "beyond all measure"),
        (b'{"a":"\xff"}', "UTF-8"),
    ],
)
def test_what_is_no_resource_is_refused_with_the_reason(text: bytes, says: str) -> None:
    with pytest.raises(MalformedFhir, match=says):
        json_text.read(text)


@pytest.mark.parametrize("levels", [129, 5000, 200_000])
def test_what_is_too_deep_is_refused(levels: int) -> None:
    with pytest.raises(FhirTooDeep):
        json_text.read(b'{"a":' + b"[" * levels + b"]" * levels + b"}")


def test_what_is_as_deep_as_allowed_is_read() -> None:
    assert json_text.read(b'{"a":' + b"[" * 127 + b"]" * 127 + b"}")


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(FhirTooLarge):
        json_text.read(b'{"a":"xx"}', size_bytes_max=9)
