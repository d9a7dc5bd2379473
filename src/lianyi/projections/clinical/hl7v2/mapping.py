"""Mapping tables: which field of a segment becomes which element. Read once, made into closures.

``tables/*.yaml`` hold one table for each segment and resource, reviewed as data. A row says::

    - { of: 7, to: "participant[]", in: individual, as: practitioner, with: {...}, when: "2 = P" }

======  =========================================================================================
of      the field; ``of: 7.2`` its second component alone
to      the element, from the resource: ``period.start``; ``name[]`` takes every repetition;
        ``reaction[0].severity`` is in the first item, which rows share
as      the datatype (:data:`CONVERTERS`); without it ``value`` is a constant
in      the value lies in an object of its own, under this name
with    what else that object holds, or the value itself where it is an object
unsaid  the same, where the value does not say it itself
codes   the code map (``codes.csv``) that is asked
table   the HL7 table of which a code without a system may be one
when    ``7 valued``, ``7 empty``, ``2 = P E``, ``2 != P``; several joined by ``and``
else    the value where the field is empty or cannot be read
======  =========================================================================================

A table of a Z segment, ``ZPI.Patient`` or ``ZVI.Encounter``, adds to what PID or PV1 say.

A field that is ``""`` takes its element away. One that cannot be read is kept as text, in an
extension :data:`~.datatypes.AS_SENT`, and noted.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from lianyi.base.plain_yaml import plain_yaml
from lianyi.projections.clinical.hl7v2 import amounts, codes, datatypes, references
from lianyi.projections.clinical.hl7v2.datatypes import Unreadable, Use
from lianyi.projections.clinical.hl7v2.problems import WrongTable
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Parts, Segment

TEXT_MAX: Final = 2_000

Convert = Callable[[Parts, Reading, Use], Any]
Apply = Callable[[Segment, Reading, dict[str, Any]], None]
_Test = Callable[[Segment], bool]
_Step = tuple[str, str]

CONVERTERS: Final[Mapping[str, Convert]] = {
    "string": datatypes.string,
    "whole": datatypes.whole,
    "words": datatypes.words,
    "boolean": datatypes.boolean,
    "decimal": amounts.decimal,
    "positiveInt": amounts.positive,
    "date": datatypes.date,
    "birth-time": datatypes.birth_time,
    "dateTime": datatypes.date_time,
    "instant": datatypes.instant,
    "period": datatypes.period,
    "code": datatypes.code,
    "coding": datatypes.coding,
    "concept": datatypes.concept,
    "text-concept": datatypes.text_concept,
    "identifier": datatypes.identifier,
    "entity": datatypes.entity,
    "number": datatypes.number,
    "security-number": datatypes.security_number,
    "licence": datatypes.licence,
    "language": datatypes.language,
    "known-concept": datatypes.known_concept,
    "place-text": datatypes.place_text,
    "code-identifier": datatypes.code_identifier,
    "name": datatypes.name,
    "address": datatypes.address,
    "contact": datatypes.contact,
    "citizenship": datatypes.citizenship,
    "source-concept": datatypes.source_concept,
    "quantity": amounts.quantity,
    "money": amounts.money,
    "practitioner": references.practitioner,
    "interpreter": references.interpreter,
    "organization": references.organization,
    "coded-organization": references.coded_organization,
    "identified-organization": references.identified_organization,
    "location": references.location,
    "coded-location": references.coded_location,
}
"""Datatypes that a row may name."""
_KEYS: Final = frozenset(
    ("of", "to", "as", "in", "with", "unsaid", "codes", "table", "when", "else", "value")
)
_STEP: Final = re.compile(r"(_?[A-Za-z]\w*)(\[\]|\[0\])?")
_TEST: Final = re.compile(r"(\d+)(?:\.(\d+))? (?:(valued|empty)|(=|!=) (.+))")
_PRIMITIVES: Final = frozenset(
    CONVERTERS[name]
    for name in ("boolean", "decimal", "positiveInt", "date", "dateTime", "instant", "code")
)


class Row(NamedTuple):
    """One row, checked.

    Attributes:
        field: number; 0: a constant.
        component: of it; 0: all.
        path: of the element.
        convert: None: a constant.
        use: see there.
        inner: name under which the value lies; empty: it is the item.
        more: what the object holds besides.
        unsaid: what the object holds where the value does not say it.
        test: whether the row holds for a segment; None: always.
        value: the constant, or what stands where the field says nothing; None: nothing.
    """

    field: int
    component: int
    path: tuple[_Step, ...]
    convert: Convert | None
    use: Use
    inner: str
    more: Mapping[str, Any]
    unsaid: Mapping[str, Any]
    test: _Test | None
    value: Any


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the tables by name, ``PV1.Encounter``, the rows of the site after the package's.

    Raises:
        WrongTable: a file is none.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in codes.table_files():
        if not file.name.endswith(".yaml"):
            continue
        try:
            written = plain_yaml(file.read_text(encoding="utf-8")) or {}
            for name, rows in written.items():
                found.setdefault(name, []).extend(dict(row) for row in rows)
        except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError) as error:
            raise _wrong(file.name, "it is no file of tables", "不是映射表文件") from error
    return found


def use_site(folder: Path | None) -> None:
    """Use the site's own tables besides those of the package, and check every row of both.

    Args:
        folder: with ``*.yaml``, ``codes.csv`` and ``systems.csv``; None, or one that is not there:
            the tables of the package alone.

    Raises:
        WrongTable: a file or a row cannot be used.
    """
    codes.use_site(folder)
    tables.cache_clear()
    compiled.cache_clear()
    datatypes.forget()
    try:
        codes.code_maps(), codes.named_systems()
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise _wrong("codes.csv, systems.csv", "a column is missing", "缺少列") from error
    for name in tables():
        compiled(name)


def reads(segment: str, type_: str = "") -> bool:
    """Tell whether a table reads a segment: into a resource type, or into any."""
    whole = f"{segment}.{type_}"
    return whole in tables() if type_ else any(name.startswith(whole) for name in tables())


@lru_cache(maxsize=256)
def compiled(name: str) -> Apply:
    """Return what applies a table to a segment: it puts elements into the dict it is given.

    Raises:
        WrongTable: there is none of this name, or a row cannot be used.
    """
    rows = tables().get(name)
    if rows is None:
        raise _wrong(name, "there is none", "没有该表")
    segment = name.partition(".")[0]
    steps = [_closure(_row(segment, f"{name} row {n}", row)) for n, row in enumerate(rows, start=1)]

    def apply(segment: Segment, at: Reading, out: dict[str, Any]) -> None:
        fields = segment.fields
        count = len(fields)
        for number, step in steps:
            if number == 0 or (number < count and fields[number]):
                step(segment, at, out)

    return apply


def _row(segment: str, where: str, row: Mapping[str, Any]) -> Row:
    unknown = row.keys() - _KEYS
    if unknown or "to" not in row or ("of" not in row and "value" not in row):
        raise _wrong(where, f"unknown or missing keys {sorted(unknown)}", "键未知或缺失")
    field, _, component = str(row.get("of", "0")).partition(".")
    path = []
    for text in str(row["to"]).split("."):
        step = _STEP.fullmatch(text)
        if step is None:
            raise _wrong(where, "'to' is no path", "'to' 不是路径")
        path.append((step[1], step[2] or ""))
    named = row.get("as")
    if "of" in row and named not in CONVERTERS:
        raise _wrong(where, f"there is no datatype {named}", f"没有数据类型 {named}")
    if (said := row.get("codes")) and said not in codes.code_maps():
        raise _wrong(where, f"there is no code map {said}", f"没有代码映射 {said}")
    return Row(
        int(field),
        int(component or 0),
        tuple(path),
        CONVERTERS[named] if named else None,
        Use(f"{segment}-{row.get('of', '')}", row.get("codes", ""), str(row.get("table", ""))),
        row.get("in", ""),
        row.get("with", {}),
        row.get("unsaid", {}),
        _tests(where, row["when"]) if "when" in row else None,
        row.get("value", row.get("else")),
    )


def _closure(row: Row) -> tuple[int, Apply]:
    """Return the field that a row reads, 0 when it is none or may be empty, and what it does."""
    if row.convert is None:
        return 0, _constant(row)
    convert, use, field, component = row.convert, row.use, row.field, row.component
    every = any(mark == "[]" for _, mark in row.path)
    test, top = row.test, row.path[0][0]

    def step(segment: Segment, at: Reading, out: dict[str, Any]) -> None:
        if test is not None and not test(segment):
            return
        if row.value is None and segment.is_null(field):
            out.setdefault(top, None)
            return
        done = False
        for parts in segment.repetitions(field):
            try:
                value = convert(parts.within(component) if component else parts, at, use)
            except Unreadable as odd:
                at.odd(f"{segment.name}({segment.number})-{field}", str(odd))
                if row.value is None:
                    _keep_as_sent(out, row, parts.whole()[:TEXT_MAX])
                continue
            if value is not None:
                put(out, row.path, _dressed(row, value))
                done = True
                if not every:
                    break
        if not done and row.value is not None:
            put(out, row.path, copy.deepcopy(row.value))

    return (0 if row.value is not None else field), step


def _constant(row: Row) -> Apply:
    def step(segment: Segment, _at: Reading, out: dict[str, Any]) -> None:
        if row.test is None or row.test(segment):
            put(out, row.path, copy.deepcopy(row.value))

    return step


def _dressed(row: Row, value: Any) -> Any:  # noqa: ANN401 - any element
    """Return a value in the object that it belongs into."""
    if row.inner:
        return {row.inner: value, **row.more}
    if isinstance(value, dict) and (row.more or row.unsaid):
        return {**row.unsaid, **value, **row.more}
    return value


def put(out: dict[str, Any], path: Sequence[_Step], value: Any) -> None:  # noqa: ANN401
    """Put a value into a resource.

    Args:
        out: the resource.
        path: names, each with ``[]`` (append), ``[0]`` (the first item) or nothing.
        value: of the element; one of several repetitions where the path appends.
    """
    here = out
    for name, mark in path[:-1]:
        found = here.get(name)
        if not mark:
            if not isinstance(found, dict):
                found = here[name] = {}
            here = found
            continue
        if not isinstance(found, list):
            found = here[name] = []
        if mark == "[]" or not found:
            found.append({})
        here = found[-1] if mark == "[]" else found[0]
    name, mark = path[-1]
    if not mark:
        here[name] = value
    elif isinstance(here.get(name), list):
        here[name].append(value)
    else:
        here[name] = [value]


def _keep_as_sent(out: dict[str, Any], row: Row, text: str) -> None:
    """Keep what cannot be read as text.

    A primitive has it beside itself, any other element within; where there may be several, or
    nothing but known codes, the resource has it.
    """
    extension = {"url": datatypes.AS_SENT, "valueString": text}
    if not text:
        return
    if any(mark for _, mark in row.path) or row.convert is datatypes.known_concept:
        out.setdefault("extension", [])
        out["extension"] = [*(out["extension"] or ()), extension]
        return
    *above, (name, _) = row.path
    shadow = f"_{name}" if row.convert in _PRIMITIVES else name
    put(out, (*above, (shadow, "")), {"extension": [extension]})


def _tests(where: str, text: str) -> _Test:
    """Return what tells whether a segment fulfils ``when``."""
    tests = [_one_test(where, part.strip()) for part in text.split(" and ")]
    if len(tests) == 1:
        return tests[0]
    return lambda segment: all(test(segment) for test in tests)


def _one_test(where: str, text: str) -> _Test:
    found = _TEST.fullmatch(text)
    if found is None:
        raise _wrong(where, f"'when' cannot be read: {text}", f"'when' 无法识别：{text}")
    field, component = int(found[1]), int(found[2] or 1)
    if found[3] == "valued":
        return lambda segment: segment.text(field, component) != ""
    if found[3] == "empty":
        return lambda segment: segment.text(field, component) == ""
    allowed = frozenset(found[5].split())
    if found[4] == "=":
        return lambda segment: segment.text(field, component) in allowed
    return lambda segment: segment.text(field, component) not in allowed


def _wrong(where: str, why: str, why_zh: str) -> WrongTable:
    return WrongTable(where=f"table {where}", why=why, why_zh=why_zh)
