"""Rows of the log as ``COPY`` takes them in binary, encoded here at a third of the usual cost.

A batch of messages of one shard has everything in common but a few values: the fixed columns of a
row are one ``struct``, the texts that repeat (kind, sender, codec) are encoded once.

Source:
    PostgreSQL 18, "COPY", section "Binary Format"; array format: ``array_send`` in arrayfuncs.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct

from lianyi.messagelog.chain import micros_since_1970
from lianyi.messagelog.message import KEY_SEPARATOR, LogMessage, NewMessage
from lianyi.messagelog.search import terms_of

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

COLUMNS = (
    "number", "received_at", "caused_number", "channel", "shard", "caused_shard", "gate",
    "tombstone", "kind", "sender", "codec", "keys", "terms", "chain", "body",
)  # fmt: skip

MICROS_UNTIL_2000 = micros_since_1970(datetime(2000, 1, 1, tzinfo=UTC))
"""PostgreSQL counts from there."""

_INT4_OID = 23

# Each value: its length, then its bytes; NULL is the length -1 and nothing.
_UNCAUSED = Struct("!h iq iq i ii ih i ih i?")
_CAUSED = Struct("!h iq iq iq ii ih ih ih i?")
_LENGTH = Struct("!i")
_CHAIN_AND_BODY = Struct("!i32si")


def micros_of(at: datetime) -> int:
    """Return an instant as PostgreSQL counts it: microseconds since 2000."""
    return micros_since_1970(at) - MICROS_UNTIL_2000


@lru_cache(maxsize=1024)
def _texts(kind: str, sender: str, codec: str) -> bytes:
    """Return the three texts that most messages of a source share."""
    return b"".join(
        part
        for text in (kind, sender, codec)
        for part in (_LENGTH.pack(len(text.encode())), text.encode())
    )


def encode_row(
    message: NewMessage | LogMessage,
    *,
    shard: int,
    number: int,
    micros: int,
    chain: bytes,
    tombstone: bool = False,
) -> bytes:
    """Return one row in the order of :data:`COLUMNS`.

    Args:
        message: what is recorded; its texts must be storable.
        shard: where.
        number: where.
        micros: when, as :func:`micros_of` says it.
        chain: 32 bytes.
        tombstone: whether the body only says why it was erased.
    """
    cause, body = message.caused_by, message.body
    keys = KEY_SEPARATOR.join(message.keys).encode()
    if cause is None:
        fixed = _UNCAUSED.pack(
            15, 8, number, 8, micros, -1, 4, message.channel, 2, shard,
            -1, 2, message.gate, 1, tombstone,
        )  # fmt: skip
    else:
        fixed = _CAUSED.pack(
            15, 8, number, 8, micros, 8, cause.number, 4, message.channel, 2, shard,
            2, cause.shard, 2, message.gate, 1, tombstone,
        )  # fmt: skip
    return b"".join(
        (
            fixed,
            _texts(message.kind, message.sender, message.codec),
            _LENGTH.pack(len(keys)),
            keys,
            encode_terms(terms_of(message.keys)),
            _CHAIN_AND_BODY.pack(32, chain, len(body)),
            body,
        )
    )


def encode_terms(terms: Sequence[int]) -> bytes:
    """Return an ``integer[]`` with its length before it."""
    count = len(terms)
    if not count:
        return _LENGTH.pack(12) + bytes(8) + _LENGTH.pack(_INT4_OID)  # no dimensions
    pairs = [value for term in terms for value in (4, term)]
    return _array(count).pack(20 + 8 * count, 1, 0, _INT4_OID, count, 1, *pairs)


@lru_cache(maxsize=128)
def _array(count: int) -> Struct:
    return Struct("!iiiiii" + "ii" * count)
