"""The hash chain: each message vouches for every message before it in its shard.

``chain(n) = SHA-256(chain(n-1) + envelope(n) + SHA-256(body(n)))``; before the first stand 32
zero bytes. The body enters as its own hash, so a lawful erasure, whose tombstone keeps that hash,
leaves the chain whole.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from lianyi.messagelog.message import LogMessage, NewMessage

GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_sha256 = hashlib.sha256


def micros_since_1970(at: datetime) -> int:
    """Return an aware instant in whole microseconds."""
    return (at - _EPOCH) // _MICROSECOND


def link(
    before: bytes, shard: int, number: int, micros: int, message: NewMessage, body_hash: bytes
) -> bytes:
    """Return the chain value of a message.

    Args:
        before: 32 bytes, the chain value of the message before it, :data:`GENESIS` for the first.
        shard: where the message stands.
        number: where it stands there.
        micros: when it was recorded, as :func:`micros_since_1970` says it.
        message: the message; its body is not read.
        body_hash: 32 bytes, SHA-256 of the body as it was received.
    """
    cause = message.caused_by
    caused_by = "-" if cause is None else f"{cause.shard}-{cause.number}"
    envelope = "\x1f".join(
        (
            f"{shard}-{number} {micros} {message.channel} {message.gate:d} {caused_by}",
            message.kind,
            message.sender,
            message.codec,
            *message.keys,
        )
    )
    return _sha256(before + envelope.encode("utf-8", "surrogatepass") + body_hash).digest()


def relink(before: bytes, message: LogMessage) -> bytes:
    """Return the chain value that a recorded message should have after ``before``.

    The hash of an erased body is read from its tombstone.
    """
    body_hash = (
        bytes.fromhex(json.loads(message.body)["sha256"])
        if message.tombstone
        else _sha256(message.body).digest()
    )
    new = NewMessage(
        channel=message.channel,
        kind=message.kind,
        body=b"",
        codec=message.codec,
        sender=message.sender,
        keys=message.keys,
        gate=message.gate,
        caused_by=message.caused_by,
    )
    micros = micros_since_1970(message.received_at)
    return link(before, message.shard, message.number, micros, new, body_hash)
