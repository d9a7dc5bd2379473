"""The keys by which two registrations can meet: 64-bit numbers, equal when a block agrees.

Nine kinds of block, so that any one value may be missing or wrong. A placeholder never makes a
key: there is no block of all 无名氏, of everybody born on 1900-01-01, of the ward's telephone.

Source:
    ``first eight bytes of a hash`` as in identity.md section 4; BLAKE2b (RFC 7693).
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b
from typing import Final, NamedTuple

from lianyi.projections.identity.registration import Flag, IdKind
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.names import NameKind

KEYS_VERSION: Final = 4
"""Raised whenever the keys of a registration change, also by a newer dictionary of readings or of
simplified characters (``pypinyin``, ``opencc``): stored keys must then be made anew."""
KEYS_MAX: Final = 24
"""No registration has more keys, whatever it says."""

CROWD_MAX: Final = 200
"""A key that more registrations have is no key while they do: it would compare a crowd."""
WORDS_MAX: Final = 3
"""So many words of a name in letters make keys of their own."""
NUMBERS_MAX: Final = 2
"""So many numbers of an address in letters do, the last ones: house and postcode."""


class Block(IntEnum):
    """What a key is made of. The number is part of the hash: kinds never meet each other."""

    ID_NUMBER = 1
    """17 digits of a citizen's number, so that 15 and 18 meet."""
    PHONE = 2
    SOUND_BIRTH = 3
    """Sound of the name, date of birth; of a name in letters also each word by itself, since any
    of them may have a typing error. For a child also its mother's name and number."""
    OTHER_ID = 4
    """Every other lasting identifier, by kind and (where it has one) issuer."""
    NAME_HOUSE = 5
    """Name (in letters also each word), numbers of the house; or a word or number of the address
    in letters."""
    BIRTH_SURNAME_DISTRICT_SEX = 6
    SOUND_YEAR_DISTRICT = 7
    """Sound of the name, year of birth, district."""
    BIRTH_HOUSE = 8
    """Date of birth, numbers of the house; of an address in letters also each number, and a word:
    postcodes are mistyped as well."""
    SOUND_ID_TAIL = 9
    """Sound of the name, birth date and order code of the ID number: the area is typed wrong."""


class Key(NamedTuple):
    """A key and its kind."""

    block: Block
    value: int


_CITIZEN_LIKE: Final = (
    IdKind.CITIZEN,
    IdKind.RESIDENCE_PERMIT,
    IdKind.FOREIGNER_RESIDENCE,
)
_TEMPORARY: Final = (IdKind.BRACELET, IdKind.UNSAID)
_BY_ISSUER: Final = (IdKind.HOSPITAL_CARD, IdKind.OTHER)


def _hash(text: str) -> int:
    """First eight bytes of the hash as a signed integer, as PostgreSQL's bigint takes it."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _of_id(value: IdValue) -> str:
    kind = value.kind
    if kind in _CITIZEN_LIKE and len(value.body) == 17:
        return f"1|{value.body}"
    if kind in _TEMPORARY or (kind in _BY_ISSUER and not value.issuer):
        return ""
    return f"4|{kind.value}|{value.issuer if kind in _BY_ISSUER else ''}|{value.body}"


def _birth_dates(traits: Traits) -> tuple[str, ...]:
    """The date that was said, and that of a valid ID number when it says another."""
    found = [traits.birth.text] if traits.birth.is_key else []
    for value in traits.ids:
        if value.valid and value.born_on is not None and len(value.body) == 17:
            text = value.body[6:14]
            if text not in found and not text.endswith("0101"):
                found.append(text)
    return tuple(found[:2])


def _year(traits: Traits) -> str:
    birth = traits.birth
    if birth.year and not birth.is_default and not birth.is_future:
        return birth.text[:4]
    return ""


def _longest_word(place: str) -> str:
    """The longest word of an address in letters, of a street or suburb; empty of any other."""
    return (
        max(place.split(), key=lambda word: (len(word), word)) if place.isascii() and place else ""
    )


def _texts(traits: Traits) -> list[str]:
    """What the keys are made of; each begins with the number of its ``Block``."""
    found = [text for value in traits.ids if (text := _of_id(value))]
    found += [f"2|{phone.digits}" for phone in traits.phones if len(phone.digits) >= 10]
    births = _birth_dates(traits)
    address = traits.addresses[0] if traits.addresses else None
    district = (address.district or address.city) if address else ""
    house = address.house if address else ""
    street = _longest_word(address.place) if address else ""
    parts = (street, *house.split("-")[-NUMBERS_MAX:]) if street else ()
    if not traits.is_unknown:
        tails = [
            value.body[6:]
            for value in traits.ids
            if len(value.body) == 17 and value.kind in _CITIZEN_LIKE
        ]
        year = _year(traits) if district else ""
        for name in traits.names:
            if name.kind is NameKind.LATIN and len(name.parts) > 1:
                for word in name.parts[:WORDS_MAX]:
                    found += [f"3|{word}|{born}" for born in births]
                    if "-" in house:
                        found.append(f"5|{word}|{house}")
                    found += [f"5|{word}|{part}" for part in parts if len(part) > 2]
            if sound := name.letters:
                found += [f"3|{sound}|{born}" for born in births]
                found += [f"9|{sound}|{tail}" for tail in tails]
                if year:
                    found.append(f"7|{sound}|{year}|{district}")
            if house and not name.lossy:
                found.append(f"5|{name.variant}|{house}")
        if mother := traits.mother_name.letters:  # an unnamed newborn's name is its mother's
            found += [f"3|{mother}|{born}" for born in births]
        if traits.mother:
            found += [f"3|{traits.mother}|{born}" for born in births]
        name = traits.names[0]
        surname = name.usual[0] if name.usual else name.surname
        if surname and district:
            found += [f"6|{born}|{surname}|{district}|{traits.sex}" for born in births]
    for part in filter(None, (house, *parts)):
        found += [f"8|{born}|{part}" for born in births]
    return found


def keys_with_kinds(traits: Traits) -> tuple[Key, ...]:
    """Give the keys of a registration and what each is made of, for showing why two met."""
    if Flag.TEST in traits.flags:
        return ()
    seen = {_hash(text): Block(int(text[0])) for text in _texts(traits)}
    return tuple([Key(block, value) for value, block in seen.items()][:KEYS_MAX])


def blocking_keys(traits: Traits) -> tuple[int, ...]:
    """Give the keys of a registration: signed 64-bit, distinct, at most ``KEYS_MAX``.

    The same for the same values on every machine, as long as ``KEYS_VERSION`` is the same: they are
    stored. Two registrations are candidates for each other when they share one.
    """
    if Flag.TEST in traits.flags:
        return ()
    return tuple(dict.fromkeys(map(_hash, _texts(traits))))[:KEYS_MAX]
