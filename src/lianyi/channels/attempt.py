"""One attempt: send what the receiver has not taken yet, and judge its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.answers import judge_answer
from lianyi.channels.compiled import CompiledDestination, Outgoing
from lianyi.channels.delivering import Outcome
from lianyi.channels.failures import UnreadableAnswer, WrongAnswer
from lianyi.connectors.connector import CannotCarry, Sender
from lianyi.messagelog import LogMessage


class Attempt(NamedTuple):
    """What came of it.

    Attributes:
        told: what the receiver said, short.
        failure: None when it has taken every part, or when the rest was not ours to send.
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
    message: LogMessage,
    where: str,
    sent: int = 0,
    tracing: Tracing = NO_TRACING,
    may_send: Callable[[], bool] = lambda: True,
) -> Attempt:
    """Send parts of a message one after another until one is not taken.

    Args:
        parts: what is still to be sent.
        sender: the connection.
        destination: its time limit, and what counts as an acknowledgment.
        message: that they come from.
        where: names the destination in errors.
        sent: how many parts of the message the receiver took before these.
        tracing: what goes out carries the trace of the message when it is on.
        may_send: asked right before each part is sent; what it forbids is not sent.
    """
    settings = destination.definition
    told = ""
    for taken, part in enumerate(parts):
        if not may_send():
            return Attempt(told, None, Outcome.DELIVERED, taken)
        attributes = {"control_id": part.control_id, "content_type": part.content_type}
        if not part.control_id:
            attributes["idempotency"] = idempotency(message, where=where, part=sent + taken)
        if tracing.on:
            attributes["traceparent"] = tracing.traceparent(*message.position)
        try:
            answer = await sender.send(
                part.body,
                attributes=attributes,
                timeout_seconds=settings.timeout_seconds,
            )
        except CannotCarry as impossible:
            return Attempt("", impossible, Outcome.CANNOT_TRANSFORM, taken)
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


def idempotency(message: LogMessage, *, where: str, part: int) -> str:
    """Return what names one delivery for ever: each attempt and each replay of it says the same.

    The moment of receipt tells apart two installations, or two databases of one, in which channels
    and positions are called the same.

    Args:
        message: that is delivered.
        where: names the destination.
        part: its number among those that the message was split into, from 0.
    """
    named = f"{where}\0{message.received_at.isoformat()}".encode()
    return f"{message.position}-{part + 1}-{hashlib.blake2b(named, digest_size=8).hexdigest()}"
