"""What filters, steps and functions cost for one message: medians in microseconds.

Run: ``python benchmarks/transform.py`` (with ``src`` on the path). Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lianyi.channels.compiled import CompiledDestination, compile_channel
from lianyi.channels.functions import FunctionHost
from lianyi.channels.loading import load_channel

ROUNDS, CALLS = 15, 1000

CHANNEL = """
channel: bench
description: what steps cost
source: { connector: mllp, port: 6661, default_codec: gb18030 }
destinations:
  - { name: by-event, connector: mllp, address: "h:1", filter: { event: ["ORU^R01", "ADT^*"] } }
  - name: by-event-and-sender
    connector: mllp
    address: h:1
    filter: { event: ["ORU^*"], sending_application: [LIS] }
  - name: by-field
    connector: mllp
    address: h:1
    filter: { event: ["ORU^*"], fields: { "OBX-3.1": ["K", "NA"] } }
  - name: by-expression
    connector: mllp
    address: h:1
    filter: { expression: 'event == "ORU^R01" && field("PV1-2") == "I"' }
  - { name: set-one, connector: mllp, address: "h:1", transform: [{ set: { PID-8: "1" } }] }
  - name: map-and-set
    connector: mllp
    address: h:1
    transform:
      - map: { path: OBX(*)-3.1, table: codes }
      - set: { MSH-5: EMR, PID-5.1: "{PID-5.1|trim}", ZPI-1: "{PID-3.1}/{PV1-19}" }
  - { name: split, connector: mllp, address: "h:1", transform: [{ split: { by: OBX } }] }
  - { name: apart, connector: mllp, address: "h:1", transform: [{ call: { function: nothing } }] }
"""

MESSAGE = "\r".join(
    [
        "MSH|^~\\&|LIS|YXRM|ESB|YXRM|20260302083719||ORU^R01|B0001|P|2.4",
        "PID|1||10000001^^^HIS^PI~110101197812210022^^^MOPS^NI||黄玉梓^^^^^^L||19781221|F|||"
        "北京市东城区某某路 1 号^^北京^^100000^CHN||01000000000",
        "PV1|1|I|W0301^04^12^YXRM^^^^^呼吸内科一病区||||D0002^周^文静||||||||||||ZY20260302000001",
        "ORC|RE|0000001002|L0000001002",
        "OBR|1|0000001002|L0000001002|DJZ^电解质^LIS|||20260302083719|||||||||||||||20260302083719",
        *(
            f"OBX|{n}|NM|{code}^{name}^LIS||{n}.2|mmol/L|3.5-5.3|N|||F|||20260302083719"
            for n, (code, name) in enumerate(
                [("NA", "钠"), ("K", "钾"), ("CL", "氯"), ("CA", "钙"), ("MG", "镁")], start=1
            )
        ),
        "",
    ]
).encode("gb18030")


def median_us(call: Callable[[], object]) -> float:
    """Return the median over rounds of the mean time of a call."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times.append((time.perf_counter() - start) / CALLS * 1e6)
    return round(statistics.median(times), 2)


def resident_mb() -> float:
    """Return the resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    kb = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
    return round(int(kb) / 1024, 1)


async def measure(folder: Path) -> dict[str, float]:
    """Return all figures."""
    (folder / "tables").mkdir()
    (folder / "functions").mkdir()
    (folder / "tables/codes.csv").write_text("from,to\nNA,2951-2\nK,2823-3\nCL,2075-0\n")
    (folder / "functions/nothing.py").write_text("def run(message, settings):\n    pass\n")
    without_cel = CHANNEL.replace("expression:", "event:")
    compile_channel(load_channel(without_cel, "bench.yaml", folder), folder)
    figures = {"message_bytes": float(len(MESSAGE)), "memory_without_cel_mb": resident_mb()}
    channel = compile_channel(load_channel(CHANNEL, "bench.yaml", folder), folder)
    figures["memory_with_cel_mb"] = resident_mb()
    to: dict[str, CompiledDestination] = {d.name: d for d in channel.destinations}
    known = {"codec": "gb18030", "kind": "hl7v2 ORU^R01", "sender": "LIS|YXRM"}
    figures["open_us"] = median_us(lambda: channel.open(MESSAGE, **known))
    content = channel.open(MESSAGE, **known)
    content.read()
    for name in ("by-event", "by-event-and-sender", "by-field", "by-expression"):
        figures[f"filter_{name.replace('-', '_')}_us"] = median_us(
            lambda name=name: to[name].wants(content)
        )
    figures["order_key_us"] = median_us(lambda: to["set-one"].order_key(content))
    figures["judge_us"] = median_us(lambda: channel.judge(channel.open(MESSAGE)))
    for name in ("by-event", "set-one", "map-and-set", "split"):
        figures[f"transform_{name.replace('-', '_')}_us"] = median_us(
            lambda name=name: to[name].transform(content)
        )
    figures["open_parse_set_one_us"] = median_us(
        lambda: to["set-one"].transform(channel.open(MESSAGE, **known))
    )
    functions = FunctionHost()
    await to["apart"].transform_apart(content, functions)
    times = []
    for _ in range(1000):
        start = time.perf_counter()
        await to["apart"].transform_apart(content, functions)
        times.append((time.perf_counter() - start) * 1e6)
    figures["transform_apart_us"] = round(statistics.median(times), 1)
    await functions.close()
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        json.dump(asyncio.run(measure(Path(made))), sys.stdout, indent=2)
