"""Files of messages: with FHS/BHS/BTS/FTS around them, without, and however sloppily ended.

A message begins at a line that begins with ``MSH`` and ends before the next message or batch
segment. Its bytes are those of the file; only blank lines, comment lines (``#``, ``--``, ``//``)
and framing bytes at its end are left out.

Source:
    HL7 v2.8.2 chapter 2, section 2.10.3 (batch protocol).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lianyi.formats.hl7v2.findings import Finding, FindingKind, shown

_MARK = re.compile(
    rb"(?:(?<=[\r\n\x0b])|\A)(?:\xef\xbb\xbf)?[ \t]*"
    rb"(MSH|FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9\s]|[\r\n]|\Z)"
)
_EDGES = b"\r\n\t \x0b\x1c\0\x1a"
_COMMENTS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file holds.

    Attributes:
        messages: the bytes of each message, in order, with its final segment end if it has one.
        at_bytes: where each of them begins in the file.
        header: the FHS or, without one, the BHS segment; empty when there is none.
        warnings: counts in BTS-1 or FTS-1 that are wrong, bytes that belong to no message.
    """

    messages: tuple[bytes, ...]
    at_bytes: tuple[int, ...]
    header: bytes
    warnings: tuple[Finding, ...]


def split_batch(body: bytes) -> Batch:
    """Cut a file into its messages. A file without any gives none; never raises."""
    messages: list[bytes] = []
    places: list[int] = []
    warnings: list[Finding] = []
    header = b""
    in_batch = batches = 0
    batch_open = False
    found = list(_MARK.finditer(body))
    for n, mark in enumerate(found):
        begin = mark.start(1)
        end = found[n + 1].start() if n + 1 < len(found) else len(body)
        name = mark.group(1)
        if name == b"MSH":
            messages.append(_trimmed(body[begin:end]))
            places.append(begin)
            in_batch += 1
            if not batch_open:
                batch_open, batches = True, batches + 1
            continue
        segment = body[begin:end].splitlines()[0] if end > begin else b""
        if name in (b"FHS", b"BHS"):
            header = header or segment
            in_batch = 0
            batch_open = name == b"BHS"
            batches += batch_open
        elif name == b"BTS":
            warnings += _count_wrong("BTS-1", segment, in_batch)
            in_batch, batch_open = 0, False
        else:
            warnings += _count_wrong("FTS-1", segment, batches)
    outside = len(_without_comments(body[: found[0].start() if found else len(body)]))
    if outside:
        warnings.insert(0, Finding(FindingKind.OUTSIDE_MESSAGE, "byte 0", {"found": outside}))
    return Batch(tuple(messages), tuple(places), header, tuple(warnings))


def _count_wrong(path: str, segment: bytes, came: int) -> list[Finding]:
    """Compare a count that a trailer declares; an empty one says nothing."""
    declared = segment[4:].split(segment[3:4] or b"|")[0].strip()[:12]
    if not declared or (declared.isdigit() and int(declared) == came):
        return []
    said = int(declared) if declared.isdigit() else shown(declared.decode("ascii", "replace"))
    return [Finding(FindingKind.BATCH_COUNT, path, {"declared": said, "found": came})]


def _trimmed(message: bytes) -> bytes:
    """Take blank lines, comments and framing bytes off the end, but not the last segment's end."""
    kept = _without_comments(message)
    end = len(kept)
    if message.startswith(b"\r\n", end):
        return message[: end + 2]
    return message[: end + 1] if message[end : end + 1] in (b"\r", b"\n") else kept


def _without_comments(text: bytes) -> bytes:
    kept = _without_blank_lines(text)
    for _ in range(_COMMENTS_MAX):
        begin = max(kept.rfind(b"\r"), kept.rfind(b"\n")) + 1
        if not kept[begin:].lstrip().startswith((b"#", b"--", b"//")):
            break
        kept = _without_blank_lines(kept[:begin])
    return kept


def _without_blank_lines(text: bytes) -> bytes:
    """Take blank lines and framing bytes off the end; blanks that end the last text line stay."""
    end = len(text.rstrip(_EDGES))
    while text[end : end + 1] in (b" ", b"\t"):
        end += 1
    return text[:end] if text[:end].strip(_EDGES) else b""
