"""How DuckDB reads a value of the source: one expression for each reader and type of column.

Whatever cannot be read is NULL, never an error: one odd value must not stop fifty million rows. A
time without a zone is the hospital's own; where clocks went back, and an hour came twice, its first
run is meant, as everywhere on the platform (``zoneinfo``, fold 0).

Source:
    DuckDB 2.0: ICU time zones; a cast to a decimal of fewer places rounds half away from zero.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lianyi.projections.operational.mapping.terms import Reader, Value

BLANKS: Final = " \t\r\n\v\f\u00a0\u3000"
"""What stands around a value without being said; the last two fill up fixed-width Chinese text."""
FIRST_DAY: Final = "1900-01-01"
DAY_BEHIND: Final = "2200-01-01"
"""Instants outside are no instants: what systems write for 'never' and 'for ever'."""

DECIMAL_SHAPE: Final = r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?"
_DAY: Final = r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_CLOCK: Final = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_OFFSET: Final = r"(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])"
LOCAL_SHAPE: Final = rf"{_DAY}([ T]{_CLOCK})?"
OFFSET_SHAPE: Final = rf"{_DAY}[ T]{_CLOCK}{_OFFSET}"
COMPACT_SHAPE: Final = r"[0-9]{8}(([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?)?"
MONTH_SHAPE: Final = r"[0-9]{4}-?(0[1-9]|1[0-2])"

_WHOLE: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT"})
_WIDE: Final = frozenset({"UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT"})
_WORDS: Final = frozenset({"VARCHAR", "FLOAT", "DOUBLE"})
_NO_DECIMAL: Final = "CAST(NULL AS DECIMAL(28, 10))"
_NO_TIME: Final = "CAST(NULL AS TIMESTAMP)"


def name(word: str) -> str:
    """Return the name of a column or table, as SQL writes it."""
    return '"' + word.replace('"', '""') + '"'


def literal(value: Value) -> str:
    """Return a value, as SQL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"CAST({value} AS BIGINT)"
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def cleaned(column: str, kind: str) -> str:
    """Return a column without the blanks around it; nothing else in it is nothing."""
    if kind != "VARCHAR":
        return column
    blanks = " || ".join(f"chr({ord(one)})" for one in BLANKS)
    return f"nullif(trim({column}, {blanks}), '')"


