"""Criteria become conditions on the index. Pure.

Sources:
    HL7 FHIR R4, 3.1.1.4 (search parameters), 2.19 (compartments).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import product
from typing import Final

from lianyi.formats.fhir.definitions import Definitions, SearchParameter
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.contained import MARK
from lianyi.projections.clinical.ids import parameter_number, resource_number
from lianyi.projections.clinical.search import comparing, dating, values
from lianyi.projections.clinical.search.alternatives import (
    Alternative,
    amount_of,
    hash_of,
    joined,
    numbers,
    one_of,
    token_form,
    unit_forms,
)
from lianyi.projections.clinical.search.conditions import (
    All,
    Among,
    Clause,
    Compare,
    Everything,
    Hierarchy,
    Leads,
    Leaf,
    LedTo,
    Node,
    Not,
    Some,
    Table,
    Updated,
    both,
    either,
    every,
    some,
)
from lianyi.projections.clinical.search.filtering import compile_filter
from lianyi.projections.clinical.search.filters.expressions import Filtered
from lianyi.projections.clinical.search.parameters import Chain, Criterion, Has, Plain
from lianyi.projections.clinical.search.problems import not_offered, unreadable
from lianyi.projections.clinical.search.special import near_node, words_node
from lianyi.projections.clinical.search.terminology import MEMBERS_MAX, Terminology
from lianyi.projections.clinical.words import SEARCHED

_PLACES: Final[Mapping[str, tuple[Table, ...]]] = {
    "token": ("hashed", "text"),
    "reference": ("hashed",),
    "uri": ("hashed",),
    "string": ("text",),
    "date": ("span",),
    "number": ("amount",),
    "quantity": ("amount",),
    "composite": ("hashed", "text", "span", "amount"),
}
"""Where values of a parameter stand."""
_NOT_OF_CONTAINED: Final = frozenset({"_lastUpdated", *SEARCHED})
_HIERARCHIES: Final = ("partof", "part-of")
"""Parameters by which resources of one type stand below each other."""


class Compiler:
    """Compiles criteria for one moment."""

    def __init__(
        self,
        definitions: Definitions,
        terminology: Terminology,
        *,
        zone: tzinfo,
        now: datetime,
        base: str,
        reads_files: bool = False,
    ) -> None:
        """Compile.

        Args:
            definitions: of FHIR.
            terminology: of codes.
            zone: of dates that say none.
            now: the time.
            base: address of our doors, without a slash at the end.
            reads_files: whether ``_content`` is asked of the Binaries of attached files as well.
        """
        self._reads_files = reads_files
        self._definitions = definitions
        self._terminology = terminology
        self._zone = zone
        self._now = now
        self._base = base

    def search(self, types: Sequence[str], criteria: Iterable[Criterion]) -> Node:
        """Return what must hold of a resource of some types that every criterion means."""
        nodes: list[Node] = []
        dates: dict[tuple[tuple[str, ...], str], list[Plain]] = defaultdict(list)
        for one in criteria:
            if isinstance(one, Plain) and _is_span(one):
                dates[one.types, one.parameter.code].append(one)
            else:
                nodes.append(self.one(one))
        days = {code: self._dates(plains) for (_, code), plains in dates.items()}
        return self.bound(types, dating.together(tuple(types), nodes, days))

    def bound(self, types: Sequence[str], nodes: Sequence[Node]) -> Node:
        """Return that all hold, of resources of some types."""
        if any(_says_types(node) for node in nodes):
            return every(*nodes)
        return every(*nodes, Everything(tuple(types)))

    def one(self, criterion: Criterion) -> Node:
        """Return what one criterion means."""
        if isinstance(criterion, Plain):
            return self._plain(criterion)
        if isinstance(criterion, Chain):
            held = [of_contained(one) for one in criterion.inner]
            ends = [*criterion.inner, *(one for one in held if one is not None)]
            return Leads(
                numbers(criterion.types, criterion.parameter.code),
                some(*(self.search(inner.types, [inner]) for inner in ends)),
            )
        if isinstance(criterion, Has):
            leads = LedTo(
                numbers((criterion.source,), criterion.parameter.code),
                self.search((criterion.source,), [criterion.inner]),
            )
            return every(leads, Everything(criterion.types))
        if isinstance(criterion, Filtered):
            return self.bound(criterion.types, [compile_filter(criterion.filter, self)])
        rids = tuple(
            resource_number("List", values.unescaped(one).removeprefix("List/"))
            for one in criterion.lists
        )
        listed = LedTo(numbers(("List",), "item"), Among(rids))
        return every(listed, Everything(criterion.types))

    def compartment(
        self, of: str, ids: Sequence[str], types: Sequence[str], *, free: Sequence[str] = ()
    ) -> Node:
        """Return what belongs to the compartment of a patient or the like.

        Args:
            of: the type of whom it is: ``Patient``.
            ids: whose.
            types: that are wanted.
            free: types that are wanted wherever they belong.
        """
        places = self._definitions.compartment(of)
        ps = [parameter_number(one, code) for one in types for code in places.get(one, ())]
        rids = tuple(dict.fromkeys(resource_number(of, one) for one in ids))
        found: list[Node] = [Leaf("hashed", tuple(ps), one_of("v", rids))] if ps else []
        if of in types:
            found.append(Among(rids))
        if free:
            found.append(Everything(tuple(free)))
        return some(*found)

    # --- one parameter --------------------------------------------------------------------------

    def _plain(self, plain: Plain) -> Node:
        code, modifier = plain.parameter.code, plain.modifier
        if modifier == "missing":
            return self._missing(plain)
        if code == "_id":
            return self._ids(plain)
        if code in SEARCHED:
            files = self._reads_files
            return some(*(words_node(plain, one, reads_files=files) for one in plain.values))
        if plain.parameter.type == "special":
            return some(*(near_node(plain, one) for one in plain.values))
        if code == "_lastUpdated":
            clause = either(
                *(comparing.updated_clause(self.date(one, code)) for one in plain.values)
            )
            return Updated(plain.types, clause)
        if modifier in ("not", "not-in"):
            return Not(self._positive(plain), plain.types)
        return self._positive(plain)

    def _positive(self, plain: Plain) -> Node:
        ps = numbers(plain.types, plain.parameter.code)
        if plain.parameter.type == "reference" and plain.modifier in ("above", "below"):
            return Leads(ps, some(*(self._hierarchy(plain, one) for one in plain.values)))
        if len(plain.parameter.components) > 2:
            return some(*(self._several(plain, ps, value) for value in plain.values))
        reads = self._READS[plain.parameter.type]
        grouped: dict[tuple[Table, int], list[Clause]] = defaultdict(list)
        for value in plain.values:
            for one in reads(self, plain, value):
                grouped[one.table, one.side].append(one.clause)
        return some(
            *(
                Leaf(table, tuple(side * p for p in ps), joined(clauses))
                for (table, side), clauses in grouped.items()
            )
        )

    def _missing(self, plain: Plain) -> Node:
        said = [values.unescaped(one).strip() for one in plain.values]
        if len(said) != 1 or said[0] not in ("true", "false"):
            raise unreadable(
                plain.parameter.code, ":missing is true or false", ":missing 只能是 true 或 false"
            )
        present: Node
        if plain.parameter.code in ("_id", "_lastUpdated"):
            present = Everything(plain.types)
        else:
            ps = numbers(plain.types, plain.parameter.code)
            present = some(
                *(
                    Leaf(table, (*ps, *(-p for p in ps)) if table == "span" else ps)
                    for table in _PLACES[plain.parameter.type]
                )
            )
        return present if said[0] == "false" else Not(present, plain.types)

    def _ids(self, plain: Plain) -> Node:
        if plain.modifier not in ("", "not"):
            raise unreadable("_id", "it has no such modifier", "该参数不支持此修饰符")
        ids = [values.read_token(one, "_id").code for one in plain.values]
        if any(one.startswith(MARK) for one in plain.types):  # what is contained has it as a code
            held = Leaf(
                "hashed", numbers(plain.types, "_id"), one_of("v", map(forms.token_code, ids))
            )
            return Not(held, plain.types) if plain.modifier else held
        among = Among(tuple(resource_number(one, id_) for one in plain.types for id_ in ids))
        return Not(among, plain.types) if plain.modifier else among

    def date(self, text: str, where: str) -> values.DateRange:
        """Read a date of a parameter."""
        return values.read_date(text, where, zone=self._zone, now=self._now)

    def _dates(self, plains: Sequence[Plain]) -> Node:
        """Say of a parameter all that is said of it; of one span that is all said of one row."""
        code = plains[0].parameter.code
        ranges = [[self.date(one, code) for one in plain.values] for plain in plains]
        return self.spans(plains[0].types, code, ranges)

    def spans(
        self, types: Sequence[str], code: str, ranges: Sequence[Sequence[values.DateRange]]
    ) -> Node:
        """Say of a date of some types that it fulfils one of each of some ranges."""
        ps = numbers(types, code)
        key = Compare("key", "=", forms.PLAIN)
        short = [either(*(comparing.date_clause(r, short=True) for r in one)) for one in ranges]
        longs = [
            Leaf(
                "span",
                tuple(-p for p in ps),
                both(key, either(*(comparing.date_clause(r, short=False) for r in one))),
            )
            for one in ranges
        ]
        return some(Leaf("span", ps, both(key, *short)), every(*longs))

    # --- values by the type of the parameter: what each may be in the index ---------------------

    def _string(self, plain: Plain, value: str) -> list[Alternative]:
        text = comparing.text_clause(values.unescaped(value), plain.modifier)
        return [Alternative("text", 1, both(Compare("key", "=", forms.PLAIN), text))]

    def _token(self, plain: Plain, value: str) -> list[Alternative]:
        where, modifier = plain.parameter.code, plain.modifier
        if modifier == "text":
            return self._string(plain._replace(modifier=""), value)
        if modifier == "of-type":
            return [hash_of(forms.of_type(*values.read_typed(value, where)))]
        if modifier in ("in", "not-in"):
            return self._members(values.unescaped(value), where)
        token = values.read_token(value, where)
        if modifier in ("above", "below"):
            return self._related(token, modifier, where)
        return [hash_of(token_form(token))]

    def _members(self, url: str, where: str) -> list[Alternative]:
        found = self._terminology.members(url)
        if found is None or len(found.codes) > MEMBERS_MAX:
            raise not_offered(
                where,
                "this value set is not known here, or not as a list of codes",
                "此处不认识该值集，或无法列出其代码",
            )
        vs = [forms.token_both(system, code) for system, code in sorted(found.codes)]
        vs += [forms.token_system(system) for system in sorted(found.systems)]
        return [Alternative("hashed", 1, one_of("v", vs))]

    def _related(self, token: values.TokenValue, way: str, where: str) -> list[Alternative]:
        knows = self._terminology.below if way == "below" else self._terminology.above
        codes = knows(token.system, token.code) if token.system and token.code else None
        if codes is None:
            raise not_offered(
                where,
                "nothing is known of what stands above or below this code",
                "此处没有该代码的层级关系",
            )
        vs = [forms.token_both(token.system or "", code) for code in sorted({token.code, *codes})]
        return [Alternative("hashed", 1, one_of("v", vs))]

    def _reference(self, plain: Plain, value: str) -> list[Alternative]:
        where, modifier = plain.parameter.code, plain.modifier
        if modifier == "identifier":
            token = values.read_token(value, where)
            if not token.code:
                raise unreadable(where, "an identifier has a value", "标识须有取值")
            if token.system is None:
                return [hash_of(forms.identifier_value(token.code))]
            return [hash_of(forms.identifier_both(token.system, token.code))]
        vs = self._reference_forms(plain.parameter, modifier, value)
        return [Alternative("hashed", 1, one_of("v", vs))]

    def _hierarchy(self, plain: Plain, value: str) -> Node:
        """Return a resource and what stands above or below it."""
        where = plain.parameter.code
        read = values.read_reference(value, where, base=self._base)
        kinds = [read.type] if read.type else plain.parameter.targets
        found = [
            Hierarchy(parameter_number(kind, way), resource_number(kind, read.id), plain.modifier)
            for kind in kinds
            if read.id and (way := self._way(kind))
        ]
        if not found:
            raise not_offered(
                where,
                "nothing of this type stands above or below another",
                "该类型的资源没有上下级关系",
            )
        return some(*found)

    def _way(self, type_: str) -> str:
        """Return the parameter by which a resource says what it is part of; empty: none."""
        known = self._definitions.search_parameters(type_)
        ways = (one for one in _HIERARCHIES if one in known)
        return next((one for one in ways if type_ in known[one].targets), "")

    def _reference_forms(self, parameter: SearchParameter, type_: str, value: str) -> list[int]:
        read = values.read_reference(value, parameter.code, base=self._base)
        if read.id:
            if read.type and type_ and read.type != type_:
                raise unreadable(
                    parameter.code,
                    "the type in the value is not that of the modifier",
                    "取值中的类型与修饰符不一致",
                )
            told = read.type or type_
            if told and not self._definitions.is_resource_type(told):
                return [forms.url(values.unescaped(value))]
            kinds = [told] if told else parameter.targets or self._definitions.resource_types
            found = [forms.reference(kind, read.id) for kind in kinds]
            if read.type and "url" in self._definitions.structure(read.type).elements:
                found.append(forms.url(f"{read.type}/{read.id}"))  # a canonical, written so
            return found
        if read.version:
            return [forms.url_version(read.url, read.version)]
        return [forms.url(read.url)]

    def _uri(self, plain: Plain, value: str) -> list[Alternative]:
        uri = values.unescaped(value)
        if plain.modifier == "below":
            clause = both(Compare("key", "=", forms.PLAIN), comparing.below_clause(uri))
            return [Alternative("text", 1, clause)]
        if plain.modifier == "above":
            vs = [forms.url(one) for one in comparing.above(uri)]
            return [Alternative("hashed", 1, one_of("v", vs))]
        return [hash_of(forms.url(uri))]

    def _number(self, plain: Plain, value: str) -> list[Alternative]:
        number = values.read_number(value, plain.parameter.code)
        return [amount_of([forms.ANY_UNIT], comparing.number_clause(number))]

    def _quantity(self, plain: Plain, value: str) -> list[Alternative]:
        quantity = values.read_quantity(value, plain.parameter.code)
        return [amount_of(unit_forms(quantity), comparing.number_clause(quantity.number))]

    # --- composites -----------------------------------------------------------------------------

    def _composite(self, plain: Plain, value: str) -> list[Alternative]:
        where = plain.parameter.code
        *leading, (last, text) = self._parts(plain, value)
        leads = list(product(*(self._same(one, part) for one, part in leading)))
        if last.type in ("token", "reference", "uri"):
            ends = self._same(last, text)
            vs = [forms.together(*lead, end) for lead in leads for end in ends]
            return [Alternative("hashed", 1, one_of("v", vs))]
        return [one for lead in leads for one in self._ends(where, last.type, lead, text)]

    def _parts(self, plain: Plain, value: str) -> list[tuple[SearchParameter, str]]:
        """Return the parts of a value, each with its parameter."""
        known = self._definitions.parameters_by_url
        found = [known[one.definition] for one in plain.parameter.components]
        parts = values.split(value, "$")
        if len(parts) != len(found) or not all(part.strip() for part in parts):
            raise unreadable(
                plain.parameter.code,
                f"a value has {len(found)} parts with a $ between them",
                f"取值应有 {len(found)} 个部分，以 $ 分隔",
            )
        return list(zip(found, parts, strict=True))

    def _several(self, plain: Plain, ps: tuple[int, ...], value: str) -> Node:
        """Say what holds of a composite of a token and several numbers.

        Each number is held against its place beside the token, not all of them against one row: a
        resource with several windows of one chromosome may be found by the ends of two of them.
        """
        first, *numbers = self._parts(plain, value)
        return some(
            *(
                every(
                    *(
                        amount_of(
                            [forms.together(form, place)],
                            comparing.number_clause(values.read_number(text, one.code)),
                        ).leaf(ps)
                        for place, (one, text) in enumerate(numbers, start=1)
                    )
                )
                for form in self._same(*first)
            )
        )

    def _same(self, parameter: SearchParameter, text: str) -> list[int]:
        """Return the forms of a part that is compared for being the same."""
        if parameter.type == "token":
            token = values.read_token(text, parameter.code)
            if not token.code:
                raise unreadable(
                    parameter.code, "a part of a composite has a code", "复合参数的部分须有代码"
                )
            return [token_form(token)]
        if parameter.type == "reference":
            return self._reference_forms(parameter, "", text)
        return [forms.url(values.unescaped(text))]

    def _ends(self, where: str, kind: str, lead: tuple[int, ...], text: str) -> list[Alternative]:
        """Say what holds of the last part, behind the others."""
        key = Compare("key", "=", forms.together(*lead))
        if kind == "string":
            clause = comparing.text_clause(values.unescaped(text), "")
            return [Alternative("text", 1, both(key, clause))]
        if kind == "date":
            day = self.date(text, where)
            return [
                Alternative("span", 1, both(key, comparing.date_clause(day, short=True))),
                Alternative("span", -1, both(key, comparing.date_clause(day, short=False))),
            ]
        quantity = values.read_quantity(text, where)
        units = [forms.together(*lead, unit) for unit in unit_forms(quantity)]
        return [amount_of(units, comparing.number_clause(quantity.number))]

    _READS: Final[Mapping[str, Callable[[Compiler, Plain, str], list[Alternative]]]] = {
        "string": _string,
        "token": _token,
        "reference": _reference,
        "uri": _uri,
        "number": _number,
        "quantity": _quantity,
        "composite": _composite,
    }


def of_contained(criterion: Criterion) -> Plain | Chain | None:
    """Return a criterion as it is asked of what is contained; None: it cannot be.

    A chained condition is evaluated inside contained resources (R4, 3.1.1.5.5).
    """
    fits = isinstance(criterion, Plain) and criterion.parameter.code not in _NOT_OF_CONTAINED
    if not isinstance(criterion, Plain | Chain) or not (fits or isinstance(criterion, Chain)):
        return None
    types = tuple(one if one.startswith(MARK) else MARK + one for one in criterion.types)
    return criterion._replace(types=types)


def _is_span(criterion: Plain) -> bool:
    return (
        criterion.parameter.type == "date"
        and criterion.modifier == ""
        and criterion.parameter.code != "_lastUpdated"
    )


def _says_types(node: Node) -> bool:
    """Tell whether all that a node stands for is of the types that are searched."""
    if isinstance(node, All):
        return any(map(_says_types, node.parts))
    if isinstance(node, Some):
        return all(map(_says_types, node.parts))
    return not isinstance(node, Not | LedTo)
