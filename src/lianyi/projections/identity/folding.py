"""What all sayings of one source record mean together.

A system speaks of a patient again and again, each time of some fields only, late, twice and out of
order. The fold of it depends on the *set* of what was said and on nothing else: sayings of one
content are one saying that lasts from the first time to the last, and the later content comes
first; where two were last said at one instant, the hash of the content decides.

- A field has what the latest saying says that mentions it; empty is not mentioned, and a field
  that was ``cleared`` has nothing until somebody says it again. A saying that both fills and
  clears a field fills it.
- Identifiers are a field for each kind (and issuer, where a kind has many): a message about the
  insurance card says nothing about the identity card. A number keeps what was once known of it
  (issuer, validity, that a reader read it) until something else is said.
- Earlier names still match: they stand in the registration with use ``old``. No placeholder does,
  and a record that names nobody (any more) matches by no name it had before: who was identified
  wrongly is unknown again. Earlier telephones and addresses are history only.
- A flag about who this is (newborn, unknown, alias, test) holds until a later saying gives a real
  name without it; that the date of birth is a guess, until a later saying gives one without it.
  Death and secrecy (deceased, stillborn, VIP) hold until the flags are cleared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from lianyi.projections.identity.registration import (
    Flag,
    Identifier,
    IdKind,
    Name,
    Registration,
)
from lianyi.projections.identity.statements import RecordKey, Registered
from lianyi.projections.identity.values.identifier_levels import WITHOUT_ISSUER
from lianyi.projections.identity.values.names import NameKind, read_name
from lianyi.projections.identity.values.text import digits_of

T = TypeVar("T")
N = TypeVar("N")

CAPTURES: Final = ("", "typed", "reader", "verified")
"""How an identifier came into a system, from the least that it proves to the most."""
DOCUMENTS: Final = (
    IdKind.CITIZEN,
    IdKind.RESIDENCE_PERMIT,
    IdKind.FOREIGNER_RESIDENCE,
    IdKind.HOME_RETURN_PERMIT,
    IdKind.TAIWAN_PERMIT,
    IdKind.PASSPORT,
)
"""Cards with name, sex and date of birth: one that was read proves what was said with it."""
ABOUT_WHO: Final = (Flag.NEWBORN, Flag.UNKNOWN, Flag.ALIAS, Flag.TEST)
"""Flags that a later real name ends."""


class Saying(msgspec.Struct, frozen=True, gc=False):
    """One content that a system said of one of its patients, once or more often.

    Attributes:
        said: what was said; its ``said_at`` and ``event`` are those of any one of the times.
        first_at: when it was said first (UTC).
        last_at: when it was said last (UTC).
        authority: who said it, often the record's own ``source``.
        channel: by which channel it came.
    """

    said: Registered
    first_at: datetime
    last_at: datetime
    authority: str = ""
    channel: str = ""


class FieldValue(msgspec.Struct, Generic[T], frozen=True):
    """One value of one field of a record, and when and by whom it was said.

    Attributes:
        value: as sent.
        first_at: when the record was first said to have it (UTC).
        last_at: when it was last said (UTC).
        authority: who said it last.
        channel: by which channel.
        capture: the most that any document said with it was proven by; see ``CAPTURES``.
        card_until: last day of validity of that document.
        stands: whether the field has it now; False for what it had before.
    """

    value: T
    first_at: datetime
    last_at: datetime
    authority: str
    channel: str
    capture: str = ""
    card_until: date | None = None
    stands: bool = True


class SourceRecord(msgspec.Struct, frozen=True):
    """A source record: all that was said of it, folded.

    In every field first what stands, in the sender's order, then what stood before, newest first.

    Attributes:
        registration: what matching takes: what stands, and earlier names with use ``old``.
            ``received_at`` is ``last_at``.
        first_at: when anything was first said of it (UTC).
        last_at: when anything was last said of it (UTC).
        authorities: everybody who ever spoke of it, sorted: whatever is here can be theirs.
        names: see above; the use is the one that was said.
        sex: as sent.
        born: as sent.
        identifiers: as sent, with all that is known of each number.
        phones: as sent.
        addresses: as sent.
        multiple_birth: as sent.
        birth_order: as sent.
        mother: as sent.
        mother_name: as sent.
        flags: as sent; see the module for how long each holds.
    """

    registration: Registration
    first_at: datetime
    last_at: datetime
    authorities: tuple[str, ...] = ()
    names: tuple[FieldValue[Name], ...] = ()
    sex: tuple[FieldValue[str], ...] = ()
    born: tuple[FieldValue[str], ...] = ()
    identifiers: tuple[FieldValue[Identifier], ...] = ()
    phones: tuple[FieldValue[str], ...] = ()
    addresses: tuple[FieldValue[str], ...] = ()
    multiple_birth: tuple[FieldValue[bool], ...] = ()
    birth_order: tuple[FieldValue[int], ...] = ()
    mother: tuple[FieldValue[Identifier], ...] = ()
    mother_name: tuple[FieldValue[str], ...] = ()
    flags: tuple[FieldValue[Flag], ...] = ()

    @property
    def key(self) -> RecordKey:
        """``source`` and ``mrn``."""
        return self.registration.key


_encode: Final = msgspec.msgpack.Encoder().encode


def content_of(saying: Saying) -> bytes:
    """Give the hash of what is said, by whom and by which channel, but not of when: 16 bytes.

    Source:
        BLAKE2b (RFC 7693).
    """
    said = saying.said
    registration = said.registration
    if registration.received_at is not None:
        registration = replace(registration, received_at=None)
    content = (registration, sorted(set(said.cleared)), saying.authority, saying.channel)
    return blake2b(_encode(content), digest_size=16).digest()


class _Told:
    """One content with all its times and what it proves."""

    __slots__ = (
        "authority",
        "capture",
        "card_until",
        "channel",
        "cleared",
        "content",
        "first_at",
        "last_at",
        "said",
    )

    def __init__(self, saying: Saying, content: bytes) -> None:
        self.content = content
        self.said = saying.said.registration
        self.cleared = saying.said.cleared
        self.authority = saying.authority
        self.channel = saying.channel
        self.first_at = saying.first_at
        self.last_at = saying.last_at
        self.capture, self.card_until = _proof(self.said.identifiers)

    def value(self, value: T, *, stands: bool) -> FieldValue[T]:
        return FieldValue(
            value,
            self.first_at,
            self.last_at,
            self.authority,
            self.channel,
            self.capture,
            self.card_until,
            stands,
        )


def capture_rank(capture: str) -> int:
    """Give the place of a way of capture in ``CAPTURES``; an unknown one proves nothing."""
    return CAPTURES.index(capture) if capture in CAPTURES else 0


def _proof(identifiers: Iterable[Identifier]) -> tuple[str, date | None]:
    """How the best captured document among these was captured, and how long it is valid."""
    best = ("", date.min)
    for said in identifiers:
        if said.capture and said.kind in DOCUMENTS:
            found = (said.capture, said.valid_until or date.max)
            best = max(best, found, key=lambda proof: (capture_rank(proof[0]), proof[1]))
    return best[0], None if best[1] in (date.min, date.max) else best[1]


def _joined(newer: FieldValue[T], older: FieldValue[T]) -> FieldValue[T]:
    """One value that was said again: the newer voice, all the time, the better proof."""
    proofs = [
        (capture_rank(one.capture), one.card_until or date.max, one) for one in (newer, older)
    ]
    proof = max(proofs, key=lambda proof: proof[:2])[2]
    return replace(
        newer,
        first_at=min(newer.first_at, older.first_at),
        capture=proof.capture,
        card_until=proof.card_until,
    )


def _values(told: list[_Told], field: str) -> tuple[FieldValue[Any], ...]:
    """All values of a field: those of the latest saying that mentions it, then the earlier."""
    found: dict[Any, FieldValue[Any]] = {}
    stands = True
    for one in told:
        said = getattr(one.said, field)
        if said is not None and said != "" and said != ():
            for value in said if type(said) is tuple else (said,):
                heard = one.value(value, stands=stands)
                known = found.get(value)
                found[value] = _joined(known, heard) if known else heard
            stands = False
        elif field in one.cleared:
            stands = False
    return tuple(found.values())


def _slot(said: Identifier) -> tuple[IdKind, str]:
    return said.kind, "" if said.kind in WITHOUT_ISSUER else said.issuer


def _known_of(newer: Identifier, older: Identifier) -> Identifier:
    """One number that was said again: what the newer does not say of it, the older does."""
    if newer == older:
        return newer
    return Identifier(
        newer.kind,
        newer.value,
        newer.issuer or older.issuer,
        newer.status or older.status,
        newer.valid_until or older.valid_until,
        max(newer.capture, older.capture, key=capture_rank),
        newer.valid_from or older.valid_from,
        newer.replaced_by or ("" if newer.status else older.replaced_by),
    )


def _identifiers(told: list[_Told]) -> tuple[FieldValue[Identifier], ...]:
    """All numbers; those stand that the latest saying about their kind and issuer has."""
    found: dict[tuple[IdKind, str, str], FieldValue[Identifier]] = {}
    closed: set[tuple[IdKind, str]] = set()
    all_closed = False
    for one in told:
        slots = set()
        for said in one.said.identifiers:
            slot = _slot(said)
            slots.add(slot)
            number = (*slot, digits_of(said.value))
            heard = one.value(said, stands=not all_closed and slot not in closed)
            known = found.get(number)
            if known:
                value = _known_of(known.value, said)
                heard = replace(_joined(known, heard), value=value)
            found[number] = heard
        closed |= slots
        all_closed = all_closed or (not slots and "identifiers" in one.cleared)
    ordered = sorted(found.values(), key=lambda heard: not heard.stands)
    return tuple(ordered)


def is_name(text: str) -> bool:
    """Whether a text names somebody: neither a placeholder nor somebody's unnamed newborn."""
    return read_name(text).kind > NameKind.NEWBORN


