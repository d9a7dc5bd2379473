"""Conditions as SQL over the index: as a set of ``rid``, and as what holds of one ``rid``.

What holds of one ``rid`` is asked in a subquery with ``OFFSET 0``: PostgreSQL then asks it row by
row by an index, and never turns the order around that the sizes of the sets have decided: its own
guess of how many rows have a value of a parameter is far off, since the two depend on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.contained import MARK
from lianyi.projections.clinical.search.conditions import (
    All,
    Among,
    Both,
    Clause,
    Compare,
    Dated,
    Either,
    Everything,
    Hierarchy,
    Inside,
    Leads,
    Leaf,
    LedTo,
    Near,
    Node,
    Not,
    OneOf,
    Some,
    Updated,
    Worded,
    some,
)

_DIAMETER_METRES: Final = 12_742_017.6
"""Of the Earth: twice its mean radius (IUGG)."""
_TYPES: Final = {
    "v": "text",
    "exact": "text",
    "low": "timestamptz",
    "high": "timestamptz",
    "updated_at": "timestamptz",
    "key": "bigint",
    "unit": "bigint",
}
_RANK: Final = {
    Among: 0, Leaf: 1, Worded: 1, Dated: 1, Near: 2, Some: 2, Inside: 3, LedTo: 3, Leads: 4,
    Hierarchy: 0, Updated: 5, All: 6, Everything: 7,
}  # fmt: skip
"""Which set of several is gone through, where nothing is known of their sizes."""


class Statement:
    """One statement: its values, and the words for conditions in it."""

    def __init__(self, schema: str) -> None:
        """Begin one over the tables of a schema."""
        self.schema = schema
        self.values: list[object] = []
        self._aliases = 0

    def value(self, value: object, kind: str) -> str:
        """Return the words for a value."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def alias(self) -> str:
        """Return a name for a table that none has yet."""
        self._aliases += 1
        return f"t{self._aliases}"

    # --- sets -----------------------------------------------------------------------------------

    def members(self, node: Node, *, most: int | None = None) -> str:
        """Return the query of a set: a column ``rid``; one may come several times.

        Args:
            node: the set.
            most: so many are wanted, of a set that is read as a whole; None: all of it.
        """
        if isinstance(node, Worded):
            return self._worded(node, most)
        if isinstance(node, Dated):
            return self.members(some(node.alone, node.others))
        if isinstance(node, Near):
            a, o = self.alias(), self.alias()
            return (
                f"SELECT {a}.rid FROM {self.schema}.amount AS {a}"  # noqa: S608
                f" JOIN {self.schema}.amount AS {o} ON {self._near(node, a, o)}"
            )
        if isinstance(node, Inside):
            t = self.alias()
            return (
                f"SELECT {t}.container AS rid FROM {self.schema}.contained AS {t}"  # noqa: S608
                f" WHERE {t}.rid IN ({self.members(node.part)})"
            )
        if isinstance(node, Hierarchy):
            return self._hierarchy(node)
        if isinstance(node, Leaf | Everything | Updated | Among):
            table, t = _table(node), self.alias()
            return f"SELECT {t}.rid FROM {self.schema}.{table} AS {t} WHERE {self._rows(node, t)}"  # noqa: S608
        if isinstance(node, Some):
            sets = [f"({self.members(one)})" for one in node.parts]
            return " UNION ALL ".join(sets) or "SELECT NULL::bigint AS rid WHERE false"
        if isinstance(node, Not):
            return self.narrowed(Everything(node.types), [node])
        if isinstance(node, All):
            first = driver_of(node.parts)
            return self.narrowed(
                first or Everything(()), [one for one in node.parts if one is not first]
            )
        t = self.alias()
        column, other, inner = _ends(node)
        return (
            f"SELECT {t}.{column} AS rid FROM {self.schema}.hashed AS {t}"  # noqa: S608
            f" WHERE {self._number(node.ps, t)} AND {t}.{other} IN ({self.members(inner)})"
        )

    def narrowed(self, driver: Node, rest: Sequence[Node], *, more: str = "") -> str:
        """Return the query of what is in one set and of which the others hold."""
        d = self.alias()
        said = [self.holds(one, f"{d}.rid") for one in rest]
        said += [more.format(rid=f"{d}.rid")] if more else []
        where = f" WHERE {' AND '.join(said)}" if said else ""
        return f"SELECT {d}.rid FROM ({self.members(driver)}) AS {d}{where}"  # noqa: S608

    def joined(self, driver: Node, rest: Sequence[Node]) -> str:
        """Return the same as a join of sets as wholes: for big ones."""
        d = self.alias()
        said = []
        for one in rest:
            part = one.part if isinstance(one, Not) else one
            s = self.alias()
            words = f"EXISTS (SELECT FROM ({self.members(part)}) AS {s} WHERE {s}.rid = {d}.rid)"
            said.append(f"NOT {words}" if isinstance(one, Not) else words)
        where = f" WHERE {' AND '.join(said)}" if said else ""
        return f"SELECT {d}.rid FROM ({self.members(driver)}) AS {d}{where}"  # noqa: S608

    # --- what holds of one ----------------------------------------------------------------------

    def holds(self, node: Node, rid: str) -> str:
        """Return the words for that a set has one ``rid``."""
        if isinstance(node, Among):
            return f"{rid} = ANY ({self.value(list(node.rids), 'bigint[]')})"
        if isinstance(node, Dated):
            return self.holds(node.plain, rid)
        if isinstance(node, Hierarchy):
            return f"{rid} IN ({self._hierarchy(node)})"
        if isinstance(node, All):
            return f"({' AND '.join(self.holds(one, rid) for one in node.parts)})"
        if isinstance(node, Some):
            return f"({' OR '.join(self.holds(one, rid) for one in node.parts) or 'false'})"
        if isinstance(node, Not):
            return f"NOT {self.holds(node.part, rid)}"
        t = self.alias()
        if isinstance(node, Worded):
            phrase = self.value(node.phrase, "text")
            said = f"{self._number(node.ps, t)} AND strpos({t}.said, {phrase}) > 0"
            return self._exists("words", t, f"{t}.rid = {rid} AND {said}")
        if isinstance(node, Inside):
            held = self.holds(node.part, f"{t}.rid")
            return self._exists("contained", t, f"{t}.container = {rid} AND {held}")
        if isinstance(node, Near):
            o = self.alias()
            other = f"{self.schema}.amount AS {o} ON {self._near(node, t, o)}"
            return self._exists("amount", f"{t} JOIN {other}", f"{t}.rid = {rid}")
        if isinstance(node, Leaf | Everything | Updated):
            return self._exists(_table(node), t, f"{t}.rid = {rid} AND {self._rows(node, t)}")
        column, other, inner = _ends(node)
        return self._exists(
            "hashed",
            t,
            f"{t}.{column} = {rid} AND {self._number(node.ps, t)}"
            f" AND {self.holds(inner, f'{t}.{other}')}",
        )

    def _exists(self, table: str, alias: str, where: str) -> str:
        return f"EXISTS (SELECT FROM {self.schema}.{table} AS {alias} WHERE {where} OFFSET 0)"

    def _worded(self, node: Worded, most: int | None) -> str:
        t = self.alias()
        ps, grams = (
            self.value(list(node.ps), "integer[]"),
            self.value(list(node.grams), "integer[]"),
        )
        phrase, limit = self.value(node.phrase, "text"), self.value(most, "bigint")
        called = f"{self.schema}.worded({ps}, {grams}, {phrase}, {limit})"
        return f"SELECT {t}.rid FROM {called} AS {t}(rid)"  # noqa: S608

    def _hierarchy(self, node: Hierarchy) -> str:
        """Return the query of a resource and what stands above or below it; circles end."""
        h, t = self.alias(), self.alias()
        found, by = ("rid", "v") if node.way == "below" else ("v", "rid")
        return (
            f"WITH RECURSIVE {h}(rid) AS (SELECT {self.value(node.rid, 'bigint')} UNION"  # noqa: S608
            f" SELECT {t}.{found} FROM {h} JOIN {self.schema}.hashed AS {t}"
            f" ON {t}.{by} = {h}.rid AND {self._number((node.p,), t)}) SELECT rid FROM {h}"
        )

    def _near(self, node: Near, a: str, o: str) -> str:
        """Return the words for that two amounts of a resource are a place that lies near.

        Source:
            The haversine formula, on a sphere: wrong by half a hundredth at most.
        """
        north, east = self.value(node.latitude, "float8"), self.value(node.longitude, "float8")
        square = (
            f"sin(radians({a}.low::float8 - {north}) / 2) ^ 2 + cos(radians({a}.low::float8))"
            f" * cos(radians({north})) * sin(radians({o}.low::float8 - {east}) / 2) ^ 2"
        )
        metres = f"{_DIAMETER_METRES} * asin(least(1, sqrt({square})))"
        on_earth = f"{a}.low BETWEEN -90 AND 90 AND {o}.low BETWEEN -360 AND 360"
        least = self.value(max(node.latitude - node.metres / 111_000, -90.0), "float8")
        most = self.value(min(node.latitude + node.metres / 111_000, 90.0), "float8")
        return (
            f"{o}.rid = {a}.rid AND {o}.p = {a}.p AND {self._number(node.ps, a)}"
            f" AND {a}.unit = {self.value(forms.LATITUDE, 'bigint')}"
            f" AND {o}.unit = {self.value(forms.LONGITUDE, 'bigint')}"
            f" AND {a}.low BETWEEN {least}::numeric AND {most}::numeric"
            f" AND CASE WHEN {on_earth} THEN {metres} <= {self.value(node.metres, 'float8')} END"
        )

    # --- rows -----------------------------------------------------------------------------------

    def _rows(self, node: Leaf | Everything | Updated | Among, t: str) -> str:
        if isinstance(node, Leaf):
            said = self._clause(node.clause, t, node.table)
            return self._number(node.ps, t) + (f" AND {said}" if said else "")
        if isinstance(node, Among):
            rids = self.value(list(node.rids), "bigint[]")
            return f"NOT {t}.deleted AND {t}.rid = ANY ({rids})"
        said = self._any("type", node.types, t, "text")
        if _table(node) != "contained":
            said = f"NOT {t}.deleted AND {said}"
        if isinstance(node, Updated):
            said += f" AND {self._clause(node.clause, t, 'resource')}"
        return said

    def _number(self, ps: Sequence[int], t: str) -> str:
        return self._any("p", ps, t, "integer")

    def _any(self, column: str, values: Sequence[object], t: str, kind: str) -> str:
        if len(values) == 1:
            return f"{t}.{column} = {self.value(values[0], kind)}"
        return f"{t}.{column} = ANY ({self.value(list(values), f'{kind}[]')})"

    def _clause(self, clause: Clause, t: str, table: str) -> str:
        if isinstance(clause, Both | Either):
            said = [self._clause(one, t, table) for one in clause.parts]
            if isinstance(clause, Both):
                return " AND ".join(filter(None, said))
            return f"({' OR '.join(f'({one})' if one else 'true' for one in said)})"
        if isinstance(clause, OneOf):
            return f"{t}.{clause.column} = ANY ({self.value(list(clause.values), 'bigint[]')})"
        return self._compare(clause, t, table)

    def _compare(self, one: Compare, t: str, table: str) -> str:
        kind = _TYPES[one.column]
        if table == "hashed" or (table == "dated" and one.column == "v"):
            kind = "bigint"
        elif table == "amount" and one.column in ("low", "high"):
            kind = "numeric"
        value = self.value(one.value, kind)
        if one.operator == "contains":
            return f"strpos({t}.{one.column}, {value}) > 0"
        if one.operator == "ends":
            return f"right({t}.{one.column}, length({value})) = {value}"
        return f"{t}.{one.column} {one.operator} {value}"


