"""From an element to search values, by the kind of parameter and the type of the element.

A converter takes the parameter, the JSON of one element (never a list) and the list to add to.
What does not have the shape of its type gives nothing.

Source:
    FHIR R4, "Search": the table of data types of each parameter type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import TypeAlias

from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.indexing.ranges import (
    Span,
    decimal_of,
    number_range,
    period_of,
    span_of,
    timing_of,
)
from lianyi.formats.fhir.indexing.referring import read_canonical, read_reference
from lianyi.formats.fhir.indexing.values import (
    Day,
    Number,
    Position,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
)

Converter: TypeAlias = Callable[[str, Json, list[Value]], None]
CURRENCY = "urn:iso:std:iso:4217"
_ENDLESS = Decimal("Infinity")
_URIS = frozenset({"uri", "url", "canonical", "oid", "uuid"})
_NAME_PARTS = ("text", "family", "given", "prefix", "suffix")
_ADDRESS_PARTS = ("text", "line", "city", "district", "state", "country", "postalCode")


class Converters:
    """The converters of one house: which types there are, and what its time zone is."""

    def __init__(self, is_type: Callable[[str], bool], zone: tzinfo) -> None:
        self._is_type = is_type
        self._zone = zone
        self._by_type: dict[str, Callable[[str, str | None], Converter]] = {
            "token": _token_of,
            "string": lambda kind, system: _STRINGS.get(kind, _string),
            "date": lambda kind, system: self._date_of(kind),
            "number": lambda kind, system: _range_number if kind == "Range" else _number,
            "quantity": lambda kind, system: _quantity_of(kind),
            "reference": lambda kind, system: self._reference_of(kind),
            "uri": lambda kind, system: _uri,
            "special": lambda kind, system: _position,
        }

    def find(self, parameter_type: str, kind: str, system: str | None = None) -> Converter:
        """Return the converter of an element.

        Args:
            parameter_type: ``token``, ``date`` ...
            kind: type of the element, a specialisation of Quantity as ``Quantity``.
            system: that a ``code`` element has by its binding.
        """
        return self._by_type[parameter_type](kind, system)

    def _date_of(self, kind: str) -> Converter:
        zone = self._zone
        reading: Callable[[Json], Span | None] = {
            "Period": lambda value: period_of(value, zone) if isinstance(value, dict) else None,
            "Timing": lambda value: timing_of(value, zone) if isinstance(value, dict) else None,
        }.get(kind, lambda value: span_of(value, zone) if isinstance(value, str) else None)

        def date(parameter: str, value: Json, out: list[Value]) -> None:
            span = reading(value)
            if span is not None:
                out.append(Day(parameter, span.low, span.high))

        return date

    def _reference_of(self, kind: str) -> Converter:
        if kind in _URIS:
            return _canonical
        if kind == "Reference":
            return self._reference
        if self._is_type(kind) or kind == "Resource":
            return _resource
        return _nothing

    def _reference(self, parameter: str, value: Json, out: list[Value]) -> None:
        if not isinstance(value, dict):
            return
        identifiers: list[Value] = []
        _identifier(parameter, value.get("identifier"), identifiers)
        identifier = identifiers[0] if identifiers else None
        logical = identifier if isinstance(identifier, Token) else None
        text, said = value.get("reference"), _text(value.get("type"))
        found = None
        if isinstance(text, str):
            found = read_reference(parameter, text, self._is_type, said=said, identifier=logical)
        elif logical is not None:
            found = Reference(parameter, said, identifier=logical)
        if found is not None:
            out.append(found)


def _nothing(parameter: str, value: Json, out: list[Value]) -> None:
    """Read nothing."""


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _objects(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


# ------------------------------------------------------------------ tokens


def _token_of(kind: str, system: str | None) -> Converter:
    known = _TOKENS.get(kind)
    if known is not None:
        return known
    if system is None:
        return _exact

    def code(parameter: str, value: Json, out: list[Value]) -> None:
        if isinstance(value, str):
            out.append(Token(parameter, system, value))

    return code


def _exact(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, bool):
        out.append(Token(parameter, None, "true" if value else "false"))
    elif isinstance(value, (str, int, Decimal)):
        out.append(Token(parameter, None, str(value)))


def _coding(parameter: str, value: Json, out: list[Value]) -> None:
    if value.__class__ is not dict:
        return
    get = value.get
    system, code, display = _text(get("system")), _text(get("code")), _text(get("display"))
    if system or code or display:
        out.append(Token(parameter, system, code, display))


def _concept(parameter: str, value: Json, out: list[Value]) -> None:
    if value.__class__ is not dict:
        return
    codings = value.get("coding")
    if codings.__class__ is list:
        for each in codings:
            _coding(parameter, each, out)
    text = _text(value.get("text"))
    if text is not None:
        out.append(Token(parameter, None, None, text))


def _identifier(parameter: str, value: Json, out: list[Value]) -> None:
    if not isinstance(value, dict):
        return
    system, code = _text(value.get("system")), _text(value.get("value"))
    type_ = value.get("type")
    kinds: tuple[tuple[str | None, str | None], ...] = ()
    text = None
    if isinstance(type_, dict):
        kinds = tuple(
            (_text(each.get("system")), _text(each.get("code")))
            for each in _objects(type_.get("coding"))
        )
        text = _text(type_.get("text"))
    if system or code:
        out.append(Token(parameter, system, code, text, kinds))


def _contact(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, dict) and (code := _text(value.get("value"))):
        out.append(Token(parameter, _text(value.get("system")), code))


_TOKENS: dict[str, Converter] = {
    "CodeableConcept": _concept,
    "Coding": _coding,
    "Identifier": _identifier,
    "ContactPoint": _contact,
}


# ----------------------------------------------------------------- strings


def _string(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, str) and value:
        out.append(String(parameter, value))


def _parts(names: tuple[str, ...]) -> Converter:
    def parts(parameter: str, value: Json, out: list[Value]) -> None:
        if not isinstance(value, dict):
            return
        for name in names:
            found = value.get(name)
            if isinstance(found, str):
                _string(parameter, found, out)
            elif isinstance(found, list):
                for each in found:
                    _string(parameter, each, out)

    return parts


_STRINGS: dict[str, Converter] = {
    "HumanName": _parts(_NAME_PARTS),
    "Address": _parts(_ADDRESS_PARTS),
    "CodeableConcept": _parts(("text",)),
    "Coding": _parts(("display",)),
}


# --------------------------------------------------------- numbers, amounts


def _number(parameter: str, value: Json, out: list[Value]) -> None:
    number = decimal_of(value)
    if number is not None:
        out.append(Number(parameter, number, *number_range(number)))


def _range_number(parameter: str, value: Json, out: list[Value]) -> None:
    ends = _ends(value)
    if ends is not None:
        out.append(Number(parameter, None, ends[0], ends[1]))


def _quantity_of(kind: str) -> Converter:
    return _QUANTITIES.get(kind, _nothing)


def _quantity(parameter: str, value: Json, out: list[Value]) -> None:
    if not isinstance(value, dict):
        return
    number = decimal_of(value.get("value"))
    if number is None:
        return
    low, high = number_range(number)
    comparator = value.get("comparator")
    if comparator in {"<", "<="}:
        low, high = -_ENDLESS, number if comparator == "<" else high
    elif comparator in {">", ">="}:
        low, high = number if comparator == ">" else low, _ENDLESS
    out.append(Quantity(parameter, number, low, high, *_unit(value)))


def _unit(value: Mapping[str, Json]) -> tuple[str | None, str | None, str | None]:
    return _text(value.get("system")), _text(value.get("code")), _text(value.get("unit"))


def _money(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, dict) and (number := decimal_of(value.get("value"))) is not None:
        currency = _text(value.get("currency"))
        out.append(Quantity(parameter, number, *number_range(number), CURRENCY, currency, currency))


def _ends(value: Json) -> tuple[Decimal, Decimal, Mapping[str, Json]] | None:
    """Return from and up to what a Range covers, and the end that tells the unit."""
    if not isinstance(value, dict):
        return None
    sides = [side if isinstance(side := value.get(end), dict) else {} for end in ("low", "high")]
    low, high = (decimal_of(side.get("value")) for side in sides)
    if low is None and high is None:
        return None
    return (
        -_ENDLESS if low is None else number_range(low)[0],
        _ENDLESS if high is None else number_range(high)[1],
        sides[0] if low is not None else sides[1],
    )


def _range(parameter: str, value: Json, out: list[Value]) -> None:
    ends = _ends(value)
    if ends is not None:
        out.append(Quantity(parameter, None, ends[0], ends[1], *_unit(ends[2])))


def _sampled(parameter: str, value: Json, out: list[Value]) -> None:
    """Read the limits of a series of measurements; one without limits has no amount to find."""
    if not isinstance(value, dict) or not isinstance(origin := value.get("origin"), dict):
        return
    zero = decimal_of(origin.get("value"))
    low, high = decimal_of(value.get("lowerLimit")), decimal_of(value.get("upperLimit"))
    if zero is None or low is None or high is None:
        return
    factor = decimal_of(value.get("factor"))
    ends = sorted(zero + (Decimal(1) if factor is None else factor) * each for each in (low, high))
    out.append(Quantity(parameter, None, ends[0], ends[1], *_unit(origin)))


_QUANTITIES: dict[str, Converter] = {
    "Quantity": _quantity,
    "Money": _money,
    "Range": _range,
    "SampledData": _sampled,
}


# ------------------------------------------------- references, URIs, places


def _canonical(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, str) and (found := read_canonical(parameter, value)) is not None:
        out.append(found)


def _resource(parameter: str, value: Json, out: list[Value]) -> None:
    """Read a resource that stands where a reference might."""
    if not isinstance(value, dict):
        return
    type_, id_ = _text(value.get("resourceType")), _text(value.get("id"))
    if type_ and id_:
        out.append(Reference(parameter, type_, id_))


def _uri(parameter: str, value: Json, out: list[Value]) -> None:
    if not isinstance(value, str) or not value:
        return
    out.append(Uri(parameter, value))
    bare = value.partition("|")[0]
    if bare and bare != value:
        out.append(Uri(parameter, bare))


def _position(parameter: str, value: Json, out: list[Value]) -> None:
    if isinstance(value, dict):
        latitude = decimal_of(value.get("latitude"))
        longitude = decimal_of(value.get("longitude"))
        if latitude is not None and longitude is not None:
            out.append(Position(parameter, latitude, longitude))
