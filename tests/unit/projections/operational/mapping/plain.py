"""The same language, read by plain Python one row at a time: what DuckDB is compared with."""

# ruff: noqa: DTZ001, DTZ007 - times as the clocks say

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lianyi.projections.operational.mapping.model import FactMapping, Part
from lianyi.projections.operational.mapping.terms import Constant, Reader, Sort, Term
from lianyi.projections.operational.star import ORIGIN, Kind, month_column

BLANKS = " \t\r\n\v\f\u00a0\u3000"
Row = dict[str, Any]
INT64 = range(-(2**63), 2**63)


def text_of(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip(BLANKS) or None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        told = value.strftime("%Y-%m-%d %H:%M:%S")
        return told + (f".{value.microsecond:06}".rstrip("0") if value.microsecond else "")
    return value.isoformat() if isinstance(value, date) else str(value)


class PlainRow:
    """One row of a table with what is looked up for it."""

    def __init__(self, source: str, row: Row, looked_up: dict[str, Row], zone: str) -> None:
        self.source = source
        self.rows = {"": row, **looked_up}
        self.zone = ZoneInfo(zone)
        self.lost: list[Reader] = []
        self.rounded = False

    def value(self, term: Term) -> Any:
        """Return a term; an instant as what the clocks say and the moment in UTC."""
        if isinstance(term, Constant):
            return term.value
        if isinstance(term, Reader):
            return self.read(term)
        given = [self.value(one) for one in term.terms]
        return getattr(self, f"do_{term.function}")(term, given)

    # --- joined ----------------------------------------------------------------------------------

    def do_key(self, _: Term, given: list[Any]) -> Any:
        return None if None in given else "^".join([self.source, *given])

    def do_record(self, _: Term, given: list[Any]) -> Any:
        return None if None in given else "^".join(given)

    def do_first_of(self, _: Term, given: list[Any]) -> Any:
        return next((one for one in given if one is not None), None)

    def do_if(self, _: Term, given: list[Any]) -> Any:
        return {True: given[1], False: given[2], None: None}[given[0]]

    def do_not(self, _: Term, given: list[Any]) -> Any:
        return None if given[0] is None else not given[0]

    def do_all(self, _: Term, given: list[Any]) -> Any:
        return False if False in given else None if None in given else True

    def do_any(self, _: Term, given: list[Any]) -> Any:
        return True if True in given else None if None in given else False

    def do_days_between(self, _: Term, given: list[Any]) -> Any:
        return None if None in given else (given[1][0].date() - given[0][0].date()).days

    def do_plus(self, term: Any, given: list[Any]) -> Any:
        return None if None in given else fitting(sum(given), term.sort)

    def do_minus(self, term: Any, given: list[Any]) -> Any:
        return None if None in given else fitting(given[0] - given[1], term.sort)

    def do_times(self, term: Any, given: list[Any]) -> Any:
        return None if None in given else fitting(Decimal(given[0]) * given[1], term.sort)

    # --- readers ---------------------------------------------------------------------------------

    def read(self, reader: Reader) -> Any:
        raw = self.rows[reader.column.of].get(reader.column.name)
        said = text_of(raw)
        if reader.function == "said":
            return said is not None
        if said is None:
            return None
        found = getattr(self, f"read_{reader.function}")(reader, raw, said)
        if found is None and (said, None) not in reader.codes:
            self.lost.append(reader)
        return found

    def read_text(self, _: Reader, raw: Any, said: str) -> Any:
        return said

    def read_flag(self, reader: Reader, raw: Any, said: str) -> Any:
        return said in reader.words

    def read_code(self, reader: Reader, raw: Any, said: str) -> Any:
        return dict(reader.codes).get(said)

    def read_integer(self, _: Reader, raw: Any, said: str) -> Any:
        found = decimal_of(raw, said)
        whole = found is not None and found == found.to_integral_value()
        return int(found) if found is not None and whole and int(found) in INT64 else None

    def read_number(self, _: Reader, raw: Any, said: str) -> Any:
        found = decimal_of(raw, said)
        return None if found is None else fitting(found, Sort.NUMBER)

    def read_fen(self, reader: Reader, raw: Any, said: str) -> Any:
        found = decimal_of(raw, said)
        if found is None:
            return None
        fen = int((found * reader.multiple).quantize(Decimal(1), ROUND_HALF_UP))
        if fen not in INT64:
            return None
        self.rounded |= fen != found * reader.multiple
        return fen

    def read_instant(self, reader: Reader, raw: Any, said: str) -> Any:
        found = moment_of(raw, said)
        if found is not None and found.tzinfo is None and reader.words:
            found = found.replace(tzinfo=ZoneInfo(reader.words[0])).astimezone(UTC)
        return self.told(found)

    def read_date(self, _: Reader, raw: Any, said: str) -> Any:
        return self.begun(moment_of(raw, said), day=None)

    def read_month(self, _: Reader, raw: Any, said: str) -> Any:
        if isinstance(raw, str) and re.fullmatch("[0-9]{4}-?(0[1-9]|1[0-2])", said):
            year = int(said[:4])
            return self.told(datetime(year, int(said[-2:]), 1)) if year else None
        return self.begun(moment_of(raw, said), day=1)

    def begun(self, found: datetime | None, *, day: int | None) -> Any:
        told = self.told(found)
        if told is None:
            return None
        first = told[0].replace(hour=0, minute=0, second=0, microsecond=0)
        return self.told(first.replace(day=day) if day else first)

    def told(self, found: datetime | None) -> Any:
        if found is None:
            return None
        local = found.astimezone(self.zone).replace(tzinfo=None) if found.tzinfo else found
        if not 1900 <= local.year < 2200:
            return None
        at = found if found.tzinfo else found.replace(tzinfo=self.zone)
        return local, at.astimezone(UTC).replace(tzinfo=None)


def fitting(value: Any, sort: Sort) -> Any:
    if sort is not Sort.NUMBER:
        return value if value in INT64 else None
    found = Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return found if abs(found) < 10**14 else None


def decimal_of(raw: Any, said: str) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, str, Decimal, float)):
        return None
    if isinstance(raw, (str, float)):
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?", said):
            return None
        return Decimal(said).quantize(Decimal("1e-10"), ROUND_HALF_UP)
    return Decimal(raw)


