"""What HL7 v2 says about patients: ADT. Pure.

Registered or updated is a patient by A01 (admit), A04 (register), A05 (pre-admit), A06 and A07 (a
patient already here is admitted, or registered as an outpatient), A08, A28 and A31. The other
events of ADT tell where a patient is. For them the standard asks for "the fields pertinent to
communicate this event" alone, and for A08 when others change; what PID has besides the
identifiers may be cut or old there, and is not read. Neither is the PID of orders and results: a
laboratory repeats what stood on the order, weeks later, under its own name as a sender.

A40 and the older merges say that identifiers are no more; all of PID is then "treated as updated".
A47 corrects an identifier, and what the new one is called must be known from somewhere. A24 and
A37 link and unlink two, and say nothing else. A29 takes a person back whom nobody should have
registered; A23, its like in name, is about a visit, and says nothing of who somebody is.

Sources:
    HL7 v2.8.2 chapter 3 (A01 to A62), IHE ITI TF-2: ITI-8 and ITI-30; HL7 v2.3 chapter 3 (A18, A34,
    A36).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.instants import recorded_at
from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity.feeds.hl7_fields import Fields
from lianyi.projections.identity.feeds.hl7_patient import Patient, Sender, keys_of, read_patient
from lianyi.projections.identity.feeds.limits import (
    VALUES_MAX,
    checked,
    checked_key,
    sender_of,
)
from lianyi.projections.identity.feeds.problems import NamesNoPatient, unreadable
from lianyi.projections.identity.statements import (
    RecordKey,
    Registered,
    Related,
    Replaced,
    Statement,
    Withdrawn,
)

ADT: Final = "hl7v2 ADT^"
REGISTER: Final = frozenset({"A01", "A04", "A05", "A06", "A07", "A08", "A28", "A31"})
REPLACE: Final = frozenset({"A18", "A34", "A36", "A40", "A47"})
RELATE: Final = {"A24": True, "A37": False}
"""Whether the two are one person's."""
WITHDRAW: Final = frozenset({"A29"})
PAIRS_MAX: Final = 1_000
"""Of PID and MRG in one message; each A40 has one or a few."""
_NOTHING: Final = Fields((), hl7v2.Delimiters("|"), "utf-8")


def wants(kind: str) -> bool:
    """Tell whether messages of a kind say who a patient is."""
    event = kind[len(ADT) : len(ADT) + 3]
    return kind.startswith(ADT) and any(event in of for of in (REGISTER, REPLACE, RELATE, WITHDRAW))


def read(message: LogMessage, zone: ZoneInfo) -> list[Statement]:
    """Return what a message says.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        LianyiError: it is no HL7 v2.
        NamesNoPatient: PID or MRG names no identifier of the sender's own.
        UnreadableRegistration: something is too long, or there are too many patients.
    """
    found = hl7v2.parse(message.body, default_codec=message.codec or "utf-8")
    event = message.kind[len(ADT) : len(ADT) + 3]
    reader = _Reader(
        message, found, event, recorded_at(found, zone, received_at=message.received_at)
    )
    if event in RELATE:
        return list(reader.relation(one=RELATE[event]))
    if event in REPLACE:
        return list(reader.replacements())
    if event in WITHDRAW:
        return [reader.withdrawal()]
    return [reader.registered(1)]


class _Reader:
    """One message being read."""

    def __init__(
        self, message: LogMessage, found: hl7v2.Message, event: str, said_at: datetime
    ) -> None:
        self._found = found
        self._event = event
        self._said_at = said_at
        self._segments = {name: found.fields_of(name) for name in ("PID", "MRG", "PV1", "PV2")}
        header = Fields(found.fields_of("MSH")[0], found.delimiters, found.codec)
        home = {
            text
            for number in (2, 3)
            for parts in header.repetitions(number)
            for n in (1, 2)
            if (text := parts.text(n))
        }
        self._sender = Sender(
            sender_of(message), frozenset(home), header.text(10).upper(), message.received_at
        )

    def registered(self, number: int, *, visit: bool = True) -> Registered:
        """Return what the n-th PID says; with ``visit`` what PV1 says of a newborn too."""
        patient = self._patient(number, visit=visit)
        return Registered(
            checked(patient.registration, f"PID({number})"),
            self._said_at,
            self._event,
            patient.cleared,
        )

    def replacements(self) -> Iterator[Statement]:
        """Give what each pair of PID and MRG says: the patient, then what is no more.

        Of several prior identifiers each is replaced by the one of its own authority. One that
        names none is of that of the patient's.
        """
        patients = max(self._found.count("PID"), 1)
        if patients > PAIRS_MAX:
            raise unreadable(
                "PID",
                f"there are more than {PAIRS_MAX} patients in one message",
                f"一条消息中的患者超过 {PAIRS_MAX} 名",
            )
        for number in range(1, patients + 1):
            said = self.registered(number, visit=False)
            own = said.registration.key
            kept = dict.fromkeys((own, *self._keys("PID", number, 3, unsaid=self._sender.source)))
            gone = self._prior(number, unsaid=own[0])
            yield said
            for key in gone:
                by = next((one for one in kept if one[0] == key[0]), own)
                if key not in kept:
                    yield Replaced(key, by, self._said_at, self._event)

    def _keys(self, segment: str, number: int, field: int, *, unsaid: str) -> list[RecordKey]:
        return keys_of(self._fields(segment, number), field, self._sender, unsaid=unsaid)

    def _prior(self, number: int, *, unsaid: str) -> list[RecordKey]:
        """Return the identifiers that are no more, of the MRG after the n-th PID."""
        where = f"MRG({number})-1"
        merged = self._found.group("PID", number, "MRG")
        gone = dict.fromkeys(
            key for one in merged for key in self._keys("MRG", one.occurrence, 1, unsaid=unsaid)
        )
        if not gone:
            raise NamesNoPatient(where=where)
        if len(gone) > VALUES_MAX:
            raise unreadable(
                where,
                f"there are more than {VALUES_MAX} prior identifiers",
                f"原标识超过 {VALUES_MAX} 个",
            )
        return [checked_key(key, where) for key in gone]

    def relation(self, *, one: bool) -> Iterator[Related]:
        """Give what A24 and A37 say of their two PIDs."""
        a, b = (self._patient(number, visit=False).registration.key for number in (1, 2))
        if a != b:
            yield Related(
                checked_key(a, "PID(1)-3"),
                checked_key(b, "PID(2)-3"),
                one,
                self._said_at,
                self._event,
            )

    def withdrawal(self) -> Withdrawn:
        """Return what A29 says of its PID."""
        key = self._patient(1, visit=False).registration.key
        return Withdrawn(checked_key(key, "PID(1)-3"), self._said_at, self._event)

    def _patient(self, number: int, *, visit: bool) -> Patient:
        pv1, pv2 = (self._fields(name, 1) if visit else _NOTHING for name in ("PV1", "PV2"))
        found = read_patient(self._fields("PID", number), self._sender, pv1=pv1, pv2=pv2)
        if found is None:
            raise NamesNoPatient(where=f"PID({number})-3")
        return found

    def _fields(self, segment: str, number: int) -> Fields:
        found = self._segments[segment]
        if number > len(found):
            return _NOTHING
        return Fields(found[number - 1], self._found.delimiters, self._found.codec)
