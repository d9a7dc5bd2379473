"""What a search means, told naively: every criterion is held against every value in memory.

It shares with the product the reading of names (which parameter, which chain) and nothing of what
is said of values, so that each may be wrong by itself.
"""

from __future__ import annotations

import calendar
import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from lianyi.formats.fhir.definitions import Definitions
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
    content_text,
    narrative_text,
)
from lianyi.projections.clinical.search.filters.expressions import (
    Compared,
    Filter,
    Filtered,
    Joined,
    Linked,
)
from lianyi.projections.clinical.search.parameters import Chain, Criterion, Has, Plain


@dataclass
class Stored:
    """A resource as far as it is searched."""

    type: str
    id: str
    values: list[Value]
    updated_at: datetime
    resource: dict[str, Any] = field(default_factory=dict)
    """As far as its words and what it contains are searched; empty: only its values are."""
    inner: list[Stored] = field(default_factory=list)

    def of(self, code: str) -> list[Value]:
        return [one for one in self.values if one.parameter == code]


Store = dict[tuple[str, str], Stored]


def parts_of(text: str, mark: str) -> list[str]:
    found, now, escaped = [], "", False
    for character in text:
        if escaped:
            now, escaped = now + "\\" + character, False
        elif character == "\\":
            escaped = True
        elif character == mark:
            found.append(now)
            now = ""
        else:
            now += character
    return [*found, now + ("\\" if escaped else "")]


