"""What a message says about source records: the contract between the feeds and the index.

A feed (HL7 v2, FHIR, table rows, acts of people) reads one message into statements and judges
nothing: whether a statement counts, and beside which others, is decided where they are folded.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from lianyi.projections.identity.registration import Registration

RecordKey = tuple[str, str]
"""``source`` and ``mrn``, as ``Registration.key`` gives them."""


class Registered(msgspec.Struct, frozen=True, gc=False, tag="registered"):
    """A system says what it knows of one of its patients.

    Attributes:
        registration: as said. What the message does not mention is empty; it says nothing about
            what the system said before.
        said_at: when the sender recorded it (UTC); never later than it was received.
        event: what happened: ``A01`` ..., ``Patient``, ``row``, ``desk``.
        cleared: names of fields of ``Registration`` that the sender says are no more (``""`` in
            HL7 v2).
    """

    registration: Registration
    said_at: datetime
    event: str
    cleared: tuple[str, ...] = ()


class Replaced(msgspec.Struct, frozen=True, gc=False, tag="replaced"):
    """A system says that one of its identifiers took the place of another: A40, A47, replaced-by.

    Attributes:
        gone: the identifier that is used no more.
        kept: the one used instead. It need not have been heard of before.
        said_at: see ``Registered``.
        event: ``A40`` ..., or the link of a FHIR Patient, ``replaced-by`` or ``replaces``.
    """

    gone: RecordKey
    kept: RecordKey
    said_at: datetime
    event: str


class Related(msgspec.Struct, frozen=True, gc=False, tag="related"):
    """A system says that two identifiers are, or are no longer, one person's: A24, A37.

    Attributes:
        a: one record.
        b: the other.
        one: whether they are one person's; False takes such a claim back.
        said_at: see ``Registered``.
        event: ``A24`` or ``A37``, or ``seealso`` of a FHIR Patient.
    """

    a: RecordKey
    b: RecordKey
    one: bool
    said_at: datetime
    event: str


class Withdrawn(msgspec.Struct, frozen=True, gc=False, tag="withdrawn"):
    """A system says that it has one of its patients no more, a wrong registration mostly: A29.

    What it said of her until then is void; what it says later counts, as if she were new.

    Attributes:
        key: the record.
        said_at: see ``Registered``.
        event: ``A29``.
    """

    key: RecordKey
    said_at: datetime
    event: str


Statement = Registered | Replaced | Related | Withdrawn
