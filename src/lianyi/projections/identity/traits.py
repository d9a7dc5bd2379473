"""A registration, read: what is compared, once for each record and not once for each pair."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from lianyi.projections.identity.cards import is_known_by
from lianyi.projections.identity.marks import MARKS_BITS, birth_marks, marks_of
from lianyi.projections.identity.registration import Flag, Registration
from lianyi.projections.identity.values.addresses import AddressValue, read_address
from lianyi.projections.identity.values.births import (
    BirthLevel,
    BirthValue,
    compare_births,
    read_birth,
)
from lianyi.projections.identity.values.identifiers import IdValue, read_identifier
from lianyi.projections.identity.values.names import NameKind, NameValue, read_name
from lianyi.projections.identity.values.phones import PhoneKind, PhoneValue, read_phone
from lianyi.projections.identity.values.sexes import Sex, read_sex

NAMES_MAX = 6
IDENTIFIERS_MAX = 12
PHONES_MAX = 6
ADDRESSES_MAX = 3
"""What a registration has beyond these is kept in it and not compared."""


class LocalDefaults(msgspec.Struct, frozen=True):
    """What a hospital's own data taught: values in so many records that they say nothing.

    Attributes:
        ids: numbers filled in for nobody, as ``values.text.digits_of`` gives them.
        dates: ``YYYYMMDD``, see ``values.births.default_dates``.
        phones: as ``PhoneValue.digits``: the ward's, the village doctor's, of 10,000 people.
        names: as ``NameValue.key``: names that the clerks here give to the unknown.
        addresses: as sent: the hospital's own, the station's.
    """

    ids: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


NOTHING_LEARNED = LocalDefaults()
ANY_MARKS: Final = (1 << MARKS_BITS) - 1


class Traits(msgspec.Struct, frozen=True, gc=False):
    """What a registration says, read.

    Attributes:
        source: assigning authority of ``mrn``.
        mrn: patient identifier in that system.
        names: first the official one; never empty, but perhaps NOBODY's.
        sex: ``M``, ``F`` or empty.
        birth: as said; the dates that ID numbers say stand in ``ids``.
        proven_birth: the date of a valid lifelong number, where what was said is no whole date,
            or nearly that one: a digit, the calendar, day and month. None everywhere else.
        ids: placeholders left out.
        phones: placeholders and too frequent ones left out.
        addresses: empty and too frequent ones left out.
        multiple_birth: one of twins or more; also when only an order was given.
        birth_order: from 1; 0 when unknown.
        mother: authority and value of the mother's identifier; empty when unknown.
        mother_name: NOBODY's when unknown.
        flags: as sent.
        marks: see ``marks``; without them nobody is told apart at one look.
    """

    source: str
    mrn: str
    names: tuple[NameValue, ...]
    sex: Sex
    birth: BirthValue
    ids: tuple[IdValue, ...] = ()
    phones: tuple[PhoneValue, ...] = ()
    addresses: tuple[AddressValue, ...] = ()
    multiple_birth: bool = False
    birth_order: int = 0
    mother: str = ""
    mother_name: NameValue = NameValue(NameKind.NOBODY, "")
    flags: tuple[Flag, ...] = ()
    marks: int = ANY_MARKS
    proven_birth: BirthValue | None = None

    @property
    def name(self) -> NameValue:
        """The official name."""
        return self.names[0]

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows who this is: a placeholder for a name, or the sender said so."""
        return self.names[0].kind is NameKind.NOBODY or Flag.UNKNOWN in self.flags

    @property
    def is_newborn(self) -> bool:
        """Whether this is a newborn that has no name yet."""
        return self.names[0].kind is NameKind.NEWBORN


_NOBODY = NameValue(NameKind.NOBODY, "")
_NO_BIRTH = BirthValue()


def _read_names(said: Registration, learned: LocalDefaults) -> tuple[NameValue, ...]:
    names = [read_name(name.text, name.family) for name in said.names[:NAMES_MAX]]
    if learned.names:
        names = [_NOBODY if name.key in learned.names else name for name in names]
    if len(names) == 1:
        return (names[0],)
    known = tuple([name for name in names if name.kind is not NameKind.NOBODY])
    return known or (_NOBODY,)


def _read_phones(said: tuple[str, ...], frequent: frozenset[str]) -> tuple[PhoneValue, ...]:
    phones = []
    for text in said[:PHONES_MAX]:
        phone = read_phone(text)
        if phone.kind is not PhoneKind.NOTHING and phone.digits not in frequent:
            phones.append(phone)
    return tuple(phones)


_CORRECTED: Final = (
    BirthLevel.INCOMPARABLE,
    BirthLevel.YEAR_ONLY,
    BirthLevel.ONE_DIGIT,
    BirthLevel.MISTYPED,
    BirthLevel.LUNAR,
    BirthLevel.SWAPPED,
    BirthLevel.MONTH,
)
"""How a birthday that was said may stand to the number's, if the number's is to count as well."""


def _proven_birth(said: BirthValue, ids: tuple[IdValue, ...]) -> BirthValue | None:
    """Give the birthday of the one valid number that corrects what was said."""
    dates = {
        value.born_on: value.body[6:14]
        for value in ids
        if value.valid and value.born_on is not None and len(value.body) == 17
    }
    if len(dates) != 1:
        return None
    ((on, text),) = dates.items()
    if said.text == text or (on.month, on.day) == (1, 1):
        return None
    proven = BirthValue(text, on.year, on.month, on.day)
    return proven if compare_births(said, proven) in _CORRECTED else None


def read_registration(
    said: Registration, learned: LocalDefaults = NOTHING_LEARNED, *, today: date | None = None
) -> Traits:
    """Read a registration.

    Args:
        said: as it came.
        learned: values that say nothing at this hospital.
        today: births after it are wrong; None takes the day of ``received_at``, if any.
    """
    if today is None and said.received_at is not None:
        today = said.received_at.date()
    found = []
    for identifier in said.identifiers[:IDENTIFIERS_MAX]:
        if not is_known_by(identifier):
            continue
        value = read_identifier(identifier, today=today, defaults=learned.ids)
        if not value.placeholder:
            found.append(value)
    addresses = []
    for text in said.addresses[:ADDRESSES_MAX]:
        if text and text not in learned.addresses:
            address = read_address(text)
            if address.place or address.district or address.city:
                addresses.append(address)
    names, ids = _read_names(said, learned), tuple(found)
    order = said.birth_order or 0
    birth = read_birth(said.born, today=today, defaults=learned.dates) if said.born else _NO_BIRTH
    own = ids and names[0].kind is not NameKind.NEWBORN  # a newborn's may be its mother's number
    proven = _proven_birth(birth, ids) if own else None
    return Traits(
        said.source,
        said.mrn,
        names,
        read_sex(said.sex),
        birth,
        ids,
        _read_phones(said.phones, learned.phones) if said.phones else (),
        tuple(addresses),
        bool(said.multiple_birth) or order > 1,
        order or max(names[0].child_order, 0),
        f"{said.mother.issuer} {said.mother.value}" if said.mother else "",
        read_name(said.mother_name) if said.mother_name else _NOBODY,
        said.flags,
        marks_of(names, birth, ids) | (birth_marks(proven) if proven else 0),
        proven,
    )
