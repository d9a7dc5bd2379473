"""What people decide about the index, as acts in the log. Pure.

An act names records by authority and identifier, so that it can be read without the index, and
means the same for ever. Taking a decision back is an act too; nothing is undone by deleting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.matching import Activated
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.problems import UnreadableDecision
from lianyi.projections.identity.statements import RecordKey
from lianyi.security.acts import act as written

PREFIX: Final = "act identity."
_KINDS: Final[Mapping[Said, str]] = {
    Said.LINK: "linked",
    Said.NEVER_LINK: "kept_apart",
    Said.UNDECIDED: "undecided",
}
UNDONE, ACTIVATED = "replacement_undone", "model_activated"
KINDS: Final = frozenset({*(PREFIX + one for one in (*_KINDS.values(), UNDONE, ACTIVATED))})
PAIRS_MAX: Final = 10_000


class Decided(msgspec.Struct, frozen=True, gc=False):
    """Somebody decided about pairs of records.

    Attributes:
        said: the same of each pair.
        pairs: of records.
        actor: who.
        reason: why.
    """

    said: Said
    pairs: tuple[tuple[RecordKey, RecordKey], ...]
    actor: str = ""
    reason: str = ""


class Undone(msgspec.Struct, frozen=True, gc=False):
    """Somebody says that a record was wrongly replaced, and stands again.

    Attributes:
        gone: the record.
        actor: who.
        reason: why.
    """

    gone: RecordKey
    actor: str = ""
    reason: str = ""


class _ActivatedBody(msgspec.Struct):
    activated: Activated


_READS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    UNDONE: msgspec.json.Decoder(Undone),
    ACTIVATED: msgspec.json.Decoder(_ActivatedBody),
    **dict.fromkeys(_KINDS.values(), msgspec.json.Decoder(Decided)),
}


def read(message: LogMessage) -> Decided | Undone | Activated:
    """Return what an act says.

    Args:
        message: of one of the ``KINDS``.

    Raises:
        UnreadableDecision: it is not one of ours.
    """
    try:
        found = _READS[message.kind.removeprefix(PREFIX)].decode(message.body)
    except msgspec.MsgspecError as error:
        raise UnreadableDecision(
            where=str(message.position), why=str(error), why_zh=f"内容不符合格式（{error}）"
        ) from error
    return found.activated if isinstance(found, _ActivatedBody) else found


def decided(said: Said, pairs: Sequence[tuple[RecordKey, RecordKey]], reason: str) -> NewMessage:
    """Return the act of a decision, by whoever acts now."""
    facts = {"said": said.value, "pairs": pairs, "reason": reason}
    records = {record for pair in pairs for record in pair}
    return written(f"identity.{_KINDS[said]}", facts, whose=_whose(records))


def undone(gone: RecordKey, reason: str) -> NewMessage:
    """Return the act that takes a replacement back."""
    return written(f"identity.{UNDONE}", {"gone": gone, "reason": reason}, whose=_whose([gone]))


def activated(what: Activated, reason: str) -> NewMessage:
    """Return the act that puts a model in force."""
    facts = {
        "model": what.model.name,
        "activated": orjson.loads(msgspec.json.encode(what)),
        "reason": reason,
    }
    return written(f"identity.{ACTIVATED}", facts)


def _whose(records: Iterable[RecordKey]) -> list[str]:
    return sorted(f"{mrn}^{source}" for source, mrn in records)
