"""What one message costs without any wire or store: the scripts beside this folder, as figures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.report import Figure, figure

HERE = Path(__file__).parents[1]


def formats(bench: Bench) -> Iterator[Figure]:
    """Measure reading, changing and writing HL7 v2, and the steps of channels."""
    parsed = [run_script("hl7_parse.py", "--json") for _ in range(bench.runs)]
    for codec in ("utf-8", "gb18030", "ascii"):
        yield figure(
            f"HL7 v2 {codec}: parse, 4 reads, 3 writes, encode",
            "µs",
            [run[codec]["parse + 4 reads + 3 writes + encode"] for run in parsed],
            most=25,
            details={"all": parsed[0][codec]},
        )
    steps = [run_script("transform.py") for _ in range(bench.runs)]
    for key, words in (
        ("open_parse_set_one_us", "channel: open, read, one step, write"),
        ("transform_map_and_set_us", "channel: map and set"),
        ("transform_apart_us", "channel: a Python function apart"),
    ):
        yield figure(words, "µs", [run[key] for run in steps], details={"all": steps[0]})
    told = [run_script("clinical_hl7v2.py", "--json") for _ in range(bench.runs)]
    yield figure(
        "HL7 v2 message: as FHIR resources",
        "µs",
        [run["simulated hospital"]["microseconds"] for run in told],
        most=1000,
        details={"all": told[0]},
    )


def run_script(script: str, *words: str) -> Any:
    """Run a script of ``benchmarks/`` in a process of its own and return what it prints."""
    command = [sys.executable, str(HERE / script), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)