def _ends(flag: Flag, later: _Told) -> bool:
    """Whether a later saying without the flag says that it holds no more."""
    said = later.said
    if "flags" in later.cleared:
        return True
    if flag in ABOUT_WHO:
        return bool(said.names) and is_name(said.names[0].text)
    return flag is Flag.ESTIMATED_BIRTH and bool(said.born)


def _flags(told: list[_Told]) -> tuple[FieldValue[Flag], ...]:
    if not any(one.said.flags for one in told):
        return ()
    found = []
    for flag in Flag:
        heard: FieldValue[Flag] | None = None
        stands = True
        for one in told:
            if flag in one.said.flags:
                again = one.value(flag, stands=stands)
                heard = _joined(heard, again) if heard else again
            elif heard is None:
                stands = stands and not _ends(flag, one)
        if heard:
            found.append(heard)
    return tuple(sorted(found, key=lambda heard: not heard.stands))


def _names_to_match(names: tuple[FieldValue[Name], ...]) -> tuple[Name, ...]:
    """The names that stand, and after them the earlier ones with use ``old``."""
    now = [heard.value for heard in names if heard.stands]
    if len(now) == len(names) or not now or not is_name(now[0].text):
        return tuple(now)
    keys = {read_name(name.text).key for name in now}
    for heard in names[len(now) :]:
        read = read_name(heard.value.text)
        if read.kind > NameKind.NEWBORN and read.key not in keys:
            keys.add(read.key)
            now.append(replace(heard.value, use="old"))
    return tuple(now)


