"""FHIR JSON in, FHIR JSON out; a decimal keeps every digit that was written.

Source:
    FHIR R4, 2.6.2 (JSON representation); 2.24.0.1: the precision of a decimal has meaning, so
    ``1.00`` stays ``1.00``. Of two members with one name the last counts, as RFC 8259 allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from lianyi.formats.fhir.errors import FhirTooDeep, FhirTooLarge, MalformedFhir

SIZE_BYTES_MAX = 64 * 1024 * 1024
DEPTH_MAX = 128
EXPONENT_MAX = 1000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WHERE = "FHIR JSON"


def _decimal(text: str) -> Decimal:
    """Read a number; a power of ten that would fill the memory is no measure of anything."""
    value = Decimal(text)
    if abs(value.adjusted()) > EXPONENT_MAX:
        raise InvalidOperation
    return value


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def read(
    data: bytes, *, size_bytes_max: int = SIZE_BYTES_MAX, depth_max: int = DEPTH_MAX
) -> dict[str, Any]:
    """Return the object that UTF-8 text holds.

    Args:
        data: with or without a byte order mark.
        size_bytes_max: the longest text that is read.
        depth_max: how deep objects and arrays may stand in one another.

    Returns:
        Numbers with a fraction or an exponent are ``Decimal``, whole ones ``int``.

    Raises:
        FhirTooLarge: the text is longer than that.
        FhirTooDeep: it is deeper than that.
        MalformedFhir: it is no JSON, or no object.
    """
    if len(data) > size_bytes_max:
        raise FhirTooLarge(where=WHERE, size_bytes=len(data), size_bytes_max=size_bytes_max)
    try:
        value = _DECODER.decode(data.removeprefix(BYTE_ORDER_MARK))
    except RecursionError as error:
        raise FhirTooDeep(where=WHERE, depth_max=depth_max) from error
    except msgspec.DecodeError as error:
        raise MalformedFhir(where=WHERE, why=str(error), why_zh=f"JSON 有误：{error}") from error
    except (InvalidOperation, ValueError) as error:
        raise MalformedFhir(
            where=WHERE, why="a number in it is beyond all measure", why_zh="其中有数值超出范围"
        ) from error
    if not isinstance(value, dict):
        raise MalformedFhir(where=WHERE, why="it is no JSON object", why_zh="不是 JSON 对象")
    if data.count(b"{") + data.count(b"[") > depth_max and _is_deeper(value, depth_max):
        raise FhirTooDeep(where=WHERE, depth_max=depth_max)
    return value


def _is_deeper(value: dict[str, Any] | list[Any], depth_max: int) -> bool:
    """Whether objects and arrays stand in one another more than ``depth_max`` deep."""
    if depth_max == 0:
        return True
    inside = value.values() if value.__class__ is dict else value
    for inner in inside:
        if (inner.__class__ is dict or inner.__class__ is list) and _is_deeper(
            inner, depth_max - 1
        ):
            return True
    return False


def write(resource: Mapping[str, Any]) -> bytes:
    """Return the JSON of a resource as UTF-8, without spaces, members in their order.

    Args:
        resource: as :func:`read` gives it; ``Decimal`` is written with all its digits.
    """
    return _ENCODER.encode(resource)
