"""A message as a line of a list: its keys, and how it fares with each destination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from lianyi.channels import standing as rules
from lianyi.channels.read_store import (
    DestinationRecord,
    ExceptionRecord,
    ReaderRecord,
    ReadStore,
)
from lianyi.channels.views import (
    DeliveryMark,
    DeliveryState,
    GateName,
    Key,
    KeyKind,
    MessageDataSet,
    MessageRow,
)
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.search import Entry

NEIGHBOURS = 256
"""Numbers so close together are asked for in one walk through the index of receipts."""

Wants = Callable[[Entry, DestinationRecord], bool | None]
"""Whether a destination's filter lets a message through; None when only its body tells."""

_GATES: tuple[GateName, ...] = ("accept", "warn", "hold")
_KEYS: dict[str, KeyKind] = {
    "p": "patient",
    "e": "encounter",
    "o": "order",
    "a": "accession",
    "c": "control",
}


def keys_of(written: Sequence[str]) -> list[Key]:
    """Return the keys of a message as the API shows them."""
    keys = []
    for key in written:
        kind = _KEYS.get(key[:1])
        if kind is None:
            continue
        value, caret, authority = key[2:].rpartition("^") if key[0] == "p" else (key[2:], "", "")
        value = value if caret else key[2:]
        keys.append(Key(kind=kind, value=value, authority=authority or None if caret else None))
    return keys


def row_of(
    entry: Entry, channel: str | None, marks: list[DeliveryMark], data_set: MessageDataSet | None
) -> MessageRow:
    """Return a message as the API lists it."""
    return MessageRow(
        position=str(entry.position),
        received_at=entry.received_at,
        channel=channel,
        kind=entry.kind,
        sender=entry.sender,
        control_id=next((key[2:] for key in entry.keys if key[:1] == "c"), None),
        keys=keys_of(entry.keys),
        size_bytes=entry.size_bytes,
        gate=_GATES[entry.gate],
        caused_by=str(entry.caused_by) if entry.caused_by else None,
        deliveries=marks,
        data_set=data_set,
    )


def entry_of(message: LogMessage) -> Entry:
    """Return a message without its body."""
    return Entry(
        shard=message.shard,
        number=message.number,
        received_at=message.received_at,
        channel=message.channel,
        kind=message.kind,
        codec=message.codec,
        sender=message.sender,
        keys=tuple(message.keys),
        gate=message.gate,
        caused_by=message.caused_by,
        size_bytes=len(message.body),
        tombstone=message.tombstone,
    )


def runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return runs of numbers that lie close together, as first and last of each."""
    ordered = sorted(set(numbers))
    if not ordered:
        return []
    cuts = [at + 1 for at, (low, high) in enumerate(pairwise(ordered)) if high - low > NEIGHBOURS]
    edges = [0, *cuts, len(ordered)]
    return [(ordered[begin], ordered[end - 1]) for begin, end in pairwise(edges)]


async def delivery_marks(
    store: ReadStore,
    entries: Sequence[Entry],
    destinations: Iterable[DestinationRecord],
    *,
    wants: Wants,
) -> dict[Position, list[DeliveryMark]]:
    """Return how messages fare with the destinations of their channels.

    What a destination has not come to is queued, unless ``wants`` says that it will not be sent.
    A destination that is or was not of the channel is named only where it had the message.
    """
    if not entries:
        return {}
    readers = await store.readers()
    delivered: dict[tuple[int, int, int], bool] = {}
    for shard, group in groupby(sorted(entries, key=lambda one: one.shard), lambda one: one.shard):
        of_shard = list(group)
        found = await store.delivered(
            shard,
            runs_of(entry.number for entry in of_shard),
            since=min(entry.received_at for entry in of_shard),
        )
        delivered |= {(to, shard, number): live for (to, number), live in found.items()}
    exceptions = {
        (one.destination, one.shard, one.number): one
        for one in await store.exceptions_of([entry.position for entry in entries])
    }
    by_channel: dict[int, list[DestinationRecord]] = {}
    for destination in destinations:
        by_channel.setdefault(destination.channel, []).append(destination)
    return {
        entry.position: [
            DeliveryMark(
                destination=one.name,
                destination_id=one.destination,
                state=_state(entry, one, exceptions, delivered, readers, wants),
            )
            for one in by_channel.get(entry.channel, ())
            if not (one.retired or one.left_out(entry.number))
            or (one.destination, *entry.position) in exceptions
            or (one.destination, *entry.position) in delivered
        ]
        for entry in entries
    }


def _state(
    entry: Entry,
    destination: DestinationRecord,
    exceptions: Mapping[tuple[int, int, int], ExceptionRecord],
    delivered: Mapping[tuple[int, int, int], bool],
    readers: Mapping[str, ReaderRecord],
    wants: Wants,
) -> DeliveryState:
    at = (destination.destination, entry.shard, entry.number)
    reader = readers.get(f"destination:{destination.destination}")
    position = reader.position if reader else 0
    return rules.delivery_state(
        number=entry.number,
        gate=entry.gate,
        gate_exception=exceptions.get((-entry.channel, entry.shard, entry.number)),
        exception=exceptions.get(at),
        delivered=delivered.get(at),
        position=position,
        wanted=wants(entry, destination) if entry.number > position else None,
    )


def patients_of(keys: Sequence[str]) -> list[str]:
    """Return the patient identifiers among keys."""
    return [key[2:] for key in keys if key.startswith("p:")]
