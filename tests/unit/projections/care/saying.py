"""Invented messages about encounters, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.projections.care import hl7, rules
from lianyi.projections.care.model import Encounter, Saying

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def hour(text: str) -> datetime:
    """An hour of 2 March in Shanghai: ``"8"`` or ``"8:30"``."""
    hours, _, minutes = text.partition(":")
    return datetime(2026, 3, 2, int(hours), int(minutes or 0), tzinfo=ZONE).astimezone(UTC)


def stamp(text: str) -> str:
    """The same as HL7 writes it, without a zone; other texts are written as they are."""
    if not text[:1].isdigit() or len(text) > 5:
        return text
    hours, _, minutes = text.partition(":")
    return f"20260302{int(hours):02}{int(minutes or 0):02}00"


def segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def adt(
    event: str,
    at: str,
    *,
    occurred: str = "",
    place: str = "",
    doctor: str = "",
    patient: str = "P1^^^HIS^PI",
    visit: str = "V1",
    category: str = "I",
    began: str = "",
    ended: str = "",
    gone: str = "",
    control: str = "",
    channel: int = 1,
    more: dict[int, str] | None = None,
) -> NewMessage:
    """An ADT message; ``at`` is EVN-2, ``occurred`` EVN-6, ``more`` other fields of PV1."""
    control = control or f"{event}-{at}"
    fields = {
        1: "1", 2: category, 3: place, 7: doctor, 19: visit, 44: stamp(began), 45: stamp(ended),
        **(more or {}),
    }  # fmt: skip
    lines = [
        f"MSH|^~\\&|HIS|H1|||{stamp(at)}||ADT^{event}|{control}|P|2.5.1||||||UNICODE UTF-8",
        segment("EVN", {1: event, 2: stamp(at), 6: stamp(occurred)}),
        segment("PID", {1: "1", 3: patient, 5: "测试^甲"}),
    ]
    lines.append(segment("MRG", {1: gone}) if gone else segment("PV1", fields))
    return _new(f"ADT^{event}", lines, control, channel)


def order(
    at: str,
    *,
    doctor: str = "D9",
    number: str = "O1",
    control: str = "NW",
    patient: str = "P1^^^HIS^PI",
    visit: str = "V1",
    kind: str = "ORM^O01",
    channel: int = 1,
) -> NewMessage:
    """An order, or with ``kind="ORU^R01"`` and ``control=""`` its result."""
    lines = [
        f"MSH|^~\\&|HIS|H1|||{stamp(at)}||{kind}|{kind}-{at}|P|2.5.1||||||UNICODE UTF-8",
        segment("PID", {1: "1", 3: patient}),
        segment("PV1", {1: "1", 2: "I", 3: "OLD^1", 7: "STALE", 19: visit}),
    ]
    if control:
        lines.append(segment("ORC", {1: control, 2: number, 12: doctor}))
    lines.append(segment("OBR", {1: "1", 2: number, 4: "718-7", 16: doctor}))
    return _new(kind, lines, f"{kind}-{at}", channel)


def _new(kind: str, lines: Sequence[str], control: str, channel: int) -> NewMessage:
    body = "\r".join(lines) + "\r"
    return NewMessage(channel, f"hl7v2 {kind}", body.encode(), "utf-8", "HIS", (f"c:{control}",))


def logged(message: NewMessage, number: int = 1, *, received_at: datetime = RECEIVED) -> LogMessage:
    """The message as the log has it."""
    return LogMessage(
        1, number, received_at, message.channel, message.kind, message.body, message.codec,
        message.sender, message.keys, message.gate, message.caused_by, b"",
    )  # fmt: skip


def said(*messages: NewMessage, **more: Any) -> list[Saying]:
    """What messages say that came in this order."""
    return [
        saying
        for number, message in enumerate(messages, start=1)
        for saying in hl7.read(logged(message, number, **more), ZONE)
    ]


def folded(*messages: NewMessage, **more: Any) -> Encounter:
    """What messages about one encounter mean."""
    found = rules.fold(said(*messages, **more))
    assert found is not None
    return found


def stays(encounter: Encounter) -> list[tuple[str, str, str]]:
    """Place, first and last hour of each stay; ``…`` where it lasts."""
    return [
        (stay.location.place, clock(stay.span.since), clock(stay.span.until))
        for stay in encounter.stays
    ]


def treating(encounter: Encounter) -> list[tuple[str, str, str, str]]:
    """Who, as what, from when and until when."""
    return [
        (one.practitioner, one.part.value, clock(one.span.since), clock(one.span.until))
        for one in encounter.treating
    ]


def clock(at: datetime | None) -> str:
    """The hour in Shanghai."""
    if at is None:
        return "…"
    local = at.astimezone(ZONE)
    return f"{local.hour}:{local.minute:02}" if local.minute else str(local.hour)


def at(number: int) -> Position:
    return Position(1, number)