def driver_of(parts: Sequence[Node]) -> Node | None:
    """Return the set that is likely the smallest; None: all of them only say what is not."""
    positive = [one for one in parts if not isinstance(one, Not)]
    return min(positive, key=lambda one: _RANK[type(one)], default=None)


def once(node: Node) -> bool:
    """Tell whether nothing comes twice in the query of a set."""
    if isinstance(node, Leaf):
        said = node.clause.parts if isinstance(node.clause, Both) else (node.clause,)
        return (
            node.table == "hashed"
            and len(node.ps) == 1
            and any(isinstance(one, Compare) and one.column == "v" for one in said)
        )
    if isinstance(node, All):
        first = driver_of(node.parts)
        return first is not None and once(first)
    return isinstance(node, Everything | Updated | Among | Not)


def _table(node: Leaf | Everything | Updated | Among) -> str:
    if isinstance(node, Leaf):
        return node.table
    inside = isinstance(node, Everything) and any(one.startswith(MARK) for one in node.types)
    return "contained" if inside else "resource"


def _ends(node: Leads | LedTo) -> tuple[str, str, Node]:
    """Return the column of what is meant, that of what it is joined by, and the other set."""
    return ("rid", "v", node.to) if isinstance(node, Leads) else ("v", "rid", node.of)
