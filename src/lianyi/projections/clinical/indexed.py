"""The rows of the search index that a resource has. Pure.

What a parameter reads from a resource comes from ``formats.fhir.indexing``; the forms under which
it is kept from :mod:`index_values`. Codes, units and whoever is referred to come again and again,
and their forms are hashes: those of the last thousands are remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import islice, product
from typing import Any, Final, TypeVar

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import (
    Composite,
    Day,
    Number,
    Position,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
    index,
)
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.file_words import binaries_of
from lianyi.projections.clinical.ids import contained_number, parameter_number, resource_number
from lianyi.projections.clinical.index_values import PLAIN, TEXT_MAX, plain_text

TABLES: Final = ("hashed", "text", "span", "amount")
"""The four tables of the index."""
COMBINATIONS_MAX: Final = 200
"""A composite has no more rows in a resource."""
Combination = TypeVar("Combination")
REMEMBERED: Final = 16_384
"""So many values of each kind; a few megabytes."""
_COLUMNS: Final = frozenset({"_id", "_lastUpdated"})
"""Parameters that stand in the table of resources itself."""


@dataclass
class Rows:
    """Rows of the four tables, columns in the order of the tables."""

    hashed: list[tuple[Any, ...]] = field(default_factory=list)
    text: list[tuple[Any, ...]] = field(default_factory=list)
    span: list[tuple[Any, ...]] = field(default_factory=list)
    amount: list[tuple[Any, ...]] = field(default_factory=list)


def add_rows(rows: Rows, rid: int, channel: int, resource: Mapping[str, Any], zone: tzinfo) -> None:
    """Add the rows by which a resource is found.

    Args:
        rows: to which they are added.
        rid: number of the resource.
        channel: whose it is.
        resource: its content.
        zone: of dates without one.
    """
    found = index(resource, r4(), zone=zone)
    held = {
        f"#{one['id']}": contained_number(rid, one["resourceType"], one["id"])
        for one in inside(resource)
    }
    type_ = str(resource["resourceType"])
    add_values(rows, rid, channel, type_, found, held)
    lie_in = parameter_number(type_, "_content")
    for binary in dict.fromkeys(binaries_of(resource)):
        rows.hashed.append((resource_number("Binary", binary), rid, lie_in, channel))


def inside(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what a resource contains, each type and id once."""
    held = resource.get("contained")
    known = set()
    for one in held if isinstance(held, list) else []:
        if not isinstance(one, dict):
            continue
        named = one.get("resourceType"), one.get("id")
        if not all(isinstance(part, str) for part in named) or named in known:
            continue
        if r4().is_resource_type(str(named[0])):
            known.add(named)
            yield one


def add_values(
    rows: Rows,
    rid: int,
    channel: int,
    type_: str,
    values: Iterable[Value],
    held: Mapping[str, int] | None = None,
) -> None:
    """Add the rows of values of one resource.

    Args:
        rows: that are added to.
        rid: of the resource.
        channel: that it belongs to.
        type_: of the resource.
        values: all of it.
        held: number of what it contains, by ``#id``.
    """
    found = _Found()
    for value in values:
        if held and isinstance(value, Reference) and (inner := held.get(value.url or "")):
            found.add_hashes(parameter_number(type_, value.parameter), (inner,))
        if value.parameter not in _COLUMNS:
            _ADD[value.__class__](found, parameter_number(type_, value.parameter), value)
    rows.hashed += [(v, rid, p, channel) for p, v in found.hashed]
    rows.text += [(key, rid, p, channel, v, exact) for p, key, v, exact in found.texts]
    for (p, key), spans in found.spans.items():
        at = p if len(spans) == 1 and all(_short(*one) for one in spans) else -p
        rows.span += [(key, rid, low, high, at, channel) for low, high in spans]
    rows.amount += [(unit, rid, p, channel, low, high) for p, unit, low, high in found.amounts]


def _short(low: datetime, high: datetime) -> bool:
    return low > high or high - low <= forms.SHORT


# --- the forms of one value ---------------------------------------------------------------------


