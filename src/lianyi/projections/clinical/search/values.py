r"""Values of search parameters, read: escapes, prefixes, dates, numbers, tokens, references. Pure.

Nothing here raises anything but the errors of a search, whatever is sent.

Sources:
    HL7 FHIR R4, 3.1.1.4.3 (prefixes), .4 (escaping), .6 (number), .7 (date), .10 (token),
    .11 (quantity), .12 (reference); 3.1.1.4.6 of R5 for ``1e2``, whose range is [50, 150) there:
    the [95, 105) of R4 contradicts its own rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Context, Decimal
from typing import Final, NamedTuple

from lianyi.projections.clinical.search.problems import unreadable

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)
"""Before the first and after the last instant there is."""
CHARACTERS_MAX: Final = 400
DIGITS_MAX: Final = 1200
EXPONENT_MAX: Final = 1000
"""As far as numbers of resources go; see ``json_text``."""
APPROXIMATELY: Final = Decimal("0.1")
"""``ap`` means within a tenth (3.1.1.4.3)."""

_EXACT: Final = Context(prec=4 * DIGITS_MAX)
"""Nothing is rounded."""
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"(Z|[+\- ]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[+-]?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?", re.ASCII)
_PREFIXED: Final = re.compile(rf"({'|'.join(PREFIXES)})?(.*)", re.ASCII | re.DOTALL)
_LOCAL: Final = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII
)
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


class DateRange(NamedTuple):
    """A date of a search: its prefix, and the instants ``low <= t < high`` that it means."""

    prefix: str
    low: datetime
    high: datetime


class NumberRange(NamedTuple):
    """A number of a search: its prefix, itself, and the range ``low <= x < high`` of its digits."""

    prefix: str
    value: Decimal
    low: Decimal
    high: Decimal


class QuantityRange(NamedTuple):
    """A quantity: the system is None where any will do, the code empty where any unit will."""

    number: NumberRange
    system: str | None
    code: str


class TokenValue(NamedTuple):
    """``system|code``: the system is None where any will do, the code empty where any will."""

    system: str | None
    code: str


class ReferenceValue(NamedTuple):
    """A reference: to a resource of ours, of a type or (empty) any; or by its url and version."""

    type: str
    id: str
    url: str
    version: str = ""


def split(text: str, mark: str) -> list[str]:
    r"""Cut a text at a mark where no backslash stands before it; the parts stay escaped."""
    parts, begin, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == mark:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    parts.append(text[begin:])
    return parts


_ESCAPED: Final = re.compile(r"\\([\\,|$])")


def unescaped(text: str) -> str:
    r"""Return a text as it was meant: ``\,`` is a comma; a backslash before anything else stays."""
    return _ESCAPED.sub(r"\1", text)


def escaped(text: str) -> str:
    """Write a text so that its marks are none of a search."""
    return re.sub(r"([\\,|$])", r"\\\1", text)


def _prefixed(text: str) -> tuple[str, str]:
    found = _PREFIXED.fullmatch(text)
    assert found is not None  # noqa: S101 - it fits everything
    return found[1] or "eq", found[2]


# --- dates --------------------------------------------------------------------------------------


def read_date(text: str, where: str, *, zone: tzinfo, now: datetime) -> DateRange:
    """Read a date, to the precision with which it is written.

    Args:
        text: with or without a prefix.
        where: the parameter.
        zone: of a date that says none.
        now: what is approximately is near to is a tenth of how far it is from now.

    Raises:
        UnreadableSearch: it is no date.
    """
    prefix, rest = _prefixed(text.strip())
    found = _DATE.fullmatch(rest)
    try:
        low, high = _instants(found.groups(), zone) if found else (None, None)
    except (ValueError, OverflowError):
        low = high = None
    if low is None or high is None:
        raise unreadable(
            where,
            "a value is no date: 2026, 2026-03, 2026-03-15 or 2026-03-15T08:30:00+08:00",
            "取值不是日期，如 2026-03-15 或 2026-03-15T08:30:00+08:00",
        )
    if prefix == "ap":
        near = abs(now - low) * float(APPROXIMATELY)
        low, high = _moved(low, -near), _moved(high, near)
    return DateRange(prefix, low, high)


def _moved(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return FIRST if by < timedelta() else LAST


def _instants(groups: Sequence[str | None], zone: tzinfo) -> tuple[datetime, datetime]:
    year, month, day, hour, minute, second, fraction, offset = groups
    y, m, d = int(year or 0), int(month or 1), int(day or 1)
    if hour is None:
        begin = datetime(y, m, d, tzinfo=zone)
        return begin.astimezone(UTC), _after(begin, month, day).astimezone(UTC)
    full = int(second or 0)
    leap = full == 60  # a leap second is the last one of its minute
    micros = int((fraction or "").ljust(6, "0")[:6])
    begin = datetime(
        y,
        m,
        d,
        int(hour),
        int(minute or 0),
        59 if leap else full,
        micros,
        tzinfo=_zone(offset, zone),
    ).astimezone(UTC)
    if fraction:
        lasts = timedelta(
            microseconds=max(10 ** (6 - len(fraction)), 1) if len(fraction) < 7 else 1
        )
    else:
        lasts = timedelta(seconds=1) if second else timedelta(minutes=1)
    return begin, _moved(begin, lasts)


def _zone(offset: str | None, zone: tzinfo) -> tzinfo:
    if offset is None:
        return zone
    # a plus sign in an address that was not encoded arrives as a space
    text = "+00:00" if offset == "Z" else offset.replace(" ", "+")
    found = datetime.fromisoformat(f"2000-01-01T00:00{text}").tzinfo
    assert found is not None  # noqa: S101 - it was said
    return found


def _after(begin: datetime, month: str | None, day: str | None) -> datetime:
    """Return where a day, month or year ends; of the year 9999 the last instant."""
    if day is not None:
        if begin.date() == LAST.date():
            return LAST
        return (begin.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=begin.tzinfo)
    year, following = begin.year, begin.month + 1 if month is not None else 13
    if following == 13:
        if year == LAST.year:
            return LAST
        return begin.replace(year=year + 1, month=1)
    return begin.replace(month=following)


# --- numbers ------------------------------------------------------------------------------------


def read_number(text: str, where: str) -> NumberRange:
    """Read a number; ``100`` means [99.5, 100.5), ``100.00`` [99.995, 100.005).

    Raises:
        UnreadableSearch: it is no number.
    """
    prefix, rest = _prefixed(text.strip())
    found = _NUMBER.fullmatch(rest)
    exponent = int(found[3] or 0) if found else 0
    if (
        found is None
        or len(found[1]) + len(found[2] or "") > DIGITS_MAX
        or abs(exponent) > EXPONENT_MAX
    ):
        raise unreadable(where, "a value is no number: 100, 5.40 or 1e-3", "取值不是数值")
    value = Decimal(rest)
    half = _EXACT.scaleb(Decimal(5), exponent - len(found[2] or "") - 1)
    if prefix == "ap":
        half = max(_EXACT.multiply(_EXACT.abs(value), APPROXIMATELY), half)
    return NumberRange(prefix, value, _EXACT.subtract(value, half), _EXACT.add(value, half))


def read_quantity(text: str, where: str) -> QuantityRange:
    """Read ``number``, ``number|system|code`` or ``number||code``, still escaped.

    Raises:
        UnreadableSearch: it is none.
    """
    number, *unit = split(text, "|")
    if len(unit) not in (0, 2) or (unit and not unit[1] and unit[0]):
        raise unreadable(
            where,
            "a quantity is a number, number|system|code or number||code",
            "数量应写作 数值、数值|系统|单位代码 或 数值||单位",
        )
    read = read_number(number, where)
    if not unit or not unit[1]:
        return QuantityRange(read, None, "")
    system, code = map(unescaped, unit)
    return QuantityRange(read, system or None, code)


# --- tokens and references ----------------------------------------------------------------------


def read_token(text: str, where: str) -> TokenValue:
    """Read ``code``, ``system|code``, ``|code`` or ``system|``, still escaped.

    Raises:
        UnreadableSearch: there is neither, or more than that.
    """
    parts = [unescaped(one) for one in split(text, "|")]
    if len(parts) > 2 or not any(parts):
        raise unreadable(
            where,
            "a value is no token: code, system|code, |code or system|",
            "取值不是代码，应为 代码、系统|代码、|代码 或 系统|",
        )
    return TokenValue(None, parts[0]) if len(parts) == 1 else TokenValue(parts[0], parts[1])


def read_typed(text: str, where: str) -> tuple[str, str, str]:
    """Read ``system|code|value`` of an identifier: the modifier ``:of-type``.

    Raises:
        UnreadableSearch: it is not that.
    """
    parts = [unescaped(one) for one in split(text, "|")]
    if len(parts) != 3 or not all(parts):
        raise unreadable(
            where,
            "with :of-type a value is system|code|value, none of them empty",
            "使用 :of-type 时取值应为 系统|类型代码|标识值，且均不为空",
        )
    return parts[0], parts[1], parts[2]


def read_reference(text: str, where: str, *, base: str = "") -> ReferenceValue:
    """Read ``Type/id``, ``id`` or an address, still escaped.

    Args:
        text: as sent.
        where: the parameter.
        base: address of our own doors: a reference below it is one of ours.

    Raises:
        UnreadableSearch: it is none.
    """
    parts = [unescaped(one) for one in split(text, "|")]
    address, version = parts[0], "|".join(parts[1:])
    local = address.removeprefix(f"{base}/") if base else address
    if not version and (found := _LOCAL.fullmatch(local)):
        return ReferenceValue(found[1], found[2], "")
    if not version and _ID.fullmatch(address):
        return ReferenceValue("", address, "")
    if not address or len(address) > 4 * CHARACTERS_MAX:
        raise unreadable(
            where, "a value is no reference: Type/id, id or an address", "取值不是引用，如 类型/id"
        )
    return ReferenceValue("", "", address, version)
