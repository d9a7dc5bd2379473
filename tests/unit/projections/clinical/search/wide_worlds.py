"""Worlds with words, places and resources in resources, and questions about those; filters."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tests.unit.projections.clinical.search.matcher import Stored
from tests.unit.projections.clinical.search.worlds import TYPES, World

from lianyi.formats.fhir.definitions import SearchParameter
from lianyi.formats.fhir.indexing import Position
from lianyi.projections.clinical.dated_store import PAIRS
from lianyi.projections.clinical.search.filters.expressions import FITTING
from lianyi.projections.clinical.search.values import escaped

PIECES = (
    "双肺纹理增粗", "左肺下叶结节", "结节", "Fever", "fever of 38.5℃", "FEVER,", "no feverish",
    "肺", "résumé", "O2 sat", "ＣＲＰ", "crp 12", "发热3天", "咳嗽、咳痰", "肺炎。支原体", "-",
    "かぜ",
)  # fmt: skip
ASKED = (
    "肺", "结节", "下叶结节", "fever", "fever 38", "\"fever of\"", "crp", "resume", "发热3天",
    "咳痰",
    "肺炎 支原体", "肺 not 结节", "not fever", "\"肺下\"", "fev", "叶肺", "かぜ", "结节 or crp",
    "肺炎支原体", "not 肺 not fever",
)  # fmt: skip
PLACES = ("39.9", "40.1", "-33.9", "0", "89.99", "31.2")
FURTHER = ("116.4", "116.9", "-116.4", "151.2", "179.99", "-179.99")


class WideWorld(World):
    """Resources of one seed that have more to them."""

    types = (*TYPES, "Location")

    def __init__(self, seed: int, *, size: int) -> None:
        super().__init__(seed, size=size)
        pick = self.random.choice
        for at in range(size // 8):
            name = ("Location", f"l{at}")
            values = [
                one for code in self.codes("Location") for one in self.some_values(*name[:1], code)
            ]
            place = Position("near", Decimal(pick(PLACES)), Decimal(pick(FURTHER)))
            self.store[name] = Stored(
                *name, [*values, place], next(iter(self.store.values())).updated_at
            )
        for at in range(size // 4):  # most resources have one date
            name = (pick([one for one in TYPES if one in PAIRS]), f"d{at}")
            values = [v for code in self.codes(name[0]) for v in self.some_values(name[0], code)]
            dates = {one.parameter: one for one in values if one.parameter in PAIRS[name[0]]}
            values = [one for one in values if one.parameter not in dates] + list(dates.values())
            self.store[name] = Stored(*name, values, next(iter(self.store.values())).updated_at)
        for one in self.store.values():
            one.resource = self._said(one)
            for at in range(pick([0, 0, 0, 1, 2])):
                type_ = pick(TYPES)
                inside = [v for code in self.codes(type_) for v in self.some_values(type_, code)]
                one.inner.append(Stored(type_, f"c{at}", inside, one.updated_at))

    def _said(self, one: Stored) -> dict[str, Any]:
        pick = self.random.choice
        said: dict[str, Any] = {"resourceType": one.type, "note": [{"text": self._prose()}]}
        if pick([0, 1]):
            div = f"<div xmlns='http://www.w3.org/1999/xhtml'><p>{self._prose()}</p></div>"
            said["text"] = {"status": "generated", "div": div}
        return said

    def _prose(self) -> str:
        return self.random.choice(["", " ", ", "]).join(
            self.random.choice(PIECES) for _ in range(self.random.choice([0, 1, 2, 4]))
        )

    # --- questions ------------------------------------------------------------------------------

    def worded(self) -> tuple[str, str]:
        return self.random.choice(["_text", "_content"]), self.random.choice(ASKED)

    def near(self) -> tuple[str, str]:
        pick = self.random.choice
        far = pick(["", "|1", "|50", "|600|km", "|30|[mi_us]", "|45000|m", "|20000"])
        return "near", f"{pick(PLACES)}|{pick(FURTHER)}{far}"

    def filter(self, type_: str, depth: int = 0) -> str:
        """An expression over a type."""
        pick = self.random.choice
        roll = self.random.random()
        if depth < 3 and roll < 0.3:
            signs = [pick([" and ", " or "]) for _ in range(pick([1, 2]))]
            parts = [self.filter(type_, depth + 1) for _ in range(len(signs) + 1)]
            text = parts[0] + "".join(s + p for s, p in zip(signs, parts[1:], strict=True))
            return f"({text})" if depth else text
        if depth < 3 and roll < 0.4:
            return f"not ({self.filter(type_, depth + 1)})"
        if depth < 2 and roll < 0.6 and (chained := self._linked(type_, depth)):
            return chained
        if roll < 0.66:
            return f"{pick(['_text', '_content'])} co {json.dumps(pick(ASKED))}"
        if roll < 0.7:
            return f"_id {pick(['eq', 'ne'])} {pick(self.names)[1]}"
        return self._compared(type_)

    def _linked(self, type_: str, depth: int) -> str:
        pick = self.random.choice
        references = [
            one
            for one in self.definitions.search_parameters(type_).values()
            if one.type == "reference" and set(one.targets) & set(TYPES) and len(one.targets) < 9
        ]
        if not references:
            return ""
        parameter = pick(references)
        target = pick([one for one in parameter.targets if one in TYPES])
        bracket = f"[{self.filter(target, depth + 1)}]" if pick([0, 0, 1]) else ""
        return f"{parameter.code}{bracket}.{self._compared(target)}"

    def _compared(self, type_: str) -> str:
        pick = self.random.choice
        parameter = self.definitions.search_parameters(type_)[pick(self.codes(type_))]
        operator = pick(sorted(FITTING[parameter.type] - {"in", *(
            ("ss", "sb") if parameter.type == "token" else ()
        )}))  # fmt: skip
        if operator == "pr":
            return f"{parameter.code} pr {pick(['true', 'false'])}"
        return f"{parameter.code} {operator} {json.dumps(self._value(parameter, operator))}"

    def _value(self, parameter: SearchParameter, operator: str) -> str:
        if parameter.type == "token" and operator in ("co", "sw", "ew"):
            return self.text(parameter, "text")
        text = self.text(parameter, "contains" if operator == "co" else "")
        if parameter.type in ("string", "uri"):
            text = text.replace("\\", "")
        if parameter.type in ("date", "number", "quantity"):
            return text[2:] if text[:2].isalpha() else text
        return text


SYSTEM = "http://loinc.org"
PARENTS = {("A", "a"), ("b", "A"), ("8480-6", "b"), ("e,f", "a"), ("男", "c|d"), ("a", "男")}
SETS = {"urn:set:1": {"a", "8480-6"}, "urn:set:2": {"男", "c|d", "i\\j"}, "urn:set:3": {"e,f"}}


def code_question(world: WideWorld, type_: str) -> tuple[str, str]:
    """A criterion of what codes mean: as a parameter, or in a filter."""
    pick = world.random.choice
    tokens = [
        code
        for code in world.codes(type_)
        if world.definitions.search_parameters(type_)[code].type == "token"
    ]
    name = pick(tokens)
    code = pick(sorted({one for pair in PARENTS for one in pair} - {"c|d"}))
    value = f"{SYSTEM}|{escaped(code)}"
    if pick([0, 0, 1]):
        said = pick(
            [f"in {pick(sorted(SETS))}", f"ss {json.dumps(value)}", f"sb {json.dumps(value)}"]
        )
        return "_filter", pick([f"{name} {said}", f"not ({name} {said})"])
    if pick([0, 1]):
        return f"{name}:{pick(['in', 'not-in'])}", ",".join(
            {pick(sorted(SETS)), pick(sorted(SETS))}
        )
    return f"{name}:{pick(['below', 'above'])}", value


def dated_question(world: WideWorld) -> tuple[str, list[tuple[str, str]]]:
    """A type, and criteria of a code and a date of it, perhaps among others."""
    pick = world.random.choice
    type_ = pick([one for one in TYPES if one in PAIRS])
    known = world.definitions.search_parameters(type_)
    date = pick(sorted(PAIRS[type_]))
    code = PAIRS[type_][date]
    dates = [(date, world.text(known[date], "")) for _ in range(pick([1, 1, 2]))]
    codes = [(code, ",".join(world.text(known[code], "") for _ in range(pick([1, 2]))))]
    more = [world.question(type_)] if pick([0, 0, 1]) else []
    return type_, [*dates, *codes, *more]


def inner_question(world: WideWorld, type_: str) -> tuple[str, str] | None:
    """A criterion of what is contained: of itself, or one step further."""
    for _ in range(50):
        name, value = world.question(type_, 1)
        if not name.startswith(("_", "subject._has")) and "_has" not in name:
            return name, value
    return None
