"""What is being read out of one message: its statements, and what no table knows. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.projections.clinical.hl7v2.problems import TooMuchSaid
from lianyi.projections.clinical.statements import HEARSAY, Stated

STATEMENTS_MAX: Final = 20_000
"""Of one message."""
LISTED_MAX: Final = 1_000
"""Unmapped codes and oddities that are listed of one message."""


_CHOICES: Final = {
    "Patient": (("deceasedBoolean", "deceasedDateTime"),
                ("multipleBirthBoolean", "multipleBirthInteger")),
    "Condition": (("onsetDateTime", "onsetString"),),
    "AllergyIntolerance": (("onsetDateTime", "onsetString"),),
    "ServiceRequest": (("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming"),),
    "DiagnosticReport": (("effectiveDateTime", "effectivePeriod"),),
    "MedicationAdministration": (("effectiveDateTime", "effectivePeriod"),),
    "ChargeItem": (("occurrenceDateTime", "occurrencePeriod"),),
    "Immunization": (("occurrenceDateTime", "occurrenceString"),),
}  # fmt: skip
"""Elements of which a resource has one: who says another takes the one said before away."""


def _chosen(type_: str, elements: dict[str, Any]) -> dict[str, Any]:
    """Return elements with those taken away that may not stand beside them."""
    for names in _CHOICES.get(type_, ()):
        said = [name for name in names if elements.get(name) is not None]
        if said:
            elements |= {name: None for name in names if name != said[-1]}
    return elements


class Unmapped(NamedTuple):
    """A code that was kept as it was sent.

    Attributes:
        where: ``OBX-8``.
        codes: the code map that does not know it; empty: it is a sender's own, of no coding system.
        system: URI; may be empty.
        code: as sent.
        display: the sender's words for it; may be empty.
    """

    where: str
    codes: str
    system: str
    code: str
    display: str


class Oddity(NamedTuple):
    """A field that could not be read; it is kept as text.

    Attributes:
        where: ``PID(1)-7``.
        why: in English, without what the field says.
    """

    where: str
    why: str


class Said(NamedTuple):
    """What a message says of care.

    Attributes:
        stated: each resource once, and once more what is only repeated of it.
        unmapped: codes that were kept as they were sent.
        oddities: fields that could not be read.
        unread: names of segments that no table reads, ``ZPI``.
    """

    stated: list[Stated]
    unmapped: list[Unmapped]
    oddities: list[Oddity]
    unread: list[str]


class Reading:
    """One message being read.

    Attributes:
        source: who assigns a number that names no authority.
        zone: of times without one.
        said_at: when the sender recorded what it says, UTC.
        received_at: when it came.
        event: ``A01``; empty where MSH-9 says none.
        patient: reference to the patient the segments are about now; None before the first PID.
        patient_key: her key of identity, for numbers that are unique only within a patient.
        encounter: reference to the encounter; None where the message names none.
        encounter_id: of it.
        facility: the hospital that speaks (MSH-4), else the source.
        unnumbered: how many orders without a number would have one id.
        ordered: what is ordered (OBR-4) by the id of the order, as far as the message is read.
        firsthand: whether the sender speaks of patient and encounter himself: ADT, and not the
            PID that an order repeats.
    """

    __slots__ = (
        "_drafts",
        "_odd",
        "_unmapped",
        "_unread",
        "encounter",
        "encounter_id",
        "event",
        "facility",
        "firsthand",
        "ordered",
        "patient",
        "patient_key",
        "received_at",
        "said_at",
        "source",
        "unnumbered",
        "zone",
    )

    def __init__(
        self, source: str, zone: ZoneInfo, said_at: datetime, received_at: datetime, event: str
    ) -> None:
        self.source = source
        self.zone = zone
        self.said_at = said_at
        self.received_at = received_at
        self.event = event
        self.facility = source
        self.ordered: dict[str, str] = {}
        self.unnumbered: dict[str, int] = {}
        self.patient: dict[str, str] | None = None
        self.patient_key = ""
        self.encounter: dict[str, str] | None = None
        self.encounter_id = ""
        self.firsthand = False
        self._drafts: dict[tuple[str, str, bool], Stated] = {}
        self._unmapped: dict[Unmapped, None] = {}
        self._odd: list[Oddity] = []
        self._unread: dict[str, None] = {}

    def state(
        self,
        type_: str,
        id_: str,
        elements: dict[str, Any],
        *,
        rank: int = 0,
        whole: bool = False,
        hearsay: bool = False,
    ) -> dict[str, str]:
        """State a resource; said of twice, it is one statement. Return a reference to it.

        What is repeated of a resource and what is said of it at first hand are two statements.

        Args:
            type_: of the resource.
            id_: of it.
            elements: as FHIR JSON, without type and id; None takes one away.
            rank: see ``Stated``.
            whole: whether nothing else holds of it any more.
            hearsay: whether the sender only repeats it; see :data:`HEARSAY`.

        Raises:
            TooMuchSaid: the message says more than :data:`STATEMENTS_MAX` things.
        """
        key = (type_, id_, hearsay)
        if type_ in _CHOICES and not whole:
            elements = _chosen(type_, dict(elements))
        before = self._drafts.get(key)
        if before is not None:
            resource = {**before.resource, **elements}
            rank, whole = max(rank, before.rank), whole and before.whole
        else:
            resource = {"resourceType": type_, "id": id_, **elements}
            if len(self._drafts) >= STATEMENTS_MAX:
                raise TooMuchSaid(
                    where="message",
                    why=f"it says more than {STATEMENTS_MAX} things",
                    why_zh=f"内容超过 {STATEMENTS_MAX} 项",
                )
        said_at = self.said_at - HEARSAY if hearsay else self.said_at
        self._drafts[key] = Stated(type_, id_, said_at, resource, whole, rank)
        return {"reference": f"{type_}/{id_}"}

    def is_stated(self, type_: str, id_: str) -> bool:
        """Tell whether the message has stated a resource already."""
        return (type_, id_, False) in self._drafts

    def unmapped(self, one: Unmapped) -> None:
        """Note a code that is kept as it was sent."""
        if len(self._unmapped) < LISTED_MAX:
            self._unmapped[one] = None

    def odd(self, where: str, why: str) -> None:
        """Note a field that cannot be read."""
        if len(self._odd) < LISTED_MAX:
            self._odd.append(Oddity(where, why))

    def unread(self, segment: str) -> None:
        """Note a segment that no table reads."""
        self._unread[segment] = None

    def said(self) -> Said:
        """Return everything that was read."""
        return Said(
            list(self._drafts.values()), list(self._unmapped), self._odd, list(self._unread)
        )
