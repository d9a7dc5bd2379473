"""What people decide about the index, as acts in the log. Pure.

An act names records by authority and identifier, so that it can be read without the index, and
means the same for ever. Taking a decision back is an act too; nothing is undone by deleting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from lianyi.messagelog.message import LogMessage, NewMessage, Position, storable_text
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
PROPOSED = "decision_proposed"
_ENDS: Final[Mapping[str, str]] = {
    "withdrawn": "proposal_withdrawn",
    "rejected": "proposal_rejected",
}
"""How a proposal ends that is not confirmed, and the act that says so."""
KINDS: Final = frozenset(
    PREFIX + one for one in (*_KINDS.values(), UNDONE, ACTIVATED, PROPOSED, *_ENDS.values())
)
PAIRS_MAX: Final = 10_000


class Decided(msgspec.Struct, frozen=True, gc=False):
    """Somebody decided about pairs of records.

    Attributes:
        said: the same of each pair.
        pairs: of records.
        actor: who.
        reason: why.
        proposal: position of the proposal that this confirms; empty: one person decided.
        proposed_by: who proposed it.
    """

    said: Said
    pairs: tuple[tuple[RecordKey, RecordKey], ...]
    actor: str = ""
    reason: str = ""
    proposal: str = ""
    proposed_by: str = ""


class Undone(msgspec.Struct, frozen=True, gc=False):
    """Somebody says that a record was wrongly replaced, and stands again.

    Attributes:
        gone: the record.
        actor: who.
        reason: why.
        proposal: see ``Decided``.
        proposed_by: see ``Decided``.
    """

    gone: RecordKey
    actor: str = ""
    reason: str = ""
    proposal: str = ""
    proposed_by: str = ""


class Meant(msgspec.Struct, frozen=True, gc=False):
    """What somebody wants to decide.

    Attributes:
        said: the same of each pair; None: that ``gone`` stands again.
        pairs: of records.
        gone: a record that was wrongly replaced.
    """

    said: Said | None
    pairs: tuple[tuple[RecordKey, RecordKey], ...] = ()
    gone: RecordKey | None = None

    @property
    def records(self) -> list[RecordKey]:
        """The records that it names, sorted."""
        named = {key for pair in self.pairs for key in pair}
        return sorted(named | ({self.gone} if self.gone else set()))


class Proposed(msgspec.Struct, frozen=True, gc=False):
    """Somebody proposes a decision that takes a second person; it changes nothing yet.

    Attributes:
        meant: what.
        state: of the persons that it speaks of, as they were; see ``proposal_store``.
        actor: who.
        account: his account: it is never the one that confirms.
        reason: why.
    """

    meant: Meant
    state: str
    actor: str = ""
    account: str = ""
    reason: str = ""


class Declined(msgspec.Struct, frozen=True, gc=False):
    """A proposal was withdrawn by whoever made it, or rejected.

    Attributes:
        proposal: its position.
        how: ``withdrawn`` or ``rejected``.
        actor: who.
        reason: why.
    """

    proposal: str
    how: str
    actor: str = ""
    reason: str = ""


class Confirms(NamedTuple):
    """What a decision confirms: the position of the proposal, and whose it is."""

    proposal: Position
    proposed_by: str


class _ActivatedBody(msgspec.Struct):
    activated: Activated


_READS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    UNDONE: msgspec.json.Decoder(Undone),
    ACTIVATED: msgspec.json.Decoder(_ActivatedBody),
    PROPOSED: msgspec.json.Decoder(Proposed),
    **dict.fromkeys(_ENDS.values(), msgspec.json.Decoder(Declined)),
    **dict.fromkeys(_KINDS.values(), msgspec.json.Decoder(Decided)),
}


Reasoned = Decided | Undone | Proposed | Declined
"""What somebody did and said why."""
Act = Reasoned | Activated


def read(message: LogMessage) -> Act:
    """Return what an act says.

    Args:
        message: of one of the ``KINDS``.

    Raises:
        UnreadableDecision: it is not one of ours.
    """
    try:
        found: Reasoned | _ActivatedBody = _READS[message.kind.removeprefix(PREFIX)].decode(
            message.body
        )
    except msgspec.MsgspecError as error:
        raise UnreadableDecision(
            where=str(message.position), why=str(error), why_zh=f"内容不符合格式（{error}）"
        ) from error
    if isinstance(found, _ActivatedBody):
        return found.activated
    proposal_of(found)
    return msgspec.structs.replace(found, reason=storable_text(found.reason))


def decided(meant: Meant, reason: str, confirms: Confirms | None = None) -> NewMessage:
    """Return the act of a decision, by whoever acts now.

    Args:
        meant: what is decided.
        reason: why.
        confirms: the proposal that this confirms; None: it takes one person.
    """
    facts: dict[str, Any] = {"reason": reason}
    if confirms:
        facts |= {"proposal": str(confirms.proposal), "proposed_by": confirms.proposed_by}
    about = confirms.proposal if confirms else None
    if meant.said is None:
        facts["gone"] = meant.gone
        kind = UNDONE
    else:
        facts |= {"said": meant.said.value, "pairs": meant.pairs}
        kind = _KINDS[meant.said]
    return written(f"identity.{kind}", facts, about=about, whose=_whose(meant.records))


def proposed(meant: Meant, state: str, reason: str) -> NewMessage:
    """Return the act that proposes a decision, by whoever acts now."""
    facts = {"meant": orjson.loads(msgspec.json.encode(meant)), "state": state, "reason": reason}
    return written(f"identity.{PROPOSED}", facts, whose=_whose(meant.records))


def declined(proposal: Position, meant: Meant, how: str, reason: str) -> NewMessage:
    """Return the act that withdraws or rejects a proposal, by whoever acts now."""
    facts = {"proposal": str(proposal), "how": how, "reason": reason}
    return written(f"identity.{_ENDS[how]}", facts, about=proposal, whose=_whose(meant.records))


def actors(said: Decided | Undone) -> str:
    """Return who decided: whoever proposed it, and whoever confirmed it."""
    return f"{said.proposed_by}, {said.actor}" if said.proposed_by else said.actor


def proposal_of(said: Act) -> Position | None:
    """Return the proposal that an act ends.

    Raises:
        UnreadableDecision: its position is none.
    """
    if not isinstance(said, Decided | Undone | Declined) or not said.proposal:
        return None
    try:
        return Position.parse(said.proposal)
    except ValueError as error:
        raise UnreadableDecision(
            where="proposal", why="the proposal has no position", why_zh="提案位置无效"
        ) from error


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