def _standing(values: tuple[FieldValue[T], ...]) -> tuple[T, ...]:
    return tuple([heard.value for heard in values if heard.stands])


def _first(values: tuple[FieldValue[T], ...], nothing: N) -> T | N:
    return values[0].value if values and values[0].stands else nothing


def _ordered(sayings: Iterable[Saying]) -> list[_Told]:
    """One for each content, the latest first."""
    found: dict[bytes, _Told] = {}
    keys = set()
    for saying in sayings:
        content = content_of(saying)
        told = found.get(content)
        if told is None:
            keys.add(saying.said.registration.key)
            found[content] = _Told(saying, content)
        else:
            told.first_at = min(told.first_at, saying.first_at)
            told.last_at = max(told.last_at, saying.last_at)
    if len(keys) != 1:
        raise ValueError("a fold takes the sayings of one record, and at least one")
    for told in found.values():
        told.first_at = told.first_at.astimezone(UTC)
        told.last_at = told.last_at.astimezone(UTC)
    return sorted(found.values(), key=lambda one: (one.last_at, one.content), reverse=True)


_FIELDS: Final = (
    *("names", "sex", "born", "phones", "addresses"),
    *("multiple_birth", "birth_order", "mother", "mother_name"),
)
"""Fields that have what the latest saying says of them."""


def fold(sayings: Iterable[Saying]) -> SourceRecord:
    """Fold all sayings of one record; the same for the same set of them, however often and when.

    Raises:
        ValueError: no saying, or sayings of several records.
    """
    told = _ordered(sayings)
    source, mrn = told[0].said.key
    names, sex, born, phones, addresses, multiple, order, mother, mother_name = [
        _values(told, field) for field in _FIELDS
    ]
    identifiers = _identifiers(told)
    flags = _flags(told)
    last_at = told[0].last_at
    registration = Registration(
        source,
        mrn,
        _names_to_match(names),
        _first(sex, ""),
        _first(born, ""),
        _standing(identifiers),
        _standing(phones),
        _standing(addresses),
        _first(multiple, None),
        _first(order, None),
        _first(mother, None),
        _first(mother_name, ""),
        _standing(flags),
        last_at,
    )
    return SourceRecord(
        registration,
        min([one.first_at for one in told]),
        last_at,
        tuple(sorted({one.authority for one in told})),
        names,
        sex,
        born,
        identifiers,
        phones,
        addresses,
        multiple,
        order,
        mother,
        mother_name,
        flags,
    )
