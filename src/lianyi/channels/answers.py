"""What an answer means: taken, refused, or no answer to this message. Pure."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError
from lianyi.channels.failures import (
    Refused,
    RefusedForNow,
    Unavailable,
    UnreadableAnswer,
    WrongAnswer,
)
from lianyi.connectors.connector import Answer
from lianyi.formats import hl7v2

_TRY_AGAIN = ("AR", "CR")


def judge_answer(
    answer: Answer,
    *,
    control_id: str,
    accepted_codes: tuple[str, ...],
    required: bool,
    over_mllp: bool,
    where: str,
) -> tuple[str, LianyiError | None]:
    """Say what a receiver's answer means for the delivery.

    Args:
        answer: as the connector returned it.
        control_id: of the message that was sent; empty when it has none.
        accepted_codes: HL7 acknowledgment codes that mean "taken".
        required: an HL7 acknowledgment must say that it was taken; otherwise any answer is fine.
        over_mllp: there, every answer is an HL7 acknowledgment; elsewhere the wire may say it.
        where: names the destination in errors.

    Returns:
        A short text for the receipt (``AA``, ``AE: no such ward``, ``HTTP 404``), and None when
        the message was taken.
    """
    if _plainly_takes(answer.body, control_id) and "AA" in accepted_codes:
        return "AA", None
    if answer.category is not None and not _is_hl7(answer.body):
        told = _short(answer.body) or answer.category.name
        return told, _refusal(answer.category, told, where)
    if not required or not (over_mllp or _is_hl7(answer.body)):
        return "OK", None
    try:
        acknowledged = hl7v2.read_acknowledgment(answer.body)
    except LianyiError:
        return "", UnreadableAnswer(where=where)
    code = acknowledged.code
    told = f"{code}: {acknowledged.text[:200]}" if acknowledged.text else code
    if control_id and acknowledged.control_id and acknowledged.control_id != control_id:
        return told, WrongAnswer(where=where)
    if code in accepted_codes:
        return code, None
    if code in _TRY_AGAIN:
        return told, RefusedForNow(where=where, answer=code)
    return told, Refused(where=where, answer=code)


def stops_destination(failure: LianyiError) -> bool:
    """Whether a failure says something about the receiver and not about this message."""
    return failure.category is Category.UNAVAILABLE


def _refusal(category: Category, told: str, where: str) -> LianyiError:
    if category in (Category.BUSY, Category.INTERNAL):
        return RefusedForNow(where=where, answer=told)
    if category is Category.UNAVAILABLE:
        return Unavailable(where=where, answer=told)
    return Refused(where=where, answer=told)


def _plainly_takes(body: bytes, control_id: str) -> bool:
    """Whether the answer is the usual one, seen without reading it: ``MSA|AA|`` and our id."""
    taken = b"\rMSA|AA|" + control_id.encode("utf-8", "replace")
    begin = body.find(taken)
    return bool(
        control_id
        and begin > 0
        and body.startswith(b"MSH|")
        and body[begin + len(taken) : begin + len(taken) + 1] in (b"\r", b"|", b"")
    )


def _is_hl7(body: bytes) -> bool:
    return body[:3] == b"MSH"


def _short(body: bytes) -> str:
    return body[:200].decode("utf-8", "replace").strip()
