"""What an app may find: the scopes of its token, and the patient in its context. Pure.

An app with nothing but rights of a patient's level finds what is of the compartment of its patient,
and what belongs to nobody. Whatever else a search names, through chains or because it comes along,
it must be allowed to read as well.

Source:
    SMART App Launch 2.2, "Scopes for requesting FHIR Resources".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from lianyi.formats.fhir.definitions import SearchParameter
from lianyi.projections.clinical.file_words import FILED
from lianyi.projections.clinical.parameters.reading import is_own
from lianyi.projections.clinical.search.filters.expressions import Filtered, Linked, leaves
from lianyi.projections.clinical.search.parameters import Chain, Criterion, Has, Listed, Plain
from lianyi.projections.clinical.words import CONTENT
from lianyi.security.scopes import ADMINISTRATIVE, Granted, covers

Asked = Mapping[str, Sequence[str]]


def narrowed(granted: Granted | None, types: Iterable[str], asked: Asked) -> list[str]:
    """Return the types of which an app sees only what is of its patient.

    Args:
        granted: what its token allows; None: it is no app that asks.
        types: that are searched.
        asked: names and values of the criteria.
    """
    if granted is None:
        return []
    wide = Granted(granted.scopes.of_level("user", "system"), app=granted.app)
    return [
        one for one in types if one not in ADMINISTRATIVE and not _allowed(wide, one, "s", asked)
    ]


def sees(granted: Granted | None, type_: str) -> bool:
    """Tell whether an app may read resources of a type at all, be it only of its patient."""
    return granted is None or _allowed(granted, type_, "r", {}) or _allowed(granted, type_, "s", {})


def _allowed(granted: Granted, type_: str, letter: str, asked: Asked) -> bool:
    of_patient = {**asked, "patient": [granted.patient]} if granted.patient else asked
    return covers(granted, type_, letter, of_patient)


def named(criteria: Iterable[Criterion]) -> set[str]:
    """Return the types, besides those that are searched, of which criteria say something."""
    found: set[str] = set()
    for one in _spoken(criteria):
        if isinstance(one, Chain):
            for inner in one.inner:
                found |= {inner.types[0], *named([inner])}
        elif isinstance(one, Has):
            found |= {one.source, *named([one.inner])}
        elif isinstance(one, Listed):
            found.add("List")
    return found


_PERSONAL_TYPES = frozenset({"Patient", "RelatedPerson", "Person"})
_STRUCTURE = frozenset(
    {
        "_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "status", "category",
        "class", "intent",
    }
)  # fmt: skip
"""Parameters that say nothing which is ever hidden."""


def tells(criteria: Iterable[Criterion]) -> bool:
    """Tell whether criteria say what may be hidden: who somebody is, what he has.

    Whoever is not shown it must not find it out by asking for it.
    """
    return any(_tells(one) for one in _spoken(criteria))


def tells_of_others(criteria: Iterable[Criterion]) -> bool:
    """Tell whether they say it of other resources than those that are found."""
    return any(_tells(one) and _says_of_others(one) for one in _spoken(criteria))


def _says_of_others(one: Criterion) -> bool:
    if not isinstance(one, Plain):
        return True
    reads_files = one.parameter.code == CONTENT and not FILED.isdisjoint(one.types)
    return one.modifier == "identifier" or reads_files


def label(one: Criterion) -> str:
    """Return what a criterion is called, without what it asks for."""
    if isinstance(one, Plain):
        return f"{one.parameter.code}{':' if one.modifier else ''}{one.modifier}"
    if isinstance(one, Chain):
        return f"{one.parameter.code}.{label(one.inner[0])}"
    if isinstance(one, Has):
        return f"_has:{one.source}:{one.parameter.code}:{label(one.inner)}"
    return "_list" if isinstance(one, Listed) else "_filter"


def _spoken(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """Give criteria, and of a filter each thing that it says."""
    for one in criteria:
        if not isinstance(one, Filtered):
            yield one
            continue
        for leaf in leaves(one.filter):
            if isinstance(leaf, Linked):
                inner = tuple(Filtered((target,), said) for target, said in leaf.inner)
                yield Chain(leaf.types, leaf.parameter, inner)
            else:
                yield Plain(leaf.types, leaf.parameter, "", (leaf.value,))


def _tells(one: Criterion) -> bool:
    if isinstance(one, Listed):
        return False
    if isinstance(one, Filtered):
        return tells([one])
    if isinstance(one, Chain):
        return tells(one.inner)
    if isinstance(one, Has):
        return _tells(one.inner)
    return says(one.types, one.parameter, one.modifier)


def says(types: Iterable[str], parameter: SearchParameter, modifier: str = "") -> bool:
    """Tell whether a parameter says what may be hidden."""
    if parameter.code in _STRUCTURE:
        return False
    if is_own(parameter):
        return True  # nobody knows what it reads
    if parameter.type == "reference":
        return modifier == "identifier"
    return parameter.type != "date" or bool(_PERSONAL_TYPES & set(types))


def kept_for(granted: Granted | None, types: Collection[str]) -> set[str]:
    """Return those of some types that an app may read."""
    return {one for one in types if sees(granted, one)}
