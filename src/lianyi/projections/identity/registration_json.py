"""A registration as JSON: in acts of people, and beside each record that is stored.

What is not said is left out. Whatever ``to_json`` wrote, ``from_json`` reads back equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from lianyi.projections.identity.registration import Registration


def to_json(registration: Registration) -> dict[str, Any]:
    """Return a registration as JSON: dates as ISO 8601, bytes as Base64."""
    return {name: _plain(value) for name, value in _said(registration)}


def from_json(facts: Mapping[str, Any]) -> Registration:
    """Read what :func:`to_json` wrote; keys that no release knows are left.

    Raises:
        ValueError: it is no registration.
    """
    return msgspec.convert(facts, Registration)


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return {name: _plain(part) for name, part in _said(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return msgspec.to_builtins(value)


def _said(value: msgspec.Struct) -> Iterator[tuple[str, object]]:
    """Give the fields of a structure that are not what they are when nobody says anything."""
    for name, default in _defaults(type(value)):
        part = getattr(value, name)
        if part is not default and part != default:
            yield name, part


@lru_cache(maxsize=16)
def _defaults(kind: type[msgspec.Struct]) -> list[tuple[str, object]]:
    return [(field.name, field.default) for field in msgspec.structs.fields(kind)]
