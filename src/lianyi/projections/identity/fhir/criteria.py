"""Whether a person is who a search means: FHIR's search parameters of Patient. Pure.

Asked of what is held true of the person by the records that may be seen, all names and numbers of
hers included.

Sources:
    HL7 FHIR R4, Patient search parameters, 3.1.1.4.8 (strings), 3.1.1.4.7 (dates); IHE PDQm
    ITI-78.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from lianyi.projections.identity.fhir.problems import unreadable
from lianyi.projections.identity.fhir.requests import Term, Token
from lianyi.projections.identity.golden import GoldenRecord
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.systems import (
    KINDS,
    PERSON_SYSTEM,
    canonical,
    kind_from,
    system_of,
)
from lianyi.projections.identity.values.names import read_name
from lianyi.projections.identity.values.text import digits_of, normal, simplified

_DATE: Final = re.compile(
    r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T.*)?", re.ASCII
)
_BORN: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?", re.ASCII)
_GENDERS: Final = {"M": "male", "F": "female"}


class Known(NamedTuple):
    """What a search is held against.

    Attributes:
        number: as shown.
        held: of the records that may be seen.
        keys: of these records.
    """

    number: str
    held: GoldenRecord
    keys: Sequence[RecordKey]


def meets(known: Known, terms: Sequence[Term]) -> bool:
    """Tell whether somebody is meant: every parameter holds.

    Raises:
        UnreadableFhir: a parameter or modifier is none that is known.
    """
    return all(_ASKS[term.name](known, term) for term in terms)


def check(terms: Sequence[Term]) -> None:
    """Raise :class:`UnreadableFhir` for what cannot be asked of anybody."""
    for term in terms:
        if term.modifier not in _MODIFIERS.get(term.name, ("",)):
            raise unreadable(
                term.name,
                f"the modifier ':{_plain(term.modifier)}' is not known of this parameter",
                f"该参数不支持修饰符“:{_plain(term.modifier)}”",
            )
        if term.name == "birthdate":
            for value in term.values:
                _span(value)


def is_known(name: str, modifier: str) -> bool:
    """Tell whether a parameter can be asked with a modifier."""
    return modifier in _MODIFIERS.get(name, ("",))


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "?", text)[:30]


# --- strings ------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """Return a text as strings are compared: no case, no accents of width, no spaces."""
    return simplified(normal(text)).casefold().replace(" ", "")


def _strings(of: Callable[[Known], list[str]]) -> Callable[[Known, Term], bool]:
    def asks(known: Known, term: Term) -> bool:
        compare = _COMPARES[term.modifier]
        return any(
            compare(folded(said), folded(value)) for said in of(known) for value in term.values
        )

    return asks


_COMPARES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "": str.startswith,
    "exact": str.__eq__,
    "contains": lambda said, value: value in said,
}


def _names(known: Known) -> list[str]:
    held = known.held
    return [one.value.text for one in (held.name, *held.other_names) if one]


def _families(known: Known) -> list[str]:
    """Family names and whole names, in characters and by their sound; of letters each word."""
    return [text for name in _names(known) for text in _cut(name)[0]]


def _given(known: Known) -> list[str]:
    return [text for name in _names(known) for text in _cut(name)[1]]


def _cut(name: str) -> tuple[list[str], list[str]]:
    read = read_name(name)
    if not read.surname:
        words = normal(name).split()
        return [*words, name], words
    bare, at = folded(name), len(read.surname)
    family, given = [bare[:at], bare], [bare[at:]]
    if len(read.usual) == len(read.key):
        family += ["".join(read.usual[:at]), "".join(read.usual)]
        given.append("".join(read.usual[at:]))
    return family, [one for one in given if one]


def _all_names(known: Known) -> list[str]:
    return [*_names(known), *_families(known), *_given(known)]


def _addresses(known: Known) -> list[str]:
    return [one.value for one in known.held.addresses]


def _mothers(known: Known) -> list[str]:
    mother = known.held.mother_name
    return [mother.value] if mother else []


def _address(known: Known, term: Term) -> bool:
    """Compare any part of an address: what begins with the province is asked by its street."""
    loose = term._replace(modifier=term.modifier or "contains")
    return _strings(_addresses)(known, loose)


# --- tokens -------------------------------------------------------------------------------------


def numbers_of(known: Known) -> list[tuple[str, str]]:
    """Return the systems, in their canonical form, and the values of all numbers."""
    found = [(PERSON_SYSTEM, known.number)]
    found += [(system_of(source), mrn) for source, mrn in known.keys]
    for group in known.held.identifiers.values():
        for one in group:
            coded = KINDS.get(one.value.kind)
            found.append((coded.system if coded else "", one.value.value))
            if one.value.issuer:
                found.append((system_of(one.value.issuer), one.value.value))
    return found


def _identifier(known: Known, term: Term) -> bool:
    return any(
        _is(token, system, value) for token in term.tokens() for system, value in numbers_of(known)
    )


def _is(token: Token, system: str, value: str) -> bool:
    if token.system is not None and canonical(token.system) != system:
        return False
    if not token.value:
        return True
    if kind_from(token.system or "") is not None or token.system == PERSON_SYSTEM:
        return digits_of(token.value) == digits_of(value)
    return token.value == value


def _telecom(known: Known, term: Term) -> bool:
    said = {_dialled(one.value) for one in known.held.phones}
    return any(_dialled(token.value) in said for token in term.tokens())


def _dialled(text: str) -> str:
    digits = re.sub(r"\D", "", digits_of(text))
    return digits.removeprefix("86") if len(digits) == 13 else digits


def _gender(known: Known, term: Term) -> bool:
    sex = known.held.sex
    said = _GENDERS.get(sex.value, "unknown") if sex else "unknown"
    return any(token.value == said for token in term.tokens())


def _active(known: Known, term: Term) -> bool:
    return any(token.value == "true" for token in term.tokens())


def _id(known: Known, term: Term) -> bool:
    return known.number in term.values


# --- dates --------------------------------------------------------------------------------------


def _span(text: str) -> tuple[str, date, date]:
    """Read a date of a search: its prefix, its first and its last day."""
    found = _DATE.fullmatch(text.strip())
    try:
        first, last = _days(*found.groups()[1:]) if found else (None, None)
    except ValueError:
        first = last = None
    if found is None or first is None or last is None:
        raise unreadable(
            "birthdate", "it is no date: 1980, 1980-03 or 1980-03-15", "不是日期，如 1980-03-15"
        )
    return found[1] or "eq", first, last


def _days(year: str, month: str | None, day: str | None) -> tuple[date, date]:
    y, m = int(year), int(month or 1)
    if day:
        on = date(y, m, int(day))
        return on, on
    end = m if month else 12
    return date(y, m, 1), date(y, end, monthrange(y, end)[1])


_ON: Final[Mapping[str, Callable[[date, date, date, date], bool]]] = {
    "eq": lambda a, b, first, last: first <= a and b <= last,
    "ne": lambda a, b, first, last: not (first <= a and b <= last),
    "gt": lambda _a, b, _first, last: b > last,
    "lt": lambda a, _b, first, _last: a < first,
    "ge": lambda a, b, first, last: b > last or (first <= a and b <= last),
    "le": lambda a, b, first, last: a < first or (first <= a and b <= last),
    "sa": lambda a, _b, _first, last: a > last,
    "eb": lambda _a, b, first, _last: b < first,
    "ap": lambda a, b, first, last: a <= last and first <= b,
}


def _birthdate(known: Known, term: Term) -> bool:
    said = known.held.born
    found = _BORN.fullmatch(said.value) if said else None
    if found is None:
        return False
    try:
        a, b = _days(*found.groups())
    except ValueError:
        return False
    spans = [_span(value) for value in term.values]
    return any(_ON[prefix](a, b, first, last) for prefix, first, last in spans)


def born_digits(terms: Sequence[Term]) -> str:
    """Return the digits with which a date of birth must begin; empty: nothing is known of it."""
    for term in terms:
        if term.name == "birthdate" and len(term.values) == 1:
            found = _DATE.fullmatch(term.values[0].strip())
            if found and found[1] in (None, "eq"):
                return "".join(part for part in found.groups()[1:] if part)
    return ""


_ASKS: Final[Mapping[str, Callable[[Known, Term], bool]]] = {
    "_id": _id,
    "active": _active,
    "family": _strings(_families),
    "given": _strings(_given),
    "name": _strings(_all_names),
    "identifier": _identifier,
    "telecom": _telecom,
    "birthdate": _birthdate,
    "address": _address,
    "gender": _gender,
    "mothersMaidenName": _strings(_mothers),
}
PARAMETERS: Final = tuple(_ASKS)
"""What a search may ask, in the order of PDQm."""
_STRINGS: Final = ("family", "given", "name", "address", "mothersMaidenName")
_MODIFIERS: Final = dict.fromkeys(_STRINGS, tuple(_COMPARES))
