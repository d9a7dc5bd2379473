"""The values that search parameters read. ``parameter`` is the code, such as ``family``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

import msgspec


class Token(msgspec.Struct, frozen=True):
    """A code, identifier, truth or exact text.

    Attributes:
        system: None where there is none. A bare ``code`` element has the system of its required
            binding; a contact point the kind of contact (``phone``).
        code: None where only a text is there.
        text: what ``:text`` searches; None where there is none.
        kinds: of an Identifier, ``(system, code)`` of its type, for ``:of-type``.
    """

    parameter: str
    system: str | None = None
    code: str | None = None
    text: str | None = None
    kinds: tuple[tuple[str | None, str | None], ...] = ()


class String(msgspec.Struct, frozen=True):
    """A text as it stands; whoever stores it normalises it."""

    parameter: str
    text: str


class Day(msgspec.Struct, frozen=True):
    """A stretch of time: UTC instants, ``low`` within it, ``high`` after it."""

    parameter: str
    low: datetime
    high: datetime


class Number(msgspec.Struct, frozen=True):
    """A number and what it stands for by the digits it is written with: from low up to high.

    ``value`` is None where a range is stated.
    """

    parameter: str
    value: Decimal | None
    low: Decimal
    high: Decimal


class Quantity(msgspec.Struct, frozen=True):
    """An amount: a number like :class:`Number` in a unit; money has its currency as the code."""

    parameter: str
    value: Decimal | None
    low: Decimal
    high: Decimal
    system: str | None = None
    code: str | None = None
    unit: str | None = None


class Reference(msgspec.Struct, frozen=True):
    """Something that is pointed at.

    Attributes:
        type: resource type, where the reference says it.
        id: of a resource of a server, relative (``url`` None) or absolute.
        url: the whole text where it is absolute, without its version; also a canonical.
        version: behind ``/_history/`` or ``|``.
        identifier: of a logical reference.
    """

    parameter: str
    type: str | None = None
    id: str | None = None
    url: str | None = None
    version: str | None = None
    identifier: Token | None = None


class Uri(msgspec.Struct, frozen=True):
    """A URI, exactly as it stands."""

    parameter: str
    uri: str


class Position(msgspec.Struct, frozen=True):
    """A place on the Earth, in degrees (WGS84)."""

    parameter: str
    latitude: Decimal
    longitude: Decimal


class Composite(msgspec.Struct, frozen=True):
    """Values that belong together: for each component, all that it has in one element."""

    parameter: str
    parts: tuple[tuple[Value, ...], ...]


Value: TypeAlias = Token | String | Day | Number | Quantity | Reference | Uri | Position | Composite
