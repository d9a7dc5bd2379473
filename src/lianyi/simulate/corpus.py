"""Replaying a folder of real messages: what is found is sent as it is, byte for byte.

Files come as people keep them: one message, many one after the other, batches (FHS/BHS), recorded
MLLP streams, with or without a byte order mark or a line of something else before the first MSH.
A file that is named like a message but is none is sent too: the platform must say what is wrong.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from lianyi.simulate.errors import UnknownTarget
from lianyi.simulate.feed import MllpWire
from lianyi.simulate.wire import END, FRAME_BYTES_MAX, START, NoVerdict

SUFFIXES = {".hl7", ".ndhl7", ".mllp"}
SNIFFED_BYTES = 4096
ATTEMPTS_MAX = 3
_LINE_START = rb"(?:\A|(?<=[\r\n])|(?<=\xef\xbb\xbf))"
_OPENING = re.compile(rb"(?:^|[\r\n\x0b]|\xef\xbb\xbf)(?:MSH|FHS|BHS)[^\w\s]{4}", re.ASCII)
_BATCH = re.compile(_LINE_START + rb"(?:FHS|BHS)[^\w\s]", re.ASCII)
_MESSAGE = re.compile(_LINE_START + rb"MSH[^\w\s]", re.ASCII)


class CorpusFile(NamedTuple):
    """A file and what it holds to be sent: messages, or one batch."""

    name: str
    bodies: tuple[bytes, ...]


class Replayed(NamedTuple):
    """What became of one file.

    Attributes:
        file: its name under the folder.
        messages: how many frames were sent.
        codes: answers by code; an empty code means no usable answer.
        reasons: what the answers other than AA said, each once.
    """

    file: str
    messages: int
    codes: dict[str, int]
    reasons: list[str]


def find_messages(folder: Path) -> Iterator[CorpusFile]:
    """Find the files under a folder that hold HL7 v2 messages, by name or by content, in order.

    Hidden files and files larger than a frame may be (64 MB) are left out; no link is followed
    out of the folder.
    """
    root = folder.resolve()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        hidden = any(part.startswith(".") for part in name.parts)
        if hidden or not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        if path.stat().st_size > FRAME_BYTES_MAX:
            continue
        content = path.read_bytes()
        if path.suffix.lower() in SUFFIXES or _OPENING.search(content[:SNIFFED_BYTES]):
            yield CorpusFile(str(name), tuple(cut(content)))


def cut(content: bytes) -> list[bytes]:
    """Cut a file into what is sent one by one; nothing inside a message is changed.

    A recorded MLLP stream gives its frames, a batch stays whole, otherwise each MSH at the
    beginning of a line begins a message. What stands before the first one stays with it.
    """
    if START in content:
        frames = content.split(START)[1:]
        return [part for frame in frames if (part := frame.partition(END)[0])]
    starts = [found.start() for found in _MESSAGE.finditer(content)]
    if _BATCH.search(content) or len(starts) < 2:
        return [content] if content else []
    edges = [0, *starts[1:], len(content)]
    return [content[left:right] for left, right in pairwise(edges)]


async def replay_corpus(
    folder: Path, url: str, *, timeout_seconds: float = 20.0
) -> AsyncIterator[Replayed]:
    """Send everything found under a folder to one MLLP address, and tell what was answered.

    An AR or no answer is tried again, three times in all.

    Args:
        folder: searched with everything below it.
        url: ``mllp://host:port``.
        timeout_seconds: for one answer.

    Yields:
        One row for each file, in the order of names.

    Raises:
        UnknownTarget: the URL is not of MLLP.
    """
    parts = urlsplit(url)
    if parts.scheme != "mllp" or not parts.hostname or not parts.port:
        raise UnknownTarget(where=url, why="a corpus is replayed over MLLP")
    wire = MllpWire(parts.hostname, parts.port)
    try:
        for found in find_messages(folder):
            codes: Counter[str] = Counter()
            reasons: dict[str, None] = {}
            for body in found.bodies:
                for code, reason in await _send(wire, body, timeout_seconds):
                    codes[code] += 1
                    if reason and code not in ("AA", "CA"):
                        reasons[reason] = None
            if not found.bodies:
                reasons["the file is empty; nothing was sent"] = None
            yield Replayed(found.name, len(found.bodies), dict(codes), list(reasons))
    finally:
        await wire.close()


def read_answers(answer: bytes) -> list[tuple[str, str]]:
    """Return code and reason of every MSA in an answer; the answer to a batch may hold many.

    The reason is ERR-8 (what a person reads) where there is one, else MSA-3.
    """
    found: list[tuple[str, str]] = []
    separator = b"|"
    for line in re.split(rb"[\r\n]+", answer):
        if line.startswith(b"MSH"):
            separator = line[3:4]
        fields = [field.decode("utf-8", "replace") for field in line.split(separator)] + [""] * 9
        if fields[0] == "MSA":
            found.append((fields[1], fields[3]))
        elif fields[0] == "ERR" and fields[8] and found:
            found[-1] = (found[-1][0], fields[8])
    return found


def summarise(rows: Sequence[Replayed]) -> str:
    """Return the table for people: file, messages, answers, reason; the totals last."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.codes)
    cells = [("file", "messages", "answers", "reason")]
    cells += [
        (row.file, str(row.messages), _codes(row.codes), "; ".join(row.reasons)) for row in rows
    ]
    messages = sum(row.messages for row in rows)
    cells.append((f"{len(rows)} files", str(messages), _codes(total), ""))
    widths = [max(_width(row[column]) for row in cells) for column in range(3)]
    return "\n".join(
        "  ".join(
            [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
            + [row[3]]
        ).rstrip()
        for row in cells
    )


async def _send(wire: MllpWire, body: bytes, timeout_seconds: float) -> list[tuple[str, str]]:
    answers: list[tuple[str, str]] = []
    for attempt in range(ATTEMPTS_MAX):
        if attempt:
            await asyncio.sleep(1)
        try:
            async with asyncio.timeout(timeout_seconds):
                answers = read_answers(await wire.ask(body)) or [("", "no MSA in the answer")]
        except (NoVerdict, TimeoutError) as error:
            await wire.close()
            answers = [("", str(error) or "no answer in time")]
        if answers[0][0] not in ("", "AR", "CR"):
            break
    return answers


def _codes(codes: dict[str, int]) -> str:
    return " ".join(f"{code or 'none'}×{number}" for code, number in sorted(codes.items()))


def _width(text: str) -> int:
    """Return how many columns a terminal gives the text: two for a wide character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