def meant(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("\\", ",", "|", "$"):
            at += 1
        out += text[at]
        at += 1
    return out


def flat(text: str) -> str:
    """A text without case, accents and width."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(one for one in text if unicodedata.category(one) not in ("Mn", "Mc", "Me"))
    return " ".join(unicodedata.normalize("NFKC", text).split())[:500]


def apart(text: str) -> list[str]:
    """Words, and characters of scripts that write none, without case and accents."""
    row: list[str] = [""]
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(one for one in text if not unicodedata.combining(one))
    for one in unicodedata.normalize("NFKC", text).lower():
        if "\u3040" <= one <= "\uffef":
            row += [one, ""]
        elif one.isalnum():
            row[-1] += one
        else:
            row.append("")
    return [one for one in row if one]


def phrases_of(group: str) -> list[tuple[bool, list[str]]]:
    """What stands between blanks or quotes, each with whether it must not be there."""
    found, negated = [], False
    for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', group):
        if bare == "not":
            negated = True
        elif bare != "and":
            found.append((negated, apart(quoted or bare)))
            negated = False
    return found


class Matcher:
    """Tells what a search finds."""

    def __init__(self, store: Store, definitions: Definitions, now: datetime) -> None:
        self.store = store
        self.definitions = definitions
        self.now = now
        self.system = ""
        self.sets: dict[str, set[str]] = {}
        self.parents: set[tuple[str, str]] = set()

    def find(self, types: tuple[str, ...], criteria: tuple[Criterion, ...]) -> list[Stored]:
        return [
            one
            for one in self.store.values()
            if one.type in types and all(self.meets(one, each) for each in criteria)
        ]

    def meets(self, one: Stored, criterion: Criterion) -> bool:
        if isinstance(criterion, Plain):
            return self._plain(one, criterion)
        if isinstance(criterion, Filtered):
            return self._filter(one, criterion.filter)
        if isinstance(criterion, Chain):
            for value in one.of(criterion.parameter.code):
                assert isinstance(value, Reference)
                other = self.store.get(("" if value.url else value.type or "", value.id or ""))
                if other and any(
                    other.type == inner.types[0] and self.meets(other, inner)
                    for inner in criterion.inner
                ):
                    return True
            return False
        if isinstance(criterion, Has):
            return any(
                other.type == criterion.source
                and self.meets(other, criterion.inner)
                and any(
                    isinstance(value, Reference) and (value.type, value.id) == (one.type, one.id)
                    for value in other.of(criterion.parameter.code)
                )
                for other in self.store.values()
            )
        return any(
            isinstance(value, Reference) and (value.type, value.id) == (one.type, one.id)
            for id_ in criterion.lists
            if (held := self.store.get(("List", id_)))
            for value in held.of("item")
        )

    def inside(self, types: tuple[str, ...], criteria: tuple[Criterion, ...]) -> list[Stored]:
        """What contains something that all criteria mean."""
        return [
            one
            for one in self.store.values()
            if any(
                each.type in types and all(self.meets(each, said) for said in criteria)
                for each in one.inner
            )
        ]

    # --- filters --------------------------------------------------------------------------------

    def _filter(self, one: Stored, said: Filter) -> bool:
        if isinstance(said, Joined):
            found = [self._filter(one, part) for part in said.parts]
            return {"and": all(found), "or": any(found), "not": not found[0]}[said.by]
        if isinstance(said, Linked):
            return any(
                (value.url, value.type) == (None, target)
                and (other := self.store.get((target, value.id or ""))) is not None
                and self._filter(other, inner)
                for value in one.of(said.parameter.code)
                if isinstance(value, Reference)
                for target, inner in said.inner
            )
        return self._compared(one, said)

    def _codes(self, modifier: str, text: str) -> set[tuple[str, str]]:
        """What codes a value set or hierarchy means; ``parents`` are of the one system known."""
        if modifier in ("in", "not-in"):
            return {(self.system, code.casefold()) for code in self.sets[text]}
        code = meant(parts_of(text, "|")[1])
        held = {code}
        for _ in self.parents:
            for low, high in self.parents:
                one, other = (high, low) if modifier == "below" else (low, high)
                held |= {other} if one in held else set()
        return {(self.system, code.casefold()) for code in held}

    def _compared(self, one: Stored, said: Compared) -> bool:
        code, operator, text = said.parameter.code, said.operator, said.value
        plain = Plain(said.types, said.parameter, "", (text,))
        if code in ("_text", "_content", "_id"):
            return self._plain(one, plain) != (operator == "ne")
        found = one.of(code)
        if code == "_lastUpdated":
            found = [Day(code, one.updated_at, one.updated_at + timedelta(microseconds=1))]
        if operator == "pr":
            return bool(found) == (text == "true")
        match said.parameter.type:
            case "date":
                days = [value for value in found if isinstance(value, Day)]
                if operator == "po":
                    a, b = self._range(text)
                    return any(value.low < b and value.high > a for value in days)
                return any(self._day(value, operator + text) for value in days)
            case "number" | "quantity":
                return any(self._one(value, operator + text, "", "", plain) for value in found)
            case "string" | "token" | "uri" if (
                operator in ("co", "sw", "ew") or said.parameter.type == "string"
            ):
                return any(self._text(value, operator, text) for value in found)
        if said.parameter.type == "token" and operator in ("in", "ss", "sb"):
            modifier = {"in": "in", "ss": "below", "sb": "above"}[operator]
            return self._plain(one, plain._replace(modifier=modifier))
        if operator == "ss":
            return any(isinstance(v, Uri) and self._uri(v.uri, text, "below") for v in found)
        if operator == "sb":
            return any(isinstance(v, Uri) and self._uri(v.uri, text, "above") for v in found)
        same = any(self._one(value, text, "", "", plain) for value in found)
        return bool(found) and not same if operator == "ne" else same

    @staticmethod
    def _text(value: Value, operator: str, text: str) -> bool:
        match value:
            case String(text=held) | Token(text=str(held)):
                held, text = flat(held), flat(text)
            case Uri(uri=held):
                pass
            case _:
                return False
        return {
            "eq": held == text,
            "ne": held != text,
            "co": text in held,
            "sw": held.startswith(text),
            "ew": held.endswith(text),
            "gt": held > text,
            "lt": held < text,
            "ge": held >= text,
            "le": held <= text,
        }[operator]

    # --- words and places -----------------------------------------------------------------------

    @staticmethod
    def _words(one: Stored, code: str, asked: str) -> bool:
        """Phrases with `or` between groups of them, some behind `not`; no parentheses."""
        held = narrative_text(one.resource) if code == "_text" else content_text(one.resource)
        row = apart(held)
        return any(
            all(
                any(row[at : at + len(p)] == p for at in range(len(row))) != negated
                for negated, p in phrases
            )
            for phrases in (phrases_of(group) for group in asked.split(" or "))
        )

    @staticmethod
    def _near(value: Position, text: str) -> bool:
        north, east, *rest = text.split("|")
        far, unit = (float(rest[0]) if rest and rest[0] else 10), (rest[1] if rest[1:] else "km")
        metres = far * {"km": 1000, "": 1000, "m": 1, "[mi_us]": 1609.347219}[unit]
        a, b = math.radians(float(value.latitude)), math.radians(float(north))
        turn = math.radians(float(value.longitude) - float(east))
        cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
        return 6_371_008.8 * math.acos(max(-1, min(1, cosine))) <= metres

    def _plain(self, one: Stored, plain: Plain) -> bool:
        code, modifier = plain.parameter.code, plain.modifier
        found = one.of(code)
        if code == "_id":
            is_one = one.id in [meant(value) for value in plain.values]
            return is_one != (modifier == "not")
        if code == "_lastUpdated":
            there = Day("_lastUpdated", one.updated_at, one.updated_at + timedelta(microseconds=1))
            return any(self._day(there, value) for value in plain.values)
        if code in ("_text", "_content"):
            return any(self._words(one, code, meant(value)) for value in plain.values)
        if modifier == "missing":
            return (not found) == (plain.values[0] == "true")
        if modifier == "of-type":
            return any(
                (system, kind, (token.code or "").casefold())
                == (said[0], said[1], said[2].casefold())
                for text in plain.values
                for said in [[meant(part) for part in parts_of(text, "|")]]
                for token in found
                if isinstance(token, Token) and token.code
                for system, kind in token.kinds
            )
        if plain.parameter.type == "token" and modifier in ("in", "not-in", "below", "above"):
            meant_codes = {pair for text in plain.values for pair in self._codes(modifier, text)}
            has = any(
                isinstance(v, Token) and (v.system, (v.code or "").casefold()) in meant_codes
                for v in found
            )
            return has != (modifier == "not-in")
        if modifier == "not":
            return not self._plain(one, plain._replace(modifier=""))
        return any(
            self._one(value, text, plain.parameter.type, modifier, plain)
            for value in found
            for text in plain.values
        )

    def _one(self, value: Value, text: str, kind: str, modifier: str, plain: Any) -> bool:
        match value:
            case String():
                return self._string(value.text, meant(text), modifier)
            case Token():
                if modifier == "text":
                    return bool(value.text) and flat(value.text or "").startswith(flat(meant(text)))
                return self._token(value, text)
            case Day():
                return self._day(value, text)
            case Number() | Quantity():
                return self._amount(value, text)
            case Uri():
                return self._uri(value.uri, meant(text), modifier)
            case Reference():
                return self._reference(value, text, modifier)
            case Composite():
                return self._composite(value, text)
            case Position():
                return self._near(value, text)
        raise AssertionError(value)

    @staticmethod
    def _string(said: str, text: str, modifier: str) -> bool:
        if modifier == "exact":
            return said == text
        if modifier == "contains":
            return flat(text) in flat(said)
        return flat(said).startswith(flat(text))

    @staticmethod
    def _token(value: Token, text: str) -> bool:
        system, bar, code = text.partition("|") if "\\" not in text else ("", "", "")
        if "\\" in text:
            parts = [meant(part) for part in parts_of(text, "|")]
            system, bar, code = (parts[0], "|", parts[1]) if len(parts) == 2 else (parts[0], "", "")
        if not bar:
            return bool(value.code) and (value.code or "").casefold() == system.casefold()
        if (value.system or "") != system:
            return False
        if not code:
            return True
        return (value.code or "").casefold() == code.casefold()

    @staticmethod
    def _uri(said: str, text: str, modifier: str) -> bool:
        if modifier == "below":
            return said == text or said.startswith(text if text.endswith("/") else text + "/")
        if modifier == "above":
            return said == text or text.startswith(said.rstrip("/") + "/")
        return said == text

    def _reference(self, value: Reference, text: str, modifier: str) -> bool:
        if modifier == "identifier":
            return value.identifier is not None and self._token(value.identifier, text)
        said = meant(text)
        if re.fullmatch(r"[A-Z]\w+/[^/]+", said):
            return value.url == said or (f"{value.type}/{value.id}" == said and not value.url)
        if "/" not in said and ":" not in said:
            return (
                value.id == said
                and bool(value.type)
                and not value.url
                and modifier in ("", value.type)
            )
        url, _, version = said.partition("|")
        return value.url == url and (not version or value.version == version)

    # --- numbers --------------------------------------------------------------------------------

    @staticmethod
    def _within(value: Number | Quantity, text: str) -> bool:
        prefix = text[:2] if text[:2].isalpha() else "eq"
        digits = text[2:] if text[:2].isalpha() else text
        x = Decimal(digits)
        with localcontext(prec=3000):
            half = Decimal(1).scaleb(int(x.as_tuple().exponent)) / 2
        least, most = value.low, value.high
        if value.value is not None:
            least = most = value.value
        match prefix:
            case "eq":
                return x - half <= least and most < x + half
            case "ne":
                return not (x - half <= least and most < x + half)
            case "gt":
                return most > x
            case "ge":
                return most >= x
            case "lt":
                return least < x
            case "le":
                return least <= x
            case "sa":
                return least > x
            case "eb":
                return most < x
        near = max(abs(x) / 10, half)
        return least <= x + near and most >= x - near

    def _amount(self, value: Number | Quantity, text: str) -> bool:
        number, *unit = parts_of(text, "|")
        if not self._within(value, number):
            return False
        if not unit or not unit[1]:
            return True
        assert isinstance(value, Quantity)
        system, code = map(meant, unit)
        if system:
            return (value.system, value.code) == (system, code)
        return code in (value.code, value.unit)

    # --- dates ----------------------------------------------------------------------------------

    @staticmethod
    def _range(text: str) -> tuple[datetime, datetime]:
        if len(text) == 4:
            return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
        if len(text) == 7:
            first = datetime.strptime(text + "-01", "%Y-%m-%d").replace(tzinfo=UTC)
            days = calendar.monthrange(first.year, first.month)[1]
            return first, first + timedelta(days=days)
        if len(text) == 10:
            first = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            return first, first + timedelta(days=1)
        first = datetime.fromisoformat(text)
        first = (first if first.tzinfo else first.replace(tzinfo=UTC)).astimezone(UTC)
        clock = re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text.partition("T")[2])
        step = {5: timedelta(minutes=1), 8: timedelta(seconds=1), 12: timedelta(milliseconds=1)}
        return first, first + step[len(clock)]

    def _day(self, value: Day, text: str) -> bool:
        prefix = text[:2] if text[:2].isalpha() else "eq"
        a, b = self._range(text[2:] if text[:2].isalpha() else text)
        low, high = value.low, value.high
        inside = a <= low and high <= b
        match prefix:
            case "eq":
                return inside
            case "ne":
                return not inside
            case "gt":
                return high > b
            case "lt":
                return low < a
            case "ge":
                return inside or high > b
            case "le":
                return inside or low < a
            case "sa":
                return low >= b
            case "eb":
                return high <= a
        near = abs(self.now - a) * 0.1
        return low < b + near and high > a - near

    # --- composites -----------------------------------------------------------------------------

    def _composite(self, value: Composite, text: str) -> bool:
        parts = parts_of(text, "$")
        assert len(parts) == len(value.parts)
        return all(
            any(self._one(one, said, "", "", None) for one in held)
            for held, said in zip(value.parts, parts, strict=True)
        )
