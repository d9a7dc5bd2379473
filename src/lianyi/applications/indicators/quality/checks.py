"""Rules of quality as expressions over the star: of which rows one can be asked, which violate it.

What a check must know of other rows, such as whether the encounter that a charge names is there, is
put beside each row by a join first; then every rule is two conditions on one row, and many rules
are counted in one pass. Neither condition is ever NULL.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import ibis  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators import counting
from lianyi.applications.indicators.quality.model import Check, Known, Rule
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import HOSPITAL, month_column, star

ENCOUNTER: Final = "encounter"
SOURCE: Final = "source_"
"""The column of a table that says from which source a row is; see ``sourced``."""
DAY_SECONDS: Final = 86_400
_BEGINS: Final = ("admitted_at", "registered_at", "checked_in_at", "seen_at")
"""When an encounter began: the first that is said of it."""
_TRUE: Final = ibis.literal(True)


def beside(table: ir.Table, rules: Iterable[Rule], tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return rows of one fact with what rules must know of other rows beside them.

    Args:
        table: the rows.
        rules: on that fact.
        tables: all facts.

    Returns:
        As many rows, with columns ``_there`` (the encounter is there), ``_class``, ``_begins``,
        ``_ends``, ``_dead_at``, ``_sex``, ``_twice`` and ``_has_<fact>``, as far as asked for.
    """
    wanted = list(rules)
    checks = {one.check for one in wanted}
    fact = star()[wanted[0].table]
    if checks & _OF_ENCOUNTER and fact.name != ENCOUNTER:
        table = _joined(table, _encounters(tables[ENCOUNTER]), ENCOUNTER)
    if Check.PRIMARY_KEY in checks:
        rows = tables[fact.name]
        counted = rows.group_by(HOSPITAL, fact.key).aggregate(_times=rows.count())
        twice = counted.filter(counted._times > 1).mutate(_twice=_TRUE)
        table = _joined(table, twice.drop("_times"), fact.key)
    for name in sorted({one.of for one in wanted if one.check is Check.PERSON_COMPLETENESS}):
        children = tables[name].select(HOSPITAL, ENCOUNTER).distinct()
        table = _joined(table, children.mutate(**{f"_has_{name}": _TRUE}), ENCOUNTER)
    return table


_OF_ENCOUNTER: Final = frozenset(
    {Check.FOREIGN_KEY, Check.CLASS, Check.WITHIN_VISIT, Check.BEFORE_DEATH, Check.GENDER,
     Check.GENDER_DESCENDANTS}
)  # fmt: skip


def _encounters(rows: ir.Table) -> ir.Table:
    """Return what others must know of encounters: one row for each, also where there are two."""
    begins = ibis.coalesce(*(rows[one] for one in _BEGINS))
    return rows.group_by(HOSPITAL, ENCOUNTER).aggregate(
        _there=rows.count(),
        _class=rows["class"].max(),
        _begins=begins.min(),
        _ends=rows.discharged_at.max(),
        _dead_at=rows.died.fill_null(False)
        .ifelse(rows.discharged_at, ibis.null("timestamp"))
        .max(),
        _sex=rows.sex.max(),
    )


def _joined(table: ir.Table, others: ir.Table, key: str) -> ir.Table:
    """Put columns of other rows beside rows of the same hospital and key; at most one fits."""
    renamed = others.rename(_hospital_of=HOSPITAL, _key_of=key)
    joined = table.left_join(
        renamed,
        [
            table[HOSPITAL].fill_null("") == renamed._hospital_of.fill_null(""),
            table[key] == renamed._key_of,
        ],
    )
    return joined.drop("_hospital_of", "_key_of")


# --- one rule ------------------------------------------------------------------------------------


def applies(rule: Rule, table: ir.Table, known: Known) -> ir.BooleanValue:
    """Return of which rows a rule can be asked; see :func:`beside`."""
    asked = [counting.holds(rule.part.condition, table)]
    if rule.check in _OF_SAID:
        asked.append(~_nothing_said(rule, table, known))
    if rule.check in (Check.AFTER, Check.START_BEFORE_END):
        asked.append(table[rule.after].notnull())
    if rule.check is Check.STANDARD and not known.of(rule.dimension):
        asked.append(ibis.literal(False))
    if rule.check is Check.CLASS:
        asked.append(table._class.notnull())
    if rule.check is Check.WITHIN_VISIT:
        asked.append(table._begins.notnull() | table._ends.notnull())
    if rule.check is Check.BEFORE_DEATH:
        asked.append(_dead_at(table).notnull())
    if rule.check in (Check.GENDER, Check.GENDER_DESCENDANTS):
        asked += [_of_one_sex(rule, table), _sex(table).isin(["male", "female"])]
    return functools.reduce(operator.and_, asked).fill_null(False)


_OF_SAID: Final = frozenset(Check) - {
    Check.PERSON_COMPLETENESS, Check.REQUIRED, Check.VALUE_COMPLETENESS, Check.CONCEPT_COMPLETENESS,
}  # fmt: skip
"""Checks that are asked only where something is said; that nothing is, is another check."""


def violates(rule: Rule, table: ir.Table, known: Known) -> ir.BooleanValue:
    """Return which of these rows violate it."""
    return _VIOLATES[rule.check](rule, table, known).fill_null(False)


