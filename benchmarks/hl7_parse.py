"""How long reading, changing, acknowledging and judging one HL7 v2 message takes, in µs (medians).

``python benchmarks/hl7_parse.py [--json]``; the message is an invented laboratory result of nearly
1 KB, in ASCII, and with Chinese names in UTF-8 and in GB18030.
"""

from __future__ import annotations

import json
import statistics
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime

from lianyi.formats import hl7v2

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SEGMENTS = (
    "MSH|^~\\&|LIS|LAB|EMR|HOSP|20260102030405+0800||ORU^R01^ORU_R01|LIS000000001|P|2.5.1"
    "|||AL|NE|CHN|{charset}",
    "PID|1||P0000001^^^HIS^PI~910000000000000001^^^MPS^NI||{name}||19800102|M|||{address}"
    "||13900000000|||M",
    "PV1|1|I|W03^0312^12^HOSP||||D0001^{name}|||MED||||||||I|V000000001|||||||||||||||||||||||||"
    "20260101080000",
    "ORC|RE|O0000001^HIS|L0000001^LIS||CM||||20260102020000|||D0001^{name}",
    "OBR|1|O0000001^HIS|L0000001^LIS|CBC^{test}^L|||20260102013000|||||||20260102014500||"
    "D0001^{name}||||||20260102030000||HM|F",
    "OBX|1|NM|WBC^{test}^L||6.21|10*9/L|3.5-9.5|N|||F|||20260102025500",
    "OBX|2|NM|RBC^{test}^L||4.55|10*12/L|4.3-5.8|N|||F|||20260102025500",
    "OBX|3|NM|HGB^{test}^L||121|g/L|130-175|L|||F|||20260102025500",
    "OBX|4|NM|PLT^{test}^L||210|10*9/L|125-350|N|||F|||20260102025500",
    "NTE|1|L|{test}",
    "",
)
ASCII = {"name": "TEST^PATIENT", "address": "1 TEST ROAD^^TESTCITY", "test": "Blood count"}
CHINESE = {"name": "测试^患者", "address": "测试路一号^^测试市", "test": "血细胞计数"}


def sample(charset: str, codec: str, words: dict[str, str]) -> bytes:
    return "\r".join(SEGMENTS).format(charset=charset, **words).encode(codec)


def reads_and_writes(body: bytes) -> bytes:
    message = hl7v2.parse(body)
    message.get("PID-3.1")
    message.get("PV1-19")
    message.get("OBX(3)-5")
    message.get("OBR-4.2")
    message.set("MSH-5", "CDR")
    message.set("PID-8", "1")
    message.set("OBX(2)-8", "H")
    return message.encode()


def hot_path(body: bytes) -> bytes:
    message = hl7v2.parse(body)
    hl7v2.browse_keys(message)
    return hl7v2.acknowledge(message.header, code="AA", at=AT, control_id="A1")


def cases(body: bytes) -> dict[str, Callable[[], object]]:
    message = hl7v2.parse(body)
    header = message.header
    return {
        "parse": lambda: hl7v2.parse(body),
        "parse + 4 reads + 3 writes + encode": lambda: reads_and_writes(body),
        "parse + keys + header + acknowledge": lambda: hot_path(body),
        "read_header": lambda: hl7v2.read_header(body),
        "browse_keys, message not yet looked into": lambda: hl7v2.browse_keys(message.copy()),
        "acknowledge": lambda: hl7v2.acknowledge(header, code="AA", at=AT, control_id="A1"),
        "judge": lambda: hl7v2.judge(message),
        "tree": lambda: hl7v2.tree(message),
    }


def median_us(work: Callable[[], object]) -> float:
    timer = timeit.Timer(work)
    number = max(1, timer.autorange()[0] // 10)
    return statistics.median(timer.repeat(repeat=9, number=number)) / number * 1e6


def main() -> None:
    bodies = {
        "ascii": sample("UNICODE UTF-8", "utf-8", ASCII),
        "utf-8": sample("UNICODE UTF-8", "utf-8", CHINESE),
        "gb18030": sample("GB18030", "gb18030", CHINESE),
    }
    results = {
        name: {case: round(median_us(work), 2) for case, work in cases(body).items()}
        for name, body in bodies.items()
    }
    if "--json" in sys.argv:
        print(json.dumps(results))
        return
    print(" " * 42 + "".join(f"{f'{name} {len(body)} B':>16}" for name, body in bodies.items()))
    for case in results["ascii"]:
        print(f"{case:42}" + "".join(f"{results[name][case]:13.1f} µs" for name in bodies))


if __name__ == "__main__":
    main()
