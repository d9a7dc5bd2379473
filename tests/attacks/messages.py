"""HL7 v2 messages whose every field holds an attack; the patients are invented."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

from .corpora import CORPORA, OVERLONG, sayable

ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\", "#": "\\P\\"}
FIELDS = {
    "EVN": 7, "PID": 39, "PD1": 12, "NK1": 37, "PV1": 52, "PV2": 40, "DG1": 21, "AL1": 6, "IN1": 49,
    "ORC": 25, "OBR": 47, "OBX": 18, "NTE": 4, "ZXX": 10,
}  # fmt: skip
"""Segments and how many fields each has (HL7 v2.5.1); ZXX stands for whatever a site adds."""

EVENTS = {
    "ADT^A01": ("EVN", "PID", "PD1", "NK1", "PV1", "PV2", "DG1", "AL1", "IN1", "ZXX"),
    "ADT^A08": ("EVN", "PID", "PD1", "PV1", "ZXX"),
    "ADT^A40": ("EVN", "PID", "ZXX"),
    "ORM^O01": ("PID", "PV1", "ORC", "OBR", "NTE"),
    "ORU^R01": ("PID", "PV1", "ORC", "OBR", "NTE", "OBX", "NTE"),
}


def escaped(text: str) -> str:
    """Return a text as an honest sender writes it into a field (HL7 v2.5.1, 2.7)."""
    return "".join(
        ESCAPES.get(c, f"\\X{ord(c):02X}\\" if ord(c) < 32 else c) for c in sayable(text)
    )


def raw(text: str) -> str:
    """Return a text as a careless sender writes it: only the end of a segment is no text."""
    return "".join(c for c in text if c not in "\r\n\x0b\x1c" and not "\ud800" <= c <= "\udfff")


def components(texts: Sequence[str], n: int) -> str:
    """Return a field of some components and a second repetition."""
    return "^".join(texts[:n]) + "~" + texts[n]


def attack(
    event: str,
    control_id: str,
    patient: str,
    texts: Sequence[str],
    *,
    turn: int = 0,
    codec: str = "UNICODE UTF-8",
) -> str:
    """Return a message whose fields hold the texts, one after another.

    Args:
        event: one of :data:`EVENTS`.
        control_id: MSH-10.
        patient: PID-3.1; the other components of PID-3 are attacked.
        texts: as they stand in fields: :func:`escaped`, or :func:`raw`.
        turn: with which text to begin, so that several messages put each text everywhere.
        codec: MSH-18.
    """
    supply = islice(cycle(texts), turn % len(texts), None)

    def some(n: int) -> list[str]:
        return list(islice(supply, n))

    msh = ["MSH", "^~\\&", *some(4), "20260302080000", *some(1), event, control_id, "P", "2.5.1"]
    msh += [*some(3), "", *some(1), codec]
    segments = ["|".join(msh)]
    for name in EVENTS[event]:
        fields = [components(some(4), 3) if n % 2 else some(1)[0] for n in range(FIELDS[name])]
        if name == "PID":
            fields[2] = "^".join([patient, *some(2), "H1"])
            fields[7] = "M"
        segments.append("|".join([name, *fields]))
    return "\r".join(segments) + "\r"


def every_text() -> list[str]:
    """Return what the fields hold, the most dangerous for a screen first."""
    return [text for texts in CORPORA.values() for text in texts if len(text) < 1000]


def attacks() -> list[bytes]:
    """Return messages in which every text stands in many fields, written both ways."""
    found: list[bytes] = []
    for way in (escaped, raw):
        texts = [t for t in map(way, every_text()) if t]
        for n, event in enumerate(EVENTS):
            found.append(
                attack(event, f"{way.__name__}-{n}", f"{way.__name__}{n}", texts, turn=37 * n)
                .encode()
            )  # fmt: skip
    for n, bad in enumerate(OVERLONG):
        found.append(
            attack("ADT^A01", f"bytes-{n}", f"bytes{n}", ["@@"]).encode().replace(b"@@", bad)
        )
    return found


def master_file(control_id: str, texts: Sequence[str]) -> bytes:
    """Return an MFN^Z01 of organisations that are called by the texts."""
    head = f"MSH|^~\\&|HR|CLINIC|||20260301081502||MFN^Z01|{control_id}|P|2.5.1"
    lines = [head, "MFI|ORG||UPD|||NE"]
    for n, text in enumerate(texts):
        code = f"ATT{n}"
        lines += [f"MFE|MAD|{n}||{code}|CE", f"ZOG|{code}|{text}|{text}|{text}||||| {text}"]
    return ("\r".join(lines) + "\r").encode()
