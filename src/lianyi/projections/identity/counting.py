"""How many persons have a value and how many records a fault: exact, mergeable, in bounded memory.

Ten million persons have some fifty million distinct values, too many to count one by one, and all
but a few are in nobody's way. So the stream is looked at twice:

1. ``sketch`` adds every value to a counting Bloom filter of one byte a cell. It may think a value
   more crowded than it is, never less.
2. ``count`` counts exactly, and only the values that the sketch thinks crowded (``LEAST``).

Both add up: sketches of parts of the stream are added before the second look, counts of parts after
it, in any order and grouping, and the sum is what one look at everything gives. A value that
``Counts.crowded`` gives is in exactly so many persons, and none that has as many is missing.

Memory: five filters of ``cells`` bytes, and the crowded values. With 2**27 cells (640 MiB) and ten
million persons about one number in a hundred is counted for nothing; a million persons need
2**24 (80 MiB). Parts can be looked at by several processes.

Sources:
    Fan, Cao, Almeida, Broder, "Summary cache", IEEE/ACM Trans. Networking 8 (2000): counting
    filters. Kirsch and Mitzenmacher, "Less hashing, same performance" (2006): two hashes for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from hashlib import blake2b
from heapq import nsmallest
from struct import Struct
from typing import Final, NamedTuple

import msgspec

from lianyi.projections.identity.folding import DOCUMENTS
from lianyi.projections.identity.partition import LIFELONG
from lianyi.projections.identity.rarity import NAME_COUNT_LEAST, address_key
from lianyi.projections.identity.registration import Flag, IdKind, Registration
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.values.addresses import read_address
from lianyi.projections.identity.values.births import BirthValue, read_birth
from lianyi.projections.identity.values.identifiers import IdValue, read_identifier
from lianyi.projections.identity.values.names import NameKind, NameValue, read_name
from lianyi.projections.identity.values.phones import PhoneKind, read_phone
from lianyi.projections.identity.values.sexes import read_sex

Person = Sequence[Registration]
"""The records of one person, in any order."""

EXAMPLES_MAX: Final = 5
"""So many records are named for a finding: those that sort first, so that every order names the
same."""
NAMES_MAX: Final = 8
"""So many names beside one number are kept, likewise."""
PROBES: Final = 4
CELLS: Final = 1 << 24


class Value(StrEnum):
    """What is counted by its value, in how many persons it is."""

    PHONE = "phone"
    """``PhoneValue.digits``."""
    ADDRESS = "address"
    """``rarity.address_key``."""
    ADDRESS_TEXT = "address-text"
    """As sent."""
    NUMBER = "number"
    """``IdValue.text``, of numbers that are the same wherever they are shown."""
    NAME = "name"
    """``NameValue.key``."""


LEAST: Final[Mapping[Value, int]] = {
    Value.PHONE: 5,
    Value.ADDRESS: 12,
    Value.ADDRESS_TEXT: 50,
    Value.NUMBER: 2,
    Value.NAME: NAME_COUNT_LEAST,
}
"""So many persons make a value crowded: the least at which anything is done about it."""


class Fault(StrEnum):
    """What can be wrong with one record, or with the records of one source in one person."""

    DUPLICATE = "duplicate"
    """One person has a second record of the same source."""
    NO_NAME = "no-name"
    NO_SEX = "no-sex"
    NO_BIRTH = "no-birth"
    NO_NUMBER = "no-number"
    NO_PHONE = "no-phone"
    NO_ADDRESS = "no-address"
    PLACEHOLDER_NAME = "placeholder-name"
    """A word typed as a name, and nobody said that the person is unknown."""
    LOST_CHARACTER = "lost-character"
    """A character of the name was lost on the way."""
    PLACEHOLDER_NUMBER = "placeholder-number"
    PLACEHOLDER_PHONE = "placeholder-phone"
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    IMPOSSIBLE_BIRTH = "impossible-birth"
    """Unreadable, or after the registration."""
    BIRTH_AGAINST_NUMBER = "birth-against-number"
    """Another day than a valid number says."""
    SEX_AGAINST_NUMBER = "sex-against-number"


class Tally(msgspec.Struct):
    """How often something was found, and where.

    Attributes:
        count: of persons for a value, of records for a fault or a date.
        examples: records that sort first, at most ``EXAMPLES_MAX``.
        bare: of a name: persons of whom nothing else is known, neither number, phone nor birthday.
        names: of a number: names that sort first, at most ``NAMES_MAX``.
    """

    count: int = 0
    examples: tuple[RecordKey, ...] = ()
    bare: int = 0
    names: tuple[str, ...] = ()

    def add(self, other: Tally) -> None:
        """Add what was found elsewhere."""
        self.count += other.count
        self.bare += other.bare
        self.examples = tuple(sorted({*self.examples, *other.examples})[:EXAMPLES_MAX])
        if other.names:
            self.names = tuple(nsmallest(NAMES_MAX, {*self.names, *other.names}))

    def see(self, record: RecordKey) -> None:
        """Count one record."""
        self.count += 1
        if len(self.examples) < EXAMPLES_MAX or record < self.examples[-1]:
            self.examples = tuple(sorted([*self.examples, record])[:EXAMPLES_MAX])


class _Read(NamedTuple):
    """A record, as far as it is counted."""

    said: Registration
    name: NameValue
    birth: BirthValue
    numbers: tuple[IdValue, ...]
    phones: tuple[str, ...]

    @property
    def key(self) -> RecordKey:
        return self.said.key


def _name(said: Registration) -> NameValue:
    """The first name that names somebody, as ``traits`` reads it; without one, the first."""
    nobody = None
    for name in said.names:
        read = read_name(name.text)
        if read.kind is not NameKind.NOBODY:
            return read
        nobody = nobody or read
    return nobody or NameValue(NameKind.NOBODY, "")


def _read(said: Registration) -> _Read:
    today = said.received_at.date() if said.received_at else None
    phones = (read_phone(text) for text in said.phones)
    return _Read(
        said,
        _name(said),
        read_birth(said.born, today=today),
        tuple([read_identifier(one, today=today) for one in said.identifiers]),
        tuple([one.digits for one in phones if one.kind is not PhoneKind.NOTHING]),
    )


_NOT_COUNTED: Final = (IdKind.HOSPITAL_CARD, IdKind.BRACELET, IdKind.OTHER)
"""Numbers that every issuer begins anew: two people with one of them share nothing."""
_OF_IDENTITY: Final = (*DOCUMENTS, IdKind.MILITARY, IdKind.BIRTH_CERTIFICATE)


class _Found(msgspec.Struct):
    """A value of one person."""

    examples: set[RecordKey]
    names: set[str]


def _values(person: Sequence[_Read]) -> dict[tuple[Value, str], _Found]:
    """Each value that a person has, once, with the records that have it and their names."""
    found: dict[tuple[Value, str], _Found] = {}

    def note(kind: Value, value: str, one: _Read) -> None:
        entry = found.setdefault((kind, value), _Found(set(), set()))
        entry.examples.add(one.key)
        if kind is Value.NUMBER and one.name.kind > NameKind.NEWBORN and not one.name.lossy:
            entry.names.add(one.name.key)

    for one in person:
        if one.name.kind > NameKind.NEWBORN:
            note(Value.NAME, one.name.key, one)
        for digits in one.phones:
            note(Value.PHONE, digits, one)
        for number in one.numbers:
            if not number.placeholder and number.kind not in _NOT_COUNTED:
                note(Value.NUMBER, number.text, one)
        for text in one.said.addresses:
            address = read_address(text)
            if address.place or address.district or address.city:
                note(Value.ADDRESS, address_key(address), one)
                note(Value.ADDRESS_TEXT, text, one)
    return found


def _is_bare(person: Sequence[_Read]) -> bool:
    return not any(
        one.phones or one.birth.is_key or any(not number.placeholder for number in one.numbers)
        for one in person
    )


_TWO_HASHES: Final = Struct(">QQ")


class Sketch:
    """How crowded each value may be: never less than it is.

    Args:
        cells: of each kind of value, a power of two; a cell is a byte.
    """

    def __init__(self, cells: int = CELLS) -> None:
        if cells < PROBES or cells & (cells - 1):
            raise ValueError("the number of cells is a power of two")
        self._cells = {kind: bytearray(cells) for kind in Value}
        self._last = cells - 1

    def _places(self, kind: Value, value: str) -> list[int]:
        text = f"{kind.value}\x1f{value}".encode()
        first, step = _TWO_HASHES.unpack(blake2b(text, digest_size=16).digest())
        step |= 1  # odd, so that the probes meet no cell twice
        return [(first + probe * step) & self._last for probe in range(PROBES)]

    def add(self, kind: Value, value: str) -> None:
        """Add a value of one person."""
        cells = self._cells[kind]
        for place in self._places(kind, value):
            if cells[place] < 255:
                cells[place] += 1

    def is_crowded(self, kind: Value, value: str) -> bool:
        """Whether so many persons may have it that it must be counted."""
        cells = self._cells[kind]
        return min([cells[place] for place in self._places(kind, value)]) >= LEAST[kind]

    def __add__(self, other: Sketch) -> Sketch:
        """Add the sketch of another part of the stream, of as many cells."""
        if self._last != other._last:
            raise ValueError("sketches of different sizes cannot be added")
        both = Sketch(self._last + 1)
        for kind, cells in both._cells.items():
            a, b = self._cells[kind], other._cells[kind]
            for start in range(0, len(cells), _CHUNK):
                part = slice(start, start + _CHUNK)
                cells[part] = bytes(
                    [min(x + y, 255) for x, y in zip(a[part], b[part], strict=True)]
                )
        return both


_CHUNK: Final = 1 << 16


def sketch(persons: Iterable[Person], *, cells: int = CELLS) -> Sketch:
    """Look at persons for the first time."""
    found = Sketch(cells)
    for person in persons:
        for kind, value in _values([_read(said) for said in person]):
            found.add(kind, value)
    return found


class Counts(msgspec.Struct):
    """What was counted; see ``+``.

    Attributes:
        persons: how many.
        records: how many, by source.
        faults: by source.
        births: by whole date, ``YYYYMMDD``: records that say it.
        values: the values that the sketch thought crowded; see ``crowded``.
    """

    persons: int = 0
    records: dict[str, int] = msgspec.field(default_factory=dict)
    faults: dict[tuple[Fault, str], Tally] = msgspec.field(default_factory=dict)
    births: dict[str, Tally] = msgspec.field(default_factory=dict)
    values: dict[tuple[Value, str], Tally] = msgspec.field(default_factory=dict)

    def crowded(self, kind: Value) -> Iterator[tuple[str, Tally]]:
        """Give the crowded values of a kind (see ``LEAST``), the most crowded first."""
        least = LEAST[kind]
        found = [
            (value, tally)
            for (own, value), tally in self.values.items()
            if own is kind and tally.count >= least
        ]
        yield from sorted(found, key=lambda one: (-one[1].count, one[0]))

    def __add__(self, other: Counts) -> Counts:
        """Add the counts of other persons, made with the same sketch of all."""
        both = Counts(self.persons + other.persons)
        for part in (self, other):
            for source, count in part.records.items():
                both.records[source] = both.records.get(source, 0) + count
            for key, tally in part.faults.items():
                both.faults.setdefault(key, Tally()).add(tally)
            for date, tally in part.births.items():
                both.births.setdefault(date, Tally()).add(tally)
            for value, tally in part.values.items():
                both.values.setdefault(value, Tally()).add(tally)
        return both


def count(persons: Iterable[Person], crowd: Sketch) -> Counts:
    """Look at persons for the second time.

    Args:
        persons: all of them, or a part.
        crowd: the sketch of **all** persons.
    """
    counts = Counts()
    for person in persons:
        _count(counts, [_read(said) for said in person], crowd)
    return counts


def _count(counts: Counts, person: Sequence[_Read], crowd: Sketch) -> None:
    counts.persons += 1
    for (kind, value), entry in _values(person).items():
        if crowd.is_crowded(kind, value):
            bare = int(kind is Value.NAME and _is_bare(person))
            found = Tally(1, tuple(entry.examples), bare, tuple(entry.names))
            counts.values.setdefault((kind, value), Tally()).add(found)
    seen: set[str] = set()
    for one in sorted(person, key=lambda one: one.key):
        source = one.said.source
        counts.records[source] = counts.records.get(source, 0) + 1
        faults = [fault for fault, is_so in _FAULTS.items() if is_so(one)]
        if source in seen:
            faults.append(Fault.DUPLICATE)
        seen.add(source)
        for fault in faults:
            counts.faults.setdefault((fault, source), Tally()).see(one.key)
        if len(one.birth.text) == 8:
            counts.births.setdefault(one.birth.text, Tally()).see(one.key)


def _proving(one: _Read) -> list[IdValue]:
    return [number for number in one.numbers if number.valid and number.kind in LIFELONG]


def _is_another_day(one: _Read) -> bool:
    return one.birth.is_key and any(
        number.born_on not in (None, one.birth.on) for number in _proving(one)
    )


def _is_another_sex(one: _Read) -> bool:
    sex = read_sex(one.said.sex)
    return sex != "" and any(number.sex not in ("", sex) for number in _proving(one))


_FAULTS: Final[Mapping[Fault, Callable[[_Read], bool]]] = {
    Fault.NO_NAME: lambda one: not one.name.text,
    Fault.NO_SEX: lambda one: not read_sex(one.said.sex),
    Fault.NO_BIRTH: lambda one: not one.said.born or one.birth.is_default,
    Fault.NO_NUMBER: lambda one: (
        not any(number.kind in _OF_IDENTITY and not number.placeholder for number in one.numbers)
    ),
    Fault.NO_PHONE: lambda one: not one.phones,
    Fault.NO_ADDRESS: lambda one: not any(one.said.addresses),
    Fault.PLACEHOLDER_NAME: lambda one: (
        one.name.kind is NameKind.NOBODY
        and one.name.text != ""
        and Flag.UNKNOWN not in one.said.flags
    ),
    Fault.LOST_CHARACTER: lambda one: one.name.lossy,
    Fault.PLACEHOLDER_NUMBER: lambda one: any(number.placeholder for number in one.numbers),
    Fault.PLACEHOLDER_PHONE: lambda one: len(one.phones) < len(one.said.phones),
    Fault.WRONG_CHECK_DIGIT: lambda one: any(
        number.valid is False and not number.placeholder and number.kind in LIFELONG
        for number in one.numbers
    ),
    Fault.IMPOSSIBLE_BIRTH: lambda one: (
        one.said.born != "" and (not one.birth.text or one.birth.is_future)
    ),
    Fault.BIRTH_AGAINST_NUMBER: _is_another_day,
    Fault.SEX_AGAINST_NUMBER: _is_another_sex,
}