def as_text(value: str, kind: str, odd: str) -> str:
    """Return a cleaned column as a text.

    Args:
        value: the column.
        kind: its type.
        odd: what stood where it has no value; empty: nobody knows.
    """
    text = value if kind == "VARCHAR" else f"CAST({value} AS VARCHAR)"
    return f"coalesce({text}, {cleaned(odd, 'VARCHAR')})" if odd else text


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader gives of a cleaned column.

    Attributes:
        value: of all but instants.
        local, utc: of instants: as the hospital's clocks say, or as told with a zone; a value has
            one of them.
        rounded: whether an amount had more places than fen; empty: it cannot have.
    """

    value: str = ""
    local: str = _NO_TIME
    utc: str = _NO_TIME
    rounded: str = ""


def read(reader: Reader, column: str, text: str, kind: str) -> Read:
    """Return how DuckDB reads a column; ``said`` needs no reading.

    Args:
        reader: how.
        column: a cleaned one.
        text: the same as a text.
        kind: its type, as DuckDB calls it.
    """
    if reader.function in ("instant", "date", "month"):
        return _instant(reader, column, text, kind)
    if reader.function in ("integer", "number", "fen"):
        return _number(reader, column, text, kind)
    if reader.function == "flag":
        return Read(f"{text} IN ({', '.join(map(literal, reader.words))})")
    if reader.function == "code":
        cases = " ".join(
            f"WHEN {literal(code)} THEN {literal(value)}" for code, value in reader.codes
        )
        return Read(f"CASE {text} {cases} END")
    return Read(text)


# --- numbers -------------------------------------------------------------------------------------


def _decimal(column: str, text: str, kind: str) -> str:
    """Return a column as a decimal of at most 25 digits, or 28 with ten behind the point."""
    if kind in _WHOLE:
        return f"CAST({column} AS DECIMAL(19, 0))"
    if found := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind):
        digits, places = int(found[1]), int(found[2])
        if digits - places <= 15 and places <= 10:
            return column
    if found or kind in _WIDE:
        return f"TRY_CAST({column} AS DECIMAL(28, 10))"
    if kind in _WORDS:
        shaped = f"regexp_full_match({text}, {literal(DECIMAL_SHAPE)})"
        return f"CASE WHEN {shaped} THEN TRY_CAST({text} AS DECIMAL(28, 10)) END"
    return _NO_DECIMAL


def _number(reader: Reader, column: str, text: str, kind: str) -> Read:
    decimal = _decimal(column, text, kind)
    if reader.function == "number":
        return Read(f"TRY_CAST({decimal} AS DECIMAL(18, 4))")
    if reader.function == "integer":
        whole = f"TRY_CAST({decimal} AS BIGINT)"
        return Read(f"CASE WHEN {whole} = {decimal} THEN {whole} END")
    amount = f"({decimal}) * CAST({reader.multiple} AS DECIMAL(7, 0))"
    fen = f"TRY_CAST({amount} AS BIGINT)"
    return Read(fen, rounded=f"{amount} <> {fen}")


# --- instants ------------------------------------------------------------------------------------


def _instant(reader: Reader, column: str, text: str, kind: str) -> Read:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return Read(utc=f"timezone('UTC', {column})")
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        local, utc = f"TRY_CAST({column} AS TIMESTAMP)", _NO_TIME
    else:
        local, utc = _told(text)
        if reader.function == "month":
            day = f"replace({text}, '-', '') || '01'"
            local = (
                f"CASE WHEN regexp_full_match({text}, {literal(MONTH_SHAPE)}) "
                f"THEN try_strptime({day}, '%Y%m%d') ELSE {local} END"
            )
    if reader.function == "instant" and reader.words:
        return Read(utc=f"coalesce({utc}, {to_utc(local, reader.words[0])})")
    return Read(local=local, utc=utc)


def _told(text: str) -> tuple[str, str]:
    """Return an instant that is written out: in the hospital's time, or with an offset."""
    dashed = f"replace({text}, '/', '-')"
    local = (
        f"CASE WHEN regexp_full_match({text}, {literal(LOCAL_SHAPE)}) "
        f"THEN TRY_CAST({dashed} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, {literal(COMPACT_SHAPE)}) THEN CASE length({text}) "
        f"WHEN 8 THEN try_strptime({text}, '%Y%m%d') "
        f"WHEN 12 THEN try_strptime({text}, '%Y%m%d%H%M') "
        f"ELSE try_strptime({text}, '%Y%m%d%H%M%S') END END"
    )
    utc = (
        f"CASE WHEN regexp_full_match({text}, {literal(OFFSET_SHAPE)}) "
        f"THEN timezone('UTC', TRY_CAST({dashed} AS TIMESTAMPTZ)) END"
    )
    return local, utc


def to_utc(local: str, zone: str) -> str:
    """Return the instant at which clocks of a zone say so, the first one where there are two."""
    place = literal(zone)
    late = f"timezone({place}, {local})"
    early = f"{late} - INTERVAL 1 HOUR"
    return (
        f"timezone('UTC', CASE WHEN timezone({place}, {early}) = {local} "
        f"THEN {early} ELSE {late} END)"
    )


def to_local(utc: str, zone: str) -> str:
    """Return what the clocks of a zone say at an instant."""
    return f"timezone({literal(zone)}, timezone('UTC', {utc}))"


def in_range(local: str) -> str:
    """Return a time, if it is one of which a hospital can speak."""
    return (
        f"CASE WHEN {local} >= TIMESTAMP '{FIRST_DAY}' AND {local} < TIMESTAMP '{DAY_BEHIND}' "
        f"THEN {local} END"
    )