def rows(
    tables: Mapping[str, ir.Table], rule: Rule, window: Window, known: Known, source: str
) -> ir.Table:
    """Return the rows in a window that violate a rule: those behind the number.

    Args:
        tables: the facts, each with :data:`SOURCE`.
        rule: on one of them.
        window: which rows; see :func:`~lianyi.applications.indicators.counting.within`.
        known: codes of master data.
        source: of the rows; empty: of all.
    """
    table = counting.within(tables[rule.table], rule.part, window)
    if source:
        table = table.filter((table[SOURCE] == source).fill_null(False))
    told = beside(table, [rule], tables)
    return told.filter(applies(rule, told, known) & violates(rule, told, known))


def counts(
    tables: Mapping[str, ir.Table],
    rules: Sequence[Rule],
    window: Window,
    known: Known,
    *,
    by_month: bool = False,
) -> ir.Table:
    """Return how many rows violate rules of one fact and one department role, of how many.

    Args:
        tables: the facts; without ``by_month`` each with :data:`SOURCE`.
        rules: of one fact and department role; with ``by_month`` also of one time.
        window: which rows.
        known: codes of master data.
        by_month: whether rows are told apart by the month of that time, and not by source.

    Returns:
        One row for each source or month, hospital and department, with columns ``d<n>`` (rows that
        the rule could be asked of) and ``v<n>`` (those that violate it) for each rule in order.
    """
    first = rules[0]
    told = beside(counting.within(tables[first.table], first.part, window), rules, tables)
    marks: dict[str, ir.IntegerValue] = {}
    for number, rule in enumerate(rules):
        asked = applies(rule, told, known)
        marks[f"d{number}"] = asked.ifelse(1, 0)
        marks[f"v{number}"] = (asked & violates(rule, told, known)).ifelse(1, 0)
    told = told.mutate(**marks)
    of = (
        {"month": told[month_column(first.time)]}
        if by_month
        else {"source": told[SOURCE].fill_null("")}
    )
    return told.group_by(
        **of,
        hospital=told[HOSPITAL].fill_null(""),
        department=told[first.department].fill_null(""),
    ).aggregate(**{one: told[one].sum().fill_null(0) for one in marks})


# --- types of checks -----------------------------------------------------------------------------

_Violates = Callable[[Rule, ir.Table, Known], ir.BooleanValue]


def _nothing_said(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    column = table[rule.field]
    return column.isnull() | (column == "") if column.type().is_string() else column.isnull()


def _other_shape(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return ~table[rule.field].re_search(f"^(?:{rule.shape})$")


def _other_value(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table[rule.field].notin(list(rule.values))


def _no_encounter(_: Rule, table: ir.Table, __: Known) -> ir.BooleanValue:
    return table._there.isnull()


def _other_class(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table._class.notin(list(rule.values))


def _unknown_code(rule: Rule, table: ir.Table, known: Known) -> ir.BooleanValue:
    return table[rule.field].notin(sorted(known.of(rule.dimension)) or [""])


def _too_low(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table[rule.field] < _number(rule.low)


def _too_high(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table[rule.field] > _number(rule.high)


def _number(value: float | None) -> float | int:
    assert value is not None  # noqa: S101 - a rule of such a check has it
    return int(value) if value == int(value) else value


def _too_early(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return _seconds(table[rule.field]) < _seconds(table[rule.after]) - _slack(rule)


def _outside_of_visit(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    at, slack = _seconds(table[rule.field]), _slack(rule)
    before = (at < _seconds(table._begins) - slack).fill_null(False)
    return before | (at > _seconds(table._ends) + slack).fill_null(False)


def _after_death(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return _seconds(table[rule.field]) > _seconds(_dead_at(table)) + _slack(rule)


def _before_birth(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table[rule.field] < 0


def _other_sex(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return _sex(table) != rule.sex


def _has_none(rule: Rule, table: ir.Table, _: Known) -> ir.BooleanValue:
    return table[f"_has_{rule.of}"].isnull()


_VIOLATES: Final[Mapping[Check, _Violates]] = {
    Check.PERSON_COMPLETENESS: _has_none,
    Check.REQUIRED: _nothing_said,
    Check.VALUE_COMPLETENESS: _nothing_said,
    Check.CONCEPT_COMPLETENESS: _nothing_said,
    Check.DATATYPE: _other_shape,
    Check.PRIMARY_KEY: lambda _, table, __: table._twice.notnull(),
    Check.FOREIGN_KEY: _no_encounter,
    Check.DOMAIN: _other_value,
    Check.CLASS: _other_class,
    Check.STANDARD: _unknown_code,
    Check.LOW: _too_low,
    Check.HIGH: _too_high,
    Check.AFTER: _too_early,
    Check.START_BEFORE_END: _too_early,
    Check.WITHIN_VISIT: _outside_of_visit,
    Check.AFTER_BIRTH: _before_birth,
    Check.BEFORE_DEATH: _after_death,
    Check.GENDER: _other_sex,
    Check.GENDER_DESCENDANTS: _other_sex,
}


def _seconds(instant: ir.TimestampValue) -> ir.IntegerValue:
    return instant.epoch_seconds()


def _slack(rule: Rule) -> int:
    return int(rule.days * DAY_SECONDS)


def _dead_at(table: ir.Table) -> ir.TimestampValue:
    """Return when the patient of a row died: with the end of the encounter that says so."""
    if "_dead_at" in table.columns:
        return table._dead_at
    return table.died.fill_null(False).ifelse(table.discharged_at, ibis.null("timestamp"))


def _sex(table: ir.Table) -> ir.StringValue:
    return table._sex if "_sex" in table.columns else table["sex"]


def _of_one_sex(rule: Rule, table: ir.Table) -> ir.BooleanValue:
    code = table[rule.field]
    if rule.check is Check.GENDER:
        return code.isin(list(rule.prefixes))
    return functools.reduce(operator.or_, (code.startswith(one) for one in rule.prefixes))