class _Found:
    """The rows of one resource, each once, in the order in which they were found.

    Attributes:
        hashed: parameter and ``v``.
        texts: parameter, key, text and text as written.
        spans: first and last instants of a parameter and key.
        amounts: parameter, unit and range.
    """

    __slots__ = ("amounts", "hashed", "spans", "texts")

    def __init__(self) -> None:
        self.hashed: dict[tuple[int, int], None] = {}
        self.texts: dict[tuple[int, int, str, str], None] = {}
        self.spans: dict[tuple[int, int], dict[tuple[datetime, datetime], None]] = {}
        self.amounts: dict[tuple[int, int, Decimal, Decimal], None] = {}

    def add_hashes(self, p: int, hashes: Iterable[int]) -> None:
        """Add values of a parameter."""
        hashed = self.hashed
        for v in hashes:
            hashed[p, v] = None

    def add_span(self, p: int, key: int, day: Day) -> None:
        """Add a stretch of time."""
        self.spans.setdefault((p, key), {})[day.low, day.high] = None

    def add_amounts(self, p: int, units: Iterable[int], value: Number | Quantity) -> None:
        """Add a number under each of some units."""
        low, high = bounds(value)
        amounts = self.amounts
        for unit in units:
            amounts[p, unit, low, high] = None


def _add_token(found: _Found, p: int, value: Token) -> None:
    hashes, text = _token_forms(value.system, value.code, value.text, value.kinds)
    found.add_hashes(p, hashes)
    if text is not None:
        found.texts[p, PLAIN, text, ""] = None


def _add_reference(found: _Found, p: int, value: Reference) -> None:
    hashes = _reference(value.type, value.id, value.url, value.version)
    said = value.identifier
    if said is not None and said.code:
        hashes += (
            forms.identifier_both(said.system or "", said.code),
            forms.identifier_value(said.code),
        )
    found.add_hashes(p, hashes or (forms.PRESENT,))


def _add_uri(found: _Found, p: int, value: Uri) -> None:
    found.hashed[p, forms.url(value.uri)] = None
    found.texts[p, PLAIN, value.uri[:TEXT_MAX], ""] = None


def _add_string(found: _Found, p: int, value: String) -> None:
    found.texts[(p, PLAIN, *_written(value.text))] = None


def _add_day(found: _Found, p: int, value: Day) -> None:
    found.add_span(p, PLAIN, value)


def _add_number(found: _Found, p: int, value: Number) -> None:
    found.add_amounts(p, (forms.ANY_UNIT,), value)


def _add_quantity(found: _Found, p: int, value: Quantity) -> None:
    found.add_amounts(p, _units(value.system, value.code, value.unit), value)


def _add_position(found: _Found, p: int, value: Position) -> None:
    found.amounts[p, forms.LATITUDE, value.latitude, value.latitude] = None
    found.amounts[p, forms.LONGITUDE, value.longitude, value.longitude] = None


def _add_composite(found: _Found, p: int, value: Composite) -> None:
    parts = value.parts
    alike = tuple(map(_alike, parts))
    hashes = _together(alike)
    found.add_hashes(p, hashes)
    is_found = bool(hashes)
    for place, part in enumerate(parts[1:], start=1):
        for one in part:
            keys: Sequence[int] = ()
            if isinstance(one, Number):
                keys = _keys(alike[0], place)
                found.add_amounts(p, keys, one)
            elif len(parts) > 2:
                continue
            elif isinstance(one, Quantity):
                keys = _amount_keys(alike[0], one.system, one.code, one.unit)
                found.add_amounts(p, keys, one)
            elif isinstance(one, Day):
                keys = _keys(alike[0])
                for key in keys:
                    found.add_span(p, key, one)
            elif isinstance(one, String):
                keys = _keys(alike[0])
                for key in keys:
                    found.texts[(p, key, *_written(one.text))] = None
            is_found |= bool(keys)
    if not is_found:
        found.hashed[p, forms.PRESENT] = None


_ADD: Final[Mapping[type[Any], Callable[[_Found, int, Any], None]]] = {
    Token: _add_token,
    Reference: _add_reference,
    Uri: _add_uri,
    String: _add_string,
    Day: _add_day,
    Number: _add_number,
    Quantity: _add_quantity,
    Position: _add_position,
    Composite: _add_composite,
}
_remembering: Final = lru_cache(maxsize=REMEMBERED)


