"""Mapping tables: which part of an act becomes which element. Read once, made into closures.

The form of the rows stands at the head of ``tables/fields.yaml``. Of several rows for one element
the first that finds a value gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from lxml import etree

from lianyi.base.plain_yaml import plain_yaml
from lianyi.formats.cda.names import Element, compiled, find, find_all, value_at
from lianyi.projections.clinical.cda import codes, datatypes, observing, people
from lianyi.projections.clinical.cda.observing import Several
from lianyi.projections.clinical.cda.problems import WrongEntryTable
from lianyi.projections.clinical.cda.reading import At, Resource

Convert = Callable[[Element | str, At], Any]
CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_CONDITIONS: Final = "http://terminology.hl7.org/CodeSystem/condition-category"
_V2_0074: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
_KEYS: Final = frozenset({"to", "of", "as", "codes", "system", "else", "value", "required"})

CONVERTERS: Final[Mapping[str, Convert]] = {
    "concept": datatypes.concept,
    "words": datatypes.words,
    "words-concept": datatypes.words_concept,
    "note": datatypes.note,
    "absence": datatypes.absence,
    "specific-allergy": datatypes.specific_allergy,
    "identifier": datatypes.identifier,
    "dateTime": datatypes.date_time,
    "date": datatypes.date,
    "period": datatypes.period,
    "moment": datatypes.moment,
    "quantity": datatypes.quantity,
    "age": datatypes.age,
    "positiveInt": datatypes.positive,
    "practitioner": people.practitioner,
    "organization": people.organization,
    "observed": observing.observed,
    "range": observing.reference_range,
    "dosage": observing.dosage,
}
"""Datatypes that a row may name; besides them ``code``, ``coded``, ``present``, ``is``, ``class``,
``category``, ``condition-category``, ``report-category``, ``entries`` and names of tables."""
SPECIAL: Final = frozenset(
    {
        "code", "coded", "present", "is", "class", "category", "condition-category",
        "report-category", "entries",
    }
)  # fmt: skip


class Row(NamedTuple):
    """One row, checked.

    Attributes:
        path: of the element; a name that ends with ``[]`` takes everything.
        of: where it stands in the act.
        kind: its datatype.
        more: what else the row says.
    """

    path: tuple[str, ...]
    of: tuple[str, ...]
    kind: str
    more: Mapping[str, Any]


class Table(NamedTuple):
    """A table.

    Attributes:
        type: of the resource; empty: an element of one.
        patient, encounter: names of the elements that lead to them; empty: none.
        category: of observations; empty: that of the section.
        rows: in order.
    """

    type: str
    patient: str
    encounter: str
    category: str
    rows: tuple[Row, ...]


def wrong(where: str, why: str, why_zh: str) -> WrongEntryTable:
    """Return what is wrong with a table, in both languages."""
    return WrongEntryTable(where=where, why=why, why_zh=why_zh)


def written(name: str) -> Any:  # noqa: ANN401 - YAML
    """Return a file of tables as it is written."""
    return plain_yaml((files(codes.TABLES) / "tables" / name).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Table]:
    """Return the tables by name.

    Raises:
        WrongEntryTable: a row cannot be used.
    """
    found = written("fields.yaml")
    return {name: _table(name, rows, found) for name, rows in found.items()}


def _table(name: str, rows: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Table:
    head, *others = rows
    if "like" in head:
        others = found[head["like"]][1:]
    made = tuple(
        _row(f"fields.yaml {name} {n}", row, found) for n, row in enumerate(others, start=2)
    )
    return Table(
        head["type"],
        head.get("patient", ""),
        head.get("encounter", ""),
        head.get("category", ""),
        made,
    )


def _row(where: str, row: Mapping[str, Any], found: Mapping[str, Any]) -> Row:
    unknown = set(row) - _KEYS
    if unknown or not {"to", "of", "as"} <= set(row):
        raise wrong(where, "it has a key that is not known, or lacks one", "有未知的键或缺少键")
    kind = row["as"]
    if kind not in CONVERTERS and kind not in SPECIAL and kind not in found:
        raise wrong(where, f"nothing is called '{kind}'", f"没有名为“{kind}”的类型")
    if row.get("codes", "sex") not in codes.code_maps():
        raise wrong(where, f"no code map '{row['codes']}'", f"没有代码表“{row['codes']}”")
    try:
        for path in row["of"]:
            compiled(path)
    except etree.XPathSyntaxError as error:
        raise wrong(where, "a path cannot be read", "路径无法识别") from error
    more = {key: value for key, value in row.items() if key not in ("to", "of", "as")}
    return Row(tuple(row["to"].split(".")), tuple(row["of"]), kind, more)


Entries = Callable[[Element, At], list[Resource]]


def filled(name: str, act: Element, at: At, entries: Entries) -> Resource:
    """Return the elements that an act gives, by a table.

    Args:
        name: of the table.
        act: what is read.
        at: the document.
        entries: reads acts within by the rules of entries, and returns references to them.
    """
    table = tables()[name]
    found: Resource = {}
    for row in table.rows:
        every = any(step.endswith("[]") for step in row.path)
        values = _values(row, act, at, entries, table, every=every)
        if values:
            _put(found, row.path, values, every=every)
        elif row.more.get("required") and not _has(found, row.path):
            _absent(found, row, act)
    return found


def _values(
    row: Row, act: Element, at: At, entries: Entries, table: Table, *, every: bool
) -> list[Any]:
    for path in row.of:
        values = []
        for said in find_all(act, path):
            value = _value(row, said, at, entries, table)
            if isinstance(value, list):
                values += [one for one in value if one not in values]
            elif value is not None and value not in values:
                values.append(value)
            if values and not every:
                return values[:1]
        if values:
            return values
    other = row.more.get("else")
    if other is None:
        return []
    return [_coded(other, row) if row.kind == "coded" else other]


def _value(row: Row, said: Any, at: At, entries: Entries, table: Table) -> Any:  # noqa: ANN401
    kind = row.kind
    if (convert := CONVERTERS.get(kind)) is not None:
        return convert(said, at)
    text = said if isinstance(said, str) else ""
    if kind in ("code", "coded"):
        code = codes.target_of(row.more["codes"], text.strip())
        return (_coded(code, row) if kind == "coded" else code) if code else None
    if kind in ("present", "is"):
        value = row.more["value"]
        return _coded(value, row) if kind == "present" else value
    if kind == "class":
        return people.class_of(text, at)
    if kind == "entries":
        return entries(said, at)
    if kind == "condition-category":
        return _condition_category(at)
    if kind in ("category", "report-category"):
        return _category(table, at, report=kind == "report-category")
    return filled(kind, said, at, entries) or None


def _coded(code: str, row: Row) -> Resource:
    return {"coding": [{"system": row.more["system"], "code": code}]}


def _condition_category(at: At) -> Resource:
    kinds = {"diagnoses": "encounter-diagnosis", "encounters": "encounter-diagnosis"}
    return {"coding": [{"system": _CONDITIONS, "code": kinds.get(at.meaning, "problem-list-item")}]}


def _category(table: Table, at: At, *, report: bool) -> Resource | None:
    code = table.category or codes.code_maps()["category"].get(at.meaning, "")
    if report:
        known = {"imaging": "RAD", "laboratory": "LAB", "": "LAB"}
        service = known.get(code)
        return {"coding": [{"system": _V2_0074, "code": service}]} if service else None
    return {"coding": [{"system": CATEGORIES, "code": code}]} if code else None


# --- putting values in ------------------------------------------------------------------------


def _put(found: Resource, path: tuple[str, ...], values: list[Any], *, every: bool) -> None:
    """Put values at a path; what stands there already stays."""
    if not path[0]:
        return
    value = values[0]
    if isinstance(value, Several):
        for name, one in value.items():
            found.setdefault(name, one)
        return
    if isinstance(value, tuple):
        ending, value = value
        if not any(name.startswith(path[0]) for name in found):
            found[path[0] + ending] = value
        return
    *above, last = path
    if every:
        name = path[0].removesuffix("[]")
        if above:
            inner = [step.removesuffix("[]") for step in path[1:]]
            made = [_nested(inner, one) for one in values]
        else:
            made = values
        found.setdefault(name, made)
        return
    here = found
    for step in above:
        here = here.setdefault(step, {})
    here.setdefault(last, value)


def _nested(path: Sequence[str], value: Any) -> Any:  # noqa: ANN401 - any JSON
    for step in reversed(path):
        value = {step: value}
    return value


def _has(found: Resource, path: tuple[str, ...]) -> bool:
    return path[0].removesuffix("[]") in found


def _absent(found: Resource, row: Row, act: Element) -> None:
    """Say why an element that must be there is not."""
    said = find(act, row.of[0])
    reason = datatypes.absent(said if isinstance(said, etree._Element) else None)
    flavor = value_at(act, "effectiveTime/@nullFlavor") if row.kind == "dateTime" else ""
    if flavor and (known := codes.target_of("absent", flavor)):
        reason["extension"][0]["valueCode"] = known
    if row.kind == "dateTime":  # of a choice: words are the type that may say it
        name = row.path[0].removesuffix("DateTime")
        found[f"{name}String"] = reason["extension"][0]["valueCode"]
    else:
        found[row.path[0]] = reason
