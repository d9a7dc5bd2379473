"""A patient as PID has her, with what PV1 says of a newborn. Pure.

What each field of a registration is taken from:

================== =======================================================
identifiers        PID-3, PID-2, PID-4, PID-19, PID-20
names              PID-5, PID-9
mother, her name   PID-21, PID-6
born, sex          PID-7, PID-8
addresses          PID-11
telephones         PID-13, PID-14, PID-40
twins              PID-24, PID-25
flags              PID-29 to PID-32, PV1-4, PV1-16, PV2-36, MSH-11
================== =======================================================

Sources:
    HL7 v2.8.2 chapter 3, PID, PV1, PV2; tables 0007, 0103, 0136, 0445. PID-2, PID-4, PID-9, PID-19
    and PID-20 as of version 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.projections.identity.feeds.hl7_fields import (
    Fields,
    addresses,
    name_in,
    names,
    numbers,
    telephones,
)
from lianyi.projections.identity.feeds.id_kinds import (
    Number,
    document_of,
    identifiers_of,
    looks_like_document,
    own_of,
    owns_of,
)
from lianyi.projections.identity.feeds.wording import YES, arranged, count_in, yes_or_no
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Registration
from lianyi.projections.identity.statements import RecordKey

_TEST: Final = frozenset({"T", "D"})
"""MSH-11, table 0103: training, debugging."""
_NEWBORN: Final = frozenset({"N", "新生儿"})
"""PV1-4, table 0007."""
_VIP: Final = YES | {"V", "VIP"}
_CLEARABLE: Final = (
    ("names", (5,)),
    ("sex", (8,)),
    ("born", (7,)),
    ("phones", (13, 14, 40)),
    ("addresses", (11,)),
    ("multiple_birth", (24,)),
    ("birth_order", (25,)),
    ("mother", (21,)),
    ("mother_name", (6,)),
)
"""Fields of a registration, and those of PID whose ``""`` says that there is nothing any more."""
_FLAG_FIELDS: Final = (30, 31, 32)


class Sender(NamedTuple):
    """Who says it.

    Attributes:
        source: authority of identifiers that name none.
        home: how he may call himself as an authority: MSH-3 and MSH-4.
        processing: MSH-11.
        received_at: when the message came.
    """

    source: str
    home: frozenset[str]
    processing: str
    received_at: datetime


class Patient(NamedTuple):
    """What PID says.

    Attributes:
        registration: see there.
        cleared: names of its fields that the sender says are no more.
    """

    registration: Registration
    cleared: tuple[str, ...]


def keys_of(fields: Fields, number: int, sender: Sender, *, unsaid: str) -> list[RecordKey]:
    """Return all that may be a record's own identifier in a field.

    What is called a document, a card or a visit is none.

    Args:
        fields: of a segment.
        number: of the field.
        sender: see there.
        unsaid: authority of those that name none.
    """
    found = owns_of(list(numbers(fields, number, sender.source)))
    return [(one.authority or unsaid, one.value) for one in found]


def key_of(pid: Fields, sender: Sender) -> RecordKey | None:
    """Return by which identifier the sender knows a patient; None where he names none of his own.

    It is the key of her registration: also of a PID of which nothing else is read.
    """
    own = _own(_said(pid, sender), sender)
    return (own.authority or sender.source, own.value) if own else None


def _said(pid: Fields, sender: Sender) -> dict[int, list[Number]]:
    """Return the numbers of PID-3, PID-2 and PID-4."""
    return {number: list(numbers(pid, number, sender.source)) for number in (3, 2, 4)}


def _own(said: Mapping[int, list[Number]], sender: Sender) -> Number | None:
    """Choose the sender's own among them: of PID-3 first, then of those of older versions."""
    for found in said.values():
        place = own_of(found, home=sender.home)
        if place is not None:
            return found[place]
    return None


def read_patient(pid: Fields, sender: Sender, *, pv1: Fields, pv2: Fields) -> Patient | None:
    """Read a patient; None where the sender names no identifier of his own.

    PID-3 is asked first, then PID-2 and PID-4 of older versions.
    """
    said = _said(pid, sender)
    own = _own(said, sender)
    if own is None:
        return None
    reliability = {parts.text(1).strip().upper() for parts in pid.repetitions(32)}
    known = [*said[3], *said[2], *said[4], *_numbers_of_old(pid, reliability)]
    registration = Registration(
        own.authority or sender.source,
        own.value,
        arranged([*names(pid, 5), *names(pid, 9, unsaid="nickname")]),
        pid.text(8),
        pid.text(7),
        identifiers_of(known, own),
        telephones(pid, 13, 14, 40),
        () if "UA" in reliability else addresses(pid, 11),
        yes_or_no(pid.text(24)),
        count_in(pid.text(25)),
        _mother(pid, sender),
        next(map(name_in, pid.repetitions(6)), ""),
        _flags(pid, pv1, pv2, reliability | {sender.processing}),
        sender.received_at,
    )
    return Patient(registration, _cleared(pid, registration))


def _numbers_of_old(pid: Fields, reliability: Set[str]) -> list[Number]:
    """Return PID-19 and PID-20, which are of one kind each; PID-19 often holds a citizen's number.

    Where the sender says that he made the social security number up (PID-32 US), there is none.
    """
    found = []
    if (security := pid.text(19)) and "US" not in reliability:
        shaped = looks_like_document(security)
        found.append(Number(security, "" if shaped else "SS"))
    if licence := pid.text(20):
        issued = next(pid.repetitions(20)).text(2).strip()
        found.append(Number(licence, "DL", issuer=issued))
    return found


def _mother(pid: Fields, sender: Sender) -> Identifier | None:
    for number in numbers(pid, 21, sender.source):
        kind = document_of(number.code, number.value)
        given_by = sender.source if kind is IdKind.OTHER else ""
        return Identifier(kind, number.value, number.authority or given_by)
    return None


def _flags(pid: Fields, pv1: Fields, pv2: Fields, words: Set[str]) -> tuple[Flag, ...]:
    """Return what is said of the registration; ``words`` are PID-32 and MSH-11."""
    died = yes_or_no(pid.text(30))
    holds = {
        Flag.UNKNOWN: yes_or_no(pid.text(31)),
        Flag.NEWBORN: pv1.text(4).upper() in _NEWBORN or yes_or_no(pv2.text(36)),
        Flag.ESTIMATED_BIRTH: "UD" in words,
        Flag.ALIAS: "AL" in words,
        Flag.DECEASED: died or (died is None and pid.text(29)),
        Flag.VIP: pv1.text(16).upper() in _VIP,
        Flag.TEST: not _TEST.isdisjoint(words),
    }
    return tuple(flag for flag, is_so in holds.items() if is_so)


def _cleared(pid: Fields, registration: Registration) -> tuple[str, ...]:
    cleared = [
        name
        for name, numbers in _CLEARABLE
        if not getattr(registration, name) and any(map(pid.is_null, numbers))
    ]
    denied = any(
        pid.is_null(number) or yes_or_no(pid.text(number)) is False for number in _FLAG_FIELDS
    )
    if denied and not registration.flags:
        cleared.append("flags")
    return tuple(cleared)
