"""How long it takes to read one HL7 v2 message into FHIR resources, in µs of one core (medians).

``python benchmarks/clinical_hl7v2.py [--json] [FOLDER]``: the messages of the simulated hospital,
and those of a folder. Processor time, so that other programs on the machine do not count.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.simulate.story import StorySettings, tell

ZONE = ZoneInfo("Asia/Shanghai")
MESSAGES = 2_000
RUNS = 5


def logged(body: bytes) -> LogMessage | None:
    """Return a message as it would lie in the log; None where nobody reads it into FHIR."""
    try:
        header = hl7v2.read_header(body)
        kind = f"hl7v2 {header.event}"
        sender = f"{header.sending_application}|{header.sending_facility}"
        at = datetime.now(UTC) + timedelta(days=3650)
        message = LogMessage(1, 1, at, 1, kind, body, header.codec, sender, (), 0, None, b"")
        return message if clinical.wants(kind) and clinical.read(message, ZONE) else None
    except LianyiError:
        return None


def of_folder(folder: Path) -> Iterator[bytes]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".json":
            yield from hl7v2.split_batch(file.read_bytes()).messages


def of_story() -> Iterator[bytes]:
    for line in islice(tell(StorySettings()), MESSAGES):
        yield from hl7v2.split_batch(line.body).messages


def measure(bodies: Iterator[bytes]) -> dict[str, float]:
    messages = [found for body in bodies if (found := logged(body)) is not None]
    runs = []
    for _ in range(RUNS):
        began = time.process_time()
        for message in messages:
            clinical.read(message, ZONE)
        runs.append((time.process_time() - began) / len(messages))
    return {
        "messages": len(messages),
        "bytes": round(statistics.mean(len(message.body) for message in messages)),
        "microseconds": round(statistics.median(runs) * 1e6, 1),
    }


if __name__ == "__main__":
    folders = [word for word in sys.argv[1:] if word != "--json"]
    found = {"simulated hospital": measure(of_story())}
    found |= {folder: measure(of_folder(Path(folder))) for folder in folders}
    if "--json" in sys.argv:
        print(json.dumps(found))
    else:
        for name, one in found.items():
            rate = 1e6 / one["microseconds"]
            print(f"{name}: {one}, {rate:,.0f} messages/s of one core")
