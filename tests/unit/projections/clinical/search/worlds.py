"""Invented resources as far as they are searched, and questions that are near to what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.unit.projections.clinical.search.matcher import Store, Stored

from lianyi.formats.fhir.definitions import SearchParameter, r4
from lianyi.formats.fhir.indexing import (
    Composite,
    Day,
    Number,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
)
from lianyi.projections.clinical.search.values import PREFIXES, escaped

TYPES = (
    "Patient", "Observation", "Encounter", "Practitioner", "Organization", "List", "ValueSet",
    "RiskAssessment", "DocumentReference", "Group", "AuditEvent",
)  # fmt: skip
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SYSTEMS = ("http://loinc.org", "urn:oid:1.2", None, "")
CODES = ("a", "A", "b", "8480-6", "c|d", "e,f", "g$h", "i\\j", "男")
TEXTS = (
    "Müller", "muller", "Mulder", "de la Cruz", "王小明", "王小", "O'Neil", "5,00|x\\y$z", "ＡＢＣ",
    "abc def", "a_b%c",
)  # fmt: skip
URIS = (
    "http://example.org/fhir/ValueSet/a", "http://example.org/fhir/ValueSet/ab",
    "http://example.org/fhir", "http://example.org/fhir/ValueSet/a|2.0", "urn:oid:2.16.840",
)  # fmt: skip
UNITS = (
    ("http://unitsofmeasure.org", "mg", "mg"), ("http://unitsofmeasure.org", "mm[Hg]", "mmHg"),
    (None, None, "tabs"), (None, "mg", None), (None, None, None),
)  # fmt: skip
NUMBERS = ("5", "5.0", "5.4", "5.40", "-3", "100", "99.6", "1e2", "0", "0.001")
DAYS = (
    "2020", "2020-03", "2020-03-01", "2020-03-31", "2020-12-31", "2021-01-01",
    "2020-03-01T08:30:00Z", "2020-03-01T08:30:15.250+08:00", "2026-11-30", "1955-07",
)  # fmt: skip


def range_of(text: str) -> tuple[datetime, datetime]:
    from tests.unit.projections.clinical.search.matcher import Matcher

    return Matcher._range(text)


class World:
    """Resources of one seed."""

    def __init__(self, seed: int, *, size: int) -> None:
        self.random = Random(seed)
        self.definitions = r4()
        self.store: Store = {}
        names = [(self.random.choice(TYPES), str(at)) for at in range(size)]
        self.names = names
        for type_, id_ in names:
            at = NOW - timedelta(seconds=self.random.choice([1, 60, 86_400, 9_000_000]))
            values = [one for code in self.codes(type_) for one in self.some_values(type_, code)]
            self.store[type_, id_] = Stored(type_, id_, values, at)

    def codes(self, type_: str) -> list[str]:
        return [
            code
            for code, one in self.definitions.search_parameters(type_).items()
            if one.expression and code not in ("_id", "_lastUpdated", "near")
        ]

    def some_values(self, type_: str, code: str) -> list[Value]:
        parameter = self.definitions.search_parameters(type_)[code]
        count = self.random.choice([0, 0, 1, 1, 1, 2, 3])
        return [self.value(parameter) for _ in range(count)]

    def value(self, parameter: SearchParameter, code: str = "") -> Any:
        pick, code = self.random.choice, code or parameter.code
        match parameter.type:
            case "token":
                said = None if pick([0, 0, 0, 0, 1]) else pick(CODES)
                kinds = (("http://v2-0203", "MN"),) if pick([0, 0, 1]) else ()
                return Token(code, pick(SYSTEMS) or None, said, pick([None, *TEXTS]), kinds)
            case "string":
                return String(code, pick(TEXTS))
            case "uri":
                return Uri(code, pick(URIS))
            case "date":
                low, high = range_of(pick(DAYS))
                if pick([0, 0, 1]):
                    high = max(high, range_of(pick(DAYS))[1])
                return Day(code, low, high)
            case "number":
                value = Decimal(pick(NUMBERS))
                return Number(code, value, value, value)
            case "quantity":
                return self._quantity(code)
            case "reference":
                return self._reference(parameter, code)
            case "composite":
                known = self.definitions.parameters_by_url
                parts = tuple(
                    tuple(self.value(known[one.definition], code) for _ in range(pick([1, 1, 2])))
                    for one in parameter.components
                )
                return Composite(code, parts)
        raise AssertionError(parameter)

    def _quantity(self, code: str) -> Quantity:
        pick = self.random.choice
        value = Decimal(pick(NUMBERS))
        system, unit_code, unit = pick(UNITS)
        if pick([0, 0, 0, 1]):
            low, high = (value, Decimal("Infinity")) if pick([0, 1]) else (value, value + 10)
            return Quantity(code, None, low, high, system, unit_code, unit)
        return Quantity(code, value, value, value, system, unit_code, unit)

    def _reference(self, parameter: SearchParameter, code: str) -> Reference:
        pick = self.random.choice
        if pick([0] * 6 + [1]):
            url = pick(URIS)
            return Reference(code, None, None, url.partition("|")[0], pick([None, "2.0"]), None)
        said = Token(code, pick(SYSTEMS) or None, pick(CODES)) if pick([0, 0, 1]) else None
        near = [one for one in self.names if one[0] in parameter.targets]
        if not near or (said and pick([0, 1])):
            return Reference(code, None, None, None, None, said)
        type_, id_ = pick(near)
        return Reference(code, type_, id_, None, None, said)

    # --- questions ------------------------------------------------------------------------------

    def question(self, type_: str, depth: int = 0) -> tuple[str, str]:
        """A name and value of a criterion; most of them find something."""
        pick = self.random.choice
        roll = self.random.random()
        definitions = self.definitions.search_parameters(type_)
        if depth < 3 and roll < 0.15:
            return self._chained(type_, depth)
        if depth < 3 and roll < 0.27:
            return self._had(type_, depth)
        if roll < 0.30:
            return pick(["_id", "_id:not"]), pick(self.names)[1]
        if roll < 0.32:
            return "_lastUpdated", pick(PREFIXES) + pick(
                ["2026-11-30", "2026", "2026-11-29T08:00Z"]
            )
        if roll < 0.33 and depth == 0:
            return "_list", next((id_ for kind, id_ in self.names if kind == "List"), "x")
        code = pick(self.codes(type_))
        parameter = definitions[code]
        if self.random.random() < 0.08:
            return f"{code}:missing", pick(["true", "false"])
        modifier = pick(
            {
                "string": ["", "", "exact", "contains"],
                "token": [
                    "",
                    "",
                    "",
                    "not",
                    "text",
                    *(["of-type"] if code == "identifier" else []),
                ],
                "uri": ["", "below", "above"],
                "reference": ["", "", "identifier", *parameter.targets[:1]],
            }.get(parameter.type, [""])
        )
        texts = [self.text(parameter, modifier) for _ in range(pick([1, 1, 1, 2]))]
        return f"{code}:{modifier}" if modifier else code, ",".join(texts)

    def _chained(self, type_: str, depth: int) -> tuple[str, str]:
        pick = self.random.choice
        references = [
            one
            for one in self.definitions.search_parameters(type_).values()
            if one.type == "reference" and set(one.targets) & set(TYPES)
        ]
        if not references:
            return self.question(type_, depth)
        parameter = pick(references)
        target = pick([one for one in parameter.targets if one in TYPES])
        name, value = self.question(target, depth + 1)
        return f"{parameter.code}{pick(['', ':' + target])}.{name}", value

    def _had(self, type_: str, depth: int) -> tuple[str, str]:
        pick = self.random.choice
        sources = [
            (source, one.code)
            for source in TYPES
            for one in self.definitions.search_parameters(source).values()
            if one.type == "reference" and type_ in one.targets
        ]
        source, code = pick(sources)
        name, value = self.question(source, depth + 1)
        return f"_has:{source}:{code}:{name}", value

    def text(self, parameter: SearchParameter, modifier: str, *, system: bool = True) -> str:
        """A value to ask for, escaped."""
        pick = self.random.choice
        match parameter.type:
            case "string":
                text = pick(TEXTS)
                begin = self.random.randrange(len(text)) if modifier == "contains" else 0
                end = begin + 1 + self.random.randrange(len(text) - begin)
                return escaped(text[begin:end] if modifier != "exact" else text)
            case "token":
                if modifier == "text":
                    return escaped(pick(TEXTS)[:3])
                if modifier == "of-type":
                    return f"http://v2-0203|MN|{escaped(pick(CODES))}"
                return self._token_text(system=system)
            case "uri":
                return escaped(pick(URIS))
            case "date":
                return pick(["", *PREFIXES]) + pick(DAYS)
            case "number":
                return pick(["", *PREFIXES]) + pick(NUMBERS)
            case "quantity":
                unit = pick(["", "", *(self._unit(one) for one in UNITS)])
                return pick(["", *PREFIXES]) + pick(NUMBERS) + unit
            case "reference":
                if modifier == "identifier":
                    return self._token_text(system=False)
                type_, id_ = pick(self.names)
                if modifier:
                    return id_
                return pick([f"{type_}/{id_}", id_, escaped(pick(URIS[:3])), URIS[3]])
        known = self.definitions.parameters_by_url
        return "$".join(
            self.text(known[one.definition], "", system=False) for one in parameter.components
        )

    def _token_text(self, *, system: bool) -> str:
        pick, code = self.random.choice, escaped(self.random.choice(CODES))
        return pick(
            [code, f"|{code}", f"{SYSTEMS[0]}|{code}", *([f"{SYSTEMS[1]}|"] if system else [])]
        )

    @staticmethod
    def _unit(unit: tuple[str | None, str | None, str | None]) -> str:
        system, code, text = unit
        said = code or text or ""
        return f"|{system or ''}|{said}" if said and (code or not system) else ""
