"""Invented messages of a small hospital, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.operational import folding
from lianyi.projections.operational.folding import Row
from lianyi.projections.operational.hl7v2 import messages
from lianyi.projections.operational.hl7v2.codes import Codes, read_codes
from lianyi.projections.operational.statements import Statement

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)
HIS = 1
LIS = 2
OTHER = 3
"""The HIS of another hospital."""


def instant(text: str) -> datetime:
    """An hour of March in Shanghai: ``"2 8:30"``, the day first."""
    day, _, clock = text.partition(" ")
    hours, _, minutes = clock.partition(":")
    at = datetime(2026, 3, int(day), int(hours or 0), int(minutes or 0), tzinfo=ZONE)
    return at.astimezone(UTC)


def stamp(text: str) -> str:
    """The same as HL7 writes it; an empty text stays one."""
    return instant(text).astimezone(ZONE).strftime("%Y%m%d%H%M%S") if text else ""


def segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def message(
    kind: str,
    at: str,
    *segments: str,
    control: str = "",
    channel: int = HIS,
    patient: str = "P1",
    born: str = "19800302",
    sender: str = "HIS",
) -> NewMessage:
    """A message sent at an hour, with a patient and some segments."""
    control = control or f"{kind}-{at}"
    event = kind.split("^")[1]
    lines = [
        f"MSH|^~\\&|{sender}|YY|||{stamp(at)}||{kind}|{control}|P|2.5.1||||||UNICODE UTF-8",
        segment("EVN", {1: event, 2: stamp(at)}),
        segment("PID", {1: "1", 3: f"{patient}^^^HIS^PI" if patient else "", 7: born, 8: "F"}),
        *segments,
    ]
    body = "\r".join(lines) + "\r"
    return NewMessage(channel, f"hl7v2 {kind}", body.encode(), "utf-8", sender, (f"c:{control}",))


def visit(
    *,
    number: str = "V1",
    category: str = "I",
    ward: str = "W1",
    department: str = "",
    doctor: str = "D1",
    began: str = "",
    ended: str = "",
    how: str = "",
) -> str:
    """PV1."""
    return segment(
        "PV1",
        {
            1: "1", 2: category, 3: f"{ward}^01^02^YY" if ward else "", 7: doctor, 10: department,
            19: number, 36: how, 44: stamp(began), 45: stamp(ended),
        },
    )  # fmt: skip


def adt(
    event: str, at: str, *more: str, control: str = "", patient: str = "P1", **pv1: str
) -> NewMessage:
    """An ADT message."""
    return message(f"ADT^{event}", at, visit(**pv1), *more, control=control, patient=patient)


def charge(at: str, amount: str, *, number: str = "", type_: str = "CG", **more: str) -> NewMessage:
    """A DFT message with one charge."""
    fields = {
        1: "1", 2: number, 4: stamp(at), 6: type_, 7: more.get("item", "YP1"),
        10: more.get("quantity", ""), 11: amount, 12: more.get("each", ""), 13: more.get("by", ""),
    }  # fmt: skip
    control = more.get("control", "")
    return message("DFT^P03", at, visit(), segment("FT1", fields), control=control)


def ordered(at: str, *, number: str = "O1", control: str = "NW", priority: str = "") -> NewMessage:
    """An order of the laboratory."""
    segments = [
        segment("ORC", {1: control, 2: number, 9: stamp(at), 12: "D9"}),
        segment("TQ1", {1: "1", 9: priority}),
        segment("OBR", {1: "1", 2: number, 4: "XCG^血常规^LIS"}),
    ]
    return message("OML^O21", at, visit(department="内科"), *segments)


def reported(
    at: str,
    *observed: tuple[str, str],
    number: str = "O1",
    status: str = "F",
    received: str = "",
    section: str = "LAB",
) -> NewMessage:
    """A report; what is observed as kind of value (OBX-2) and flag (OBX-8)."""
    segments = [
        segment("ORC", {1: "RE", 2: number, 3: f"L{number}"}),
        segment(
            "OBR",
            {
                1: "1", 2: number, 3: f"L{number}", 4: "XCG^血常规^LIS", 14: stamp(received),
                22: stamp(at), 24: section, 25: status,
            },
        ),
        *(
            segment("OBX", {1: str(place), 2: kind, 3: "K", 5: "1", 8: flag, 11: status, 16: "T1"})
            for place, (kind, flag) in enumerate(observed, start=1)
        ),
    ]  # fmt: skip
    return message("ORU^R01", at, visit(ward="", doctor=""), *segments, channel=LIS, sender="LIS")


def logged(
    new: NewMessage, number: int = 1, *, shard: int = 1, received_at: datetime = RECEIVED
) -> LogMessage:
    """The message as the log has it."""
    return LogMessage(
        shard, number, received_at, new.channel, new.kind, new.body, new.codec, new.sender,
        new.keys, new.gate, new.caused_by, b"",
    )  # fmt: skip


def said(*new: NewMessage, codes: Codes | None = None) -> list[Statement]:
    """What messages say that came in this order."""
    codes = codes or read_codes()
    return [
        one
        for number, each in enumerate(new, start=1)
        for one in messages.read(logged(each, number), ZONE, codes)
    ]


def folded(*new: NewMessage, codes: Codes | None = None) -> dict[str, dict[str, Row]]:
    """What messages mean, by fact and key, as a plain fold tells it."""
    return fold_all(said(*new, codes=codes))


def fold_all(statements: Sequence[Statement], scope: str = "") -> dict[str, dict[str, Row]]:
    """Fold everything from nothing, fact by fact; of one organisation."""
    rows: dict[str, dict[str, Row]] = {}
    for fact in ("encounter", "order", "result", "surgery", "charge", "drug"):
        told: dict[str, list[Statement]] = {}
        for one in statements:
            if one.fact == fact:
                told.setdefault(one.key, []).append(one)
        parents = rows.get(folding.PARENTS.get(fact, ""), {})
        rows[fact] = {}
        for key, each in told.items():
            in_order = sorted(each, key=lambda one: one.order)
            of = next((one.of for one in reversed(in_order) if one.of), "")
            parent = parents[of].columns if of in parents else None
            row = folding.fold(each, zone=ZONE, scope=scope, parent=parent)
            if row is not None:
                rows[fact][key] = row
    return rows