def moment_of(raw: Any, said: str) -> datetime | None:
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, date):
        return datetime.combine(raw, time())
    if not isinstance(raw, str):
        return None
    day = r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    clock = r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?"
    offset = r"(Z|([+-])(0[0-9]|1[0-4]):?([0-5][0-9]))"
    try:
        if found := re.fullmatch(r"[0-9]{8}(([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?)?", said):
            filled = said.ljust(14, "0")
            return datetime.strptime(filled, "%Y%m%d%H%M%S")
        if found := re.fullmatch(day, said):
            return datetime(*map(int, found.groups()))
        if found := re.fullmatch(f"{day}[ T]{clock}(?:{offset})?", said):
            year, month, dom, hour, minute, second, part, zoned, sign, hours, minutes = (
                found.groups()
            )
            micro = int((part or "0")[:6].ljust(6, "0"))
            at = datetime(
                int(year), int(month), int(dom), int(hour), int(minute), int(second or 0), micro
            )
            if not zoned:
                return at
            away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
            return at.replace(tzinfo=timezone(-away if sign == "-" else away))
    except ValueError:
        pass
    return None


class PlainFact:
    """A fact made of rows in memory."""

    def __init__(self, mapping: FactMapping, tables: dict[str, list[Row]], zone: str) -> None:
        self.unread: Counter[str] = Counter()
        self.rounded: Counter[str] = Counter()
        self.unmapped: dict[str, Counter[str]] = {}
        self.left_out = 0
        made: list[Row] = []
        for part in mapping.parts:
            for number, row in enumerate(tables[part.table]):
                found = self._row(mapping, part, row, tables, zone, number)
                if found is not None:
                    made.append(found)
        key = mapping.fact.key
        keys = Counter(row[key] for row in made)
        self.no_key = keys.pop(None, 0)
        self.twice = sum(count for count in keys.values() if count > 1)
        self.rows = sorted(
            (row for row in made if row[key] and keys[row[key]] == 1), key=lambda row: row[key]
        )

    def _row(
        self,
        mapping: FactMapping,
        part: Part,
        row: Row,
        tables: dict[str, list[Row]],
        zone: str,
        number: int,
    ) -> Row | None:
        looked_up: dict[str, Row] = {}
        for one in part.lookups:
            pairs = [
                ((looked_up[ours.of] if ours.of else row).get(ours.name), theirs)
                for ours, theirs in one.by
            ]
            looked_up[one.name] = next(
                (
                    other
                    for other in tables[one.table]
                    if all(ours is not None and other.get(theirs) == ours for ours, theirs in pairs)
                ),
                {},
            )
        plain = PlainRow(mapping.source, row, looked_up, zone)
        if part.where is not None and plain.value(part.where) is not True:
            self.left_out += 1
            return None
        made: Row = {ORIGIN: f"0-7#{number}"}
        for name, column in mapping.fact.columns.items():
            if name == ORIGIN:
                continue
            plain.lost, plain.rounded = [], False
            term = part.columns.get(name)
            value = plain.value(term) if term else None
            if column.kind is Kind.INSTANT:
                local, value = value or (None, None)
                made[month_column(name)] = (
                    (local.year - 2000) * 12 + local.month - 1 if local else None
                )
            made[name] = value
            self.unread[name] += bool(plain.lost)
            self.rounded[name] += plain.rounded
            for reader in plain.lost:
                if reader.function == "code":
                    raw = plain.rows[reader.column.of][reader.column.name]
                    self.unmapped.setdefault(name, Counter())[str(text_of(raw))] += 1
        return made
