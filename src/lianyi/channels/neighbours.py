"""The message of the same patient just before another, and the one just after."""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.channels.catalogue import Catalogue
from lianyi.channels.listing import keys_of
from lianyi.channels.views import Neighbour, Neighbours
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.search import Entry, Place

NOBODY = Neighbours(
    patient=None, previous=None, next=None, archived_before=False, archived_after=False
)


def patient_of(written: Sequence[str]) -> str | None:
    """Return the key of the first patient identifier that names its authority; None: none does.

    A value alone is no identifier: two systems may have given it to two people.
    """
    patients = (key for key in written if key.startswith("p:"))
    return next((key for key in patients if key.rpartition("^")[2] not in {"", key}), None)


async def neighbours_of(log: PostgresLog, message: LogMessage, catalogue: Catalogue) -> Neighbours:
    """Return the neighbours of a message, whatever their channel.

    Of what people did, only repaired messages have keys, so these are the only acts among them.
    """
    patient = patient_of(message.keys)
    if patient is None:
        return NOBODY
    origin = Place(message.received_at, *message.position)
    before = await log.near(patient, origin, later=False)
    after = await log.near(patient, origin, later=True)
    return Neighbours(
        patient=keys_of([patient])[0],
        previous=_neighbour(before.entry, catalogue),
        next=_neighbour(after.entry, catalogue),
        archived_before=before.archived,
        archived_after=after.archived,
    )


def _neighbour(entry: Entry | None, catalogue: Catalogue) -> Neighbour | None:
    return entry and Neighbour(
        position=str(entry.position),
        received_at=entry.received_at,
        channel=catalogue.name_of(entry.channel),
        kind=entry.kind,
    )
