"""What the simulated systems know of MLLP and of HL7 headers: as little as real ones.

Written apart from the platform's own framing and parser on purpose, so that each judges the other.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import NamedTuple

START = b"\x0b"
END = b"\x1c\r"
BOM = b"\xef\xbb\xbf"
FRAME_BYTES_MAX = 64 * 1024 * 1024


class Header(NamedTuple):
    """What a receiver reads of a message. All are the bytes of the sender, perhaps empty."""

    application: bytes
    at: bytes
    kind: bytes
    control_id: bytes
    accept_acknowledgment: bytes
    patient: bytes


class Verdict(NamedTuple):
    """What a receiver answered: MSA-1, MSA-2 and its text."""

    code: str
    control_id: bytes
    text: str


class NoVerdict(Exception):
    """No answer came, or none that belongs to the message; the sender must repeat it."""


def frame(body: bytes) -> bytes:
    """Return the body between its MLLP start and end blocks."""
    return START + body + END


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next frame's body; None when the peer closed between two frames.

    Raises:
        asyncio.IncompleteReadError: the peer closed inside a frame.
        asyncio.LimitOverrunError: longer than the reader's limit.
    """
    try:
        until_end = await reader.readuntil(END)
    except asyncio.IncompleteReadError as error:
        if error.partial.strip(b"\r\n"):
            raise
        return None
    return until_end[: -len(END)].partition(START)[2]


def read_header(body: bytes) -> Header:
    """Read MSH and the first identifier of PID-3; what is absent is empty.

    Args:
        body: one message, perhaps after a byte order mark. Segments may end with CR, LF or both.
            What is not HL7 is known by its SHA-256 in place of a control id.
    """
    body = body.removeprefix(BOM)
    if not body.startswith(b"MSH"):
        digest = hashlib.sha256(body).hexdigest().encode()
        return Header(b"", b"", b"", digest, b"", b"")
    lines = body.replace(b"\n", b"\r").split(b"\r")
    separator = body[3:4] or b"|"
    fields = [*lines[0].split(separator), *([b""] * 18)]
    pid = next((line for line in lines if line.startswith(b"PID")), b"")
    identifiers = pid.split(separator)[3:4] or [b""]
    return Header(
        application=fields[2],
        at=fields[6],
        kind=fields[8],
        control_id=fields[9],
        accept_acknowledgment=fields[14],
        patient=identifiers[0].partition(b"~")[0],
    )


def acknowledge(header: Header, *, system: str, code: str, control_id: bytes, text: str) -> bytes:
    """Return an acknowledgment as a simulated system writes it.

    Args:
        header: of the message; one that asks for an accept acknowledgment gets ``CA CE CR``.
        system: who answers.
        code: ``AA``, ``AE`` or ``AR``.
        control_id: MSA-2; the right one is ``header.control_id``.
        text: MSA-3, ASCII.
    """
    if header.accept_acknowledgment in (b"AL", b"ER", b"SU"):
        code = f"C{code[1]}"
    event = header.kind.split(b"^")[1:2]
    kind = b"^".join([b"ACK", *event])
    msh = b"|".join(
        [
            b"MSH",
            b"^~\\&",
            system.upper().encode(),
            b"",
            header.application,
            b"",
            header.at,
            b"",
            kind,
            b"ACK" + control_id,
            b"P",
            b"2.4",
        ]
    )
    msa = b"|".join([b"MSA", code.encode(), control_id, text.encode()])
    return msh + b"\r" + msa + b"\r"


def read_verdict(body: bytes) -> Verdict:
    """Read an acknowledgment; commit codes come back as ``AA AE AR``.

    Raises:
        NoVerdict: it has no MSA segment with a known code.
    """
    for line in body.replace(b"\n", b"\r").split(b"\r"):
        if line.startswith(b"MSA"):
            fields = [*line.split(line[3:4]), b"", b"", b""]
            code = fields[1].decode("ascii", "replace")
            if code in ("AA", "AE", "AR", "CA", "CE", "CR"):
                text = fields[3].decode("utf-8", "replace")
                return Verdict(f"A{code[1]}", fields[2], text)
    raise NoVerdict("the answer has no MSA segment with a known code")
