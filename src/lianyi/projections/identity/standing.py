"""A record as it is stored, and back: made of all that its system said of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import Struct
from typing import Final

import msgspec
from msgspec.structs import replace

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.folding import Saying, SourceRecord, fold
from lianyi.projections.identity.golden import golden, to_json
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import packed
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.table_store import RecordRow, SayingRow
from lianyi.projections.identity.traits import LocalDefaults, read_registration
from lianyi.projections.identity.values.names import NameKind

_BIGINT: Final = Struct(">q")


class _Content(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a statement: all but when it was said, and of which event."""

    registration: Registration
    cleared: tuple[str, ...]
    channel: int


_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_decode: Final = msgspec.msgpack.Decoder(_Content).decode
_decode_record: Final = msgspec.msgpack.Decoder(SourceRecord).decode


def content_of(said: Registered, channel: int) -> tuple[int, bytes]:
    """Return a statement as it is kept, and the hash of it."""
    registration = replace(said.registration, received_at=None)
    data = _encode(_Content(registration, tuple(sorted(set(said.cleared))), channel))
    (number,) = _BIGINT.unpack(blake2b(data, digest_size=8).digest())
    return int(number), data


def record_of(
    rows: Sequence[SayingRow], *, kept: int | None, person: int, learned: LocalDefaults
) -> RecordRow:
    """Return a record as it is stored.

    Args:
        rows: all that was said of it; at least one.
        kept: the record that took its place.
        person: whose it is as far as is known.
        learned: values that say nothing at this hospital.
    """
    record = rows[0].record
    contents = [_decode(row.said) for row in rows]
    sayings = [
        Saying(
            Registered(one.registration, row.last_at, "", one.cleared),
            row.first_at,
            row.last_at,
            one.registration.source,
            str(one.channel),
        )
        for row, one in zip(rows, contents, strict=True)
        if record_id(*one.registration.key) == record
    ]
    folded = fold(sayings)
    traits = read_registration(folded.registration, learned)
    name = traits.name
    known = name.kind > NameKind.NEWBORN
    return RecordRow(
        record,
        *folded.key,
        folded.first_at,
        sorted({one.channel for one in contents}),
        kept,
        person,
        name.key if known else "",
        "".join(name.usual or name.parts) if known else "",
        traits.birth.text,
        traits.sex,
        [] if kept is not None else sorted(blocking_keys(traits)),
        packed(traits),
        _encode(folded),
    )


def folded_of(row: RecordRow) -> SourceRecord:
    """Return what a record's system says of it."""
    return _decode_record(row.folded)


def golden_of(rows: Sequence[RecordRow]) -> bytes:
    """Return the golden record of a person as it is stored, by the records that stand."""
    return to_json(golden(folded_of(row) for row in rows if row.kept is None))
