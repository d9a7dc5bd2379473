"""Invented messages of HL7 v2, what is read in them, and the resources that this makes."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.folding import Entry, Place, standing
from lianyi.projections.clinical.statements import Stated

ZONE = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PID = "PID|1||P1^^^HIS^MR||王^小明||19800315|M"

Resource = dict[str, Any]


def seg(name: str, fields: dict[int, str]) -> str:
    """A segment with some fields."""
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def visit(more: dict[int, str] | None = None) -> str:
    """PV1 of the visit V1, on the ward."""
    return seg("PV1", {1: "1", 2: "I", 3: "内科^301^2", 19: "V1", **(more or {})})


PV1 = visit()


def logged(body: bytes | str, *, sender: str = "HIS|H1", codec: str = "utf-8") -> LogMessage:
    """A message of the log; of a text the codec is that of its bytes."""
    raw = body.encode(codec) if isinstance(body, str) else body
    fields = raw.split(b"\r")[0].decode("latin-1").split("|")
    code, _, rest = (fields[8] if len(fields) > 8 else "").partition("^")
    kind = f"hl7v2 {code}^{rest.partition('^')[0]}"
    return LogMessage(1, 7, RECEIVED, 3, kind, raw, codec, sender, (), 0, None, b"")


def message(event: str, *segments: str, at: str = "20261129100000", by: str = "HIS") -> LogMessage:
    """A message of a sender, sent at a time of the site."""
    head = f"MSH|^~\\&|{by}|H1|||{at}||{event}|C1|P|2.5"
    return logged("\r".join((head, *segments)) + "\r", sender=f"{by}|H1")


def said(*messages: LogMessage) -> list[Stated]:
    return [one for m in messages for one in clinical.read(m, ZONE)]


def fold(stated: Iterable[Stated]) -> dict[tuple[str, str], Resource]:
    """What the statements make, taken as they arrive."""
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for part, one in enumerate(stated):
        place = Place(RECEIVED + timedelta(seconds=part), 1, 1, part)
        entries[one.type, one.id].append(
            Entry(one.said_at, one.rank, place, 3, one.whole, one.deleted, one.resource)
        )
    made = {key: standing(of) for key, of in entries.items()}
    return {key: dict(one) for key, one in made.items() if one is not None}


def known(type_: str, *messages: LogMessage) -> list[Resource]:
    """The resources of a type that messages make."""
    return [one for (kind, _), one in fold(said(*messages)).items() if kind == type_]


def only(type_: str, *messages: LogMessage) -> Resource:
    """The one resource of a type that messages make."""
    (one,) = known(type_, *messages)
    return one


def codes(element: Resource) -> list[str]:
    """The codes of a CodeableConcept."""
    return [coding["code"] for coding in element["coding"]]


def shared(*parts: str) -> Path:
    """A folder of the shared data; the test is skipped where there is none."""
    root = Path(__file__).parents[5]
    folder = Path(os.environ.get("LIANYI_SHARED", root.parent / "shared")).joinpath("data", *parts)
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set LIANYI_SHARED")
    return folder


def corpus() -> Iterator[tuple[str, bytes]]:
    """Every message of every file of the shared data, with the name of the file."""
    for file in sorted(shared("hl7v2").rglob("*")):
        if file.is_file() and file.suffix != ".json":
            for body in hl7v2.split_batch(file.read_bytes()).messages:
                yield file.name, body
