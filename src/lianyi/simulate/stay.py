"""An encounter, and what is said about it: the words that all the systems share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lianyi.simulate.catalogue import FACILITY, Examination, Staff, Ward
from lianyi.simulate.people import Person
from lianyi.simulate.segments import instant, segment, staff


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that has no control identifier yet.

    Attributes:
        system: who sends it: ``his``, ``lis``, ``ris``, ``emr``.
        kind: trigger event such as ``ADT^A01``; ``nursing`` for an event in JSON.
        patient: record number, for counting the order per patient.
        at: when it happened, local time.
        segments: all but MSH; for JSON the one text.
        batched: True where the EMR keeps it for the night batch.
    """

    system: str
    kind: str
    patient: str
    at: datetime
    segments: tuple[str, ...]
    batched: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """One encounter: who, where, with whom, since when. Changes by ``dataclasses.replace``."""

    person: Person
    encounter: str
    ward: Ward | None
    bed: int
    clinic: tuple[str, str]
    doctor: Staff
    diagnosis: tuple[str, str]
    began_at: datetime
    before: str = ""

    @property
    def location(self) -> str:
        """PV1-3: ward, room, bed, facility."""
        if self.ward is None:
            return f"{self.clinic[0]}^^^{FACILITY}^^^^^{self.clinic[1]}"
        room = f"{(self.bed - 1) // 3 + 1:02d}"
        return f"{self.ward.code}^{room}^{self.bed:02d}^{FACILITY}^^^^^{self.ward.name}"


def encounter(stay: Stay, *, ended_at: datetime | None = None) -> str:
    """Return the PV1 segment."""
    fields = {
        1: "1",
        2: "I" if stay.ward else "O",
        3: stay.location,
        7: staff(stay.doctor),
        10: stay.ward.department if stay.ward else stay.clinic[1],
        19: stay.encounter,
        44: instant(stay.began_at),
    }
    if stay.before:
        fields[6] = stay.before
    if ended_at:
        fields |= {36: "01", 45: instant(ended_at)}
    return segment("PV1", fields)


def draft(
    system: str,
    kind: str,
    stay: Stay,
    at: datetime,
    segments: Iterable[str],
    *,
    batched: bool = False,
) -> Draft:
    """Return what a system says about an encounter; see :class:`Draft`."""
    return Draft(system, kind, stay.person.record_number, at, tuple(segments), batched)


def examination_code(examination: Examination) -> str:
    """Return the examination as a coded element."""
    return f"{examination.code}^{examination.name}^RIS"
