"""How many clinical documents one core reads into FHIR resources, and shows, in a second (medians).

``python benchmarks/clinical_cda.py [--json] FOLDER``: the documents of a folder, such as the public
C-CDA samples. Processor time, so that other programs on the machine do not count.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.formats import cda
from lianyi.formats.cda import page
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import cda as clinical

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2100, 1, 1, tzinfo=UTC)
RUNS = 5


def logged(body: bytes) -> LogMessage | None:
    """Return a document as it would lie in the log; None where it is none that can be read."""
    message = LogMessage(1, 1, AT, 1, "xml", body, "", "EMR", (), 0, None, b"")
    try:
        return message if clinical.read(message, ZONE) else None
    except LianyiError:
        return None


def rate(messages: Iterable[LogMessage], work: Callable[[LogMessage], object]) -> float:
    """Return documents per second of one core."""
    every = list(messages)
    runs = []
    for _ in range(RUNS):
        began = time.process_time()
        for message in every:
            work(message)
        runs.append((time.process_time() - began) / len(every))
    return round(1 / statistics.median(runs), 1)


def measure(folder: Path) -> dict[str, float]:
    files = (one for one in sorted(folder.rglob("*")) if one.is_file())
    messages = [found for file in files if (found := logged(file.read_bytes())) is not None]
    return {
        "documents": len(messages),
        "bytes": round(statistics.mean(len(message.body) for message in messages)),
        "resources": round(
            statistics.mean(len(clinical.read(message, ZONE)) for message in messages), 1
        ),
        "read_per_second": rate(messages, lambda message: clinical.read(message, ZONE)),
        "shown_per_second": rate(messages, lambda message: page.as_page(cda.read(message.body))),
    }


if __name__ == "__main__":
    folders = [word for word in sys.argv[1:] if word != "--json"]
    found = {folder: measure(Path(folder)) for folder in folders}
    print(json.dumps(found) if "--json" in sys.argv else found)
