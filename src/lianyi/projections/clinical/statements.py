"""What a message says about FHIR resources: the contract between the readers and the repository.

A reader (HL7 v2, FHIR, a write over REST) reads one message into statements and judges nothing:
whether a statement counts, and beside which others, is decided where they are folded.

Source:
    HL7 FHIR R4 (4.0.1), 2.24.0 Resource types: id; 3.1.0 RESTful API: versions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

HEARSAY: Final = timedelta(days=365_250)
"""How far back that is dated which a sender only repeats after somebody else: a thousand years.

A laboratory repeats weeks later what stood on the order about the patient and her encounter. It
fills in what nobody has said yet, outweighs nothing that somebody did, and among itself the later
one holds."""


class Stated(msgspec.Struct, frozen=True):
    """Somebody says how a resource stands.

    Attributes:
        type: FHIR resource type.
        id: FHIR id, deterministic from business keys: ``[A-Za-z0-9-.]{1,64}``.
        said_at: when the sender said it, UTC (MSH-7, EVN-2, OBR-22 ...); over REST when it was
            received.
        resource: JSON of what is said, decimals as ``Decimal``, without ``meta.versionId`` and
            ``meta.lastUpdated``.
        whole: True replaces everything said before; False: its top-level elements replace, absent
            ones stay, and one that is None is taken away.
        rank: between statements of the same ``said_at`` the higher wins (final over preliminary).
        deleted: the resource is no more; ``resource`` is empty.
    """

    type: str
    id: str
    said_at: datetime
    resource: dict[str, Any]
    whole: bool
    rank: int = 0
    deleted: bool = False


def is_hearsay(said_at: datetime, came_at: datetime) -> bool:
    """Tell whether a statement is dated as its sender's hearsay; nothing else is so old."""
    return came_at - said_at > HEARSAY / 2
