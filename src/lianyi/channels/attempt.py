"""One attempt: send what the receiver has not taken yet, and judge its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.channels.answers import judge_answer
from lianyi.channels.compiled import CompiledDestination, Outgoing
from lianyi.channels.delivering import Outcome
from lianyi.channels.failures import UnreadableAnswer, WrongAnswer
from lianyi.connectors.connector import Sender


class Attempt(NamedTuple):
    """What came of it.

    Attributes:
        told: what the receiver said, short.
        failure: None when it has taken every part.
        outcome: for the receipt.
        taken: how many of the parts it has taken.
    """

    told: str
    failure: LianyiError | None
    outcome: Outcome
    taken: int


async def attempt(
    parts: Sequence[Outgoing],
    sender: Sender,
    destination: CompiledDestination,
    *,
    position: str,
    where: str,
) -> Attempt:
    """Send parts of a message one after another until one is not taken.

    Args:
        parts: what is still to be sent.
        sender: the connection.
        destination: its time limit, and what counts as an acknowledgment.
        position: of the message, for file names.
        where: names the destination in errors.
    """
    settings = destination.definition
    told = ""
    for taken, part in enumerate(parts):
        try:
            answer = await sender.send(
                part.body,
                attributes={
                    "control_id": part.control_id,
                    "content_type": part.content_type,
                    "position": position,
                },
                timeout_seconds=settings.timeout_seconds,
            )
        except LianyiError as no_answer:
            return Attempt("", no_answer, Outcome.NO_ANSWER, taken)
        told, failure = judge_answer(
            answer,
            control_id=part.control_id,
            accepted_codes=settings.accepted_codes,
            required=settings.acknowledgment == "required",
            over_mllp=settings.connector == "mllp",
            where=where,
        )
        if isinstance(failure, WrongAnswer | UnreadableAnswer):
            # Whatever comes next on this connection may belong to another message.
            await sender.close()
            return Attempt(told, failure, Outcome.NO_ANSWER, taken)
        if failure is not None:
            return Attempt(told, failure, Outcome.REFUSED, taken)
    return Attempt(told, None, Outcome.DELIVERED, len(parts))