@_remembering
def _token_forms(
    system: str | None,
    code: str | None,
    text: str | None,
    kinds: tuple[tuple[str | None, str | None], ...],
) -> tuple[tuple[int, ...], str | None]:
    """Return every ``v`` of a token, and the text by which it is found."""
    hashes = _token(system, code)
    if system:
        hashes += (forms.token_system(system),)
    if code:
        hashes += tuple(forms.of_type(of or "", kind or "", code) for of, kind in kinds)
    if not (hashes or text):
        hashes = (forms.PRESENT,)
    return hashes, plain_text(text) if text else None


@_remembering
def _token(system: str | None, code: str | None) -> tuple[int, ...]:
    return (forms.token_both(system or "", code), forms.token_code(code)) if code else ()


@_remembering
def _reference(
    type_: str | None, id_: str | None, url: str | None, version: str | None
) -> tuple[int, ...]:
    hashes: tuple[int, ...] = ()
    if type_ and id_ and not url:  # that of another server is another one's
        hashes += (forms.reference(type_, id_),)
    if url and not url.startswith("#"):  # what is contained is asked for by a chain
        hashes += (forms.url(url),)
        if version:
            hashes += (forms.url_version(url, version),)
    return hashes


@_remembering
def _written(text: str) -> tuple[str, str]:
    plain, written = plain_text(text), text[:TEXT_MAX]
    return plain, "" if written == plain else written


@_remembering
def _units(system: str | None, code: str | None, unit: str | None) -> tuple[int, ...]:
    found, system = [forms.ANY_UNIT], system or ""
    if code:
        found.append(forms.unit_both(system, code))
        if system not in forms.USUAL_UNITS:
            found.append(forms.unit_code(code))
    if unit and unit != code:
        found.append(forms.unit_code(unit))
    return tuple(found)


def bounds(value: Number | Quantity) -> tuple[Decimal, Decimal]:
    """Return the range of a number: twice itself where it is one.

    How exactly a number is meant is said by the digits of what is asked for (3.1.1.4.6).
    """
    return (value.low, value.high) if value.value is None else (value.value, value.value)


# --- parts of composites ------------------------------------------------------------------------

_ALIKE: Final = frozenset({Token, Reference, Uri})
"""Kinds of values that are compared for being the same."""


def _alike(part: Sequence[Value]) -> tuple[Value, ...]:
    if len(part) == 1:  # nearly always
        return tuple(part) if part[0].__class__ in _ALIKE else ()
    return tuple([one for one in part if one.__class__ in _ALIKE])


@_remembering
def _part(values: tuple[Value, ...]) -> tuple[int, ...]:
    """Return the forms of a part that is compared for being the same."""
    found: dict[int, None] = {}
    for value in values:
        if isinstance(value, Token):
            found |= dict.fromkeys(_token(value.system, value.code))
        elif isinstance(value, Reference):
            found |= dict.fromkeys(_reference(value.type, value.id, value.url, value.version))
        elif isinstance(value, Uri):
            found[forms.url(value.uri)] = None
    return tuple(found)


@_remembering
def _together(parts: tuple[tuple[Value, ...], ...]) -> tuple[int, ...]:
    """Return the numbers of all parts together, in each of their forms."""
    return tuple(forms.together(*one) for one in _first(product(*map(_part, parts))))


@_remembering
def _keys(lead: tuple[Value, ...], *more: int) -> tuple[int, ...]:
    """Return the numbers of the first part in each of its forms, and of what follows it."""
    return tuple(forms.together(one, *more) for one in _first(_part(lead)))


@_remembering
def _amount_keys(
    lead: tuple[Value, ...], system: str | None, code: str | None, unit: str | None
) -> tuple[int, ...]:
    """Return the numbers of a first part and the unit of the second, in each of their forms."""
    return tuple(key for one in _units(system, code, unit) for key in _keys(lead, one))


def _first(combinations: Iterable[Combination]) -> Iterator[Combination]:
    return islice(combinations, COMBINATIONS_MAX)
