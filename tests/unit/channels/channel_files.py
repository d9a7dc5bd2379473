"""Channels and messages for the tests of this folder; every person is invented."""

from __future__ import annotations

from pathlib import Path

from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.loading import load_channel

RESULT = "\r".join(
    [
        "MSH|^~\\&|LIS|YXRM|ESB|YXRM|20260302083719||ORU^R01|R0001|P|2.4",
        "PID|1||10000001^^^HIS^PI~330102^^^REGION||黄玉梓^^^^^^L||19781221|F",
        "PV1|1|I|W0301^04^12||||D0002^周^文静||||||||||||ZY01",
        "ORC|RE|OR1|L1",
        "OBR|1|OR1|L1|DJZ^电解质",
        "OBX|1|NM|NA^钠||140.2|mmol/L|137-147|N|||F",
        "NTE|1||复核",
        "OBX|2|NM|K^钾||6.9|mmol/L|3.5-5.3|HH|||F",
        "",
    ]
)

HEAD = """
channel: sample
description: a channel of the tests
source: { connector: mllp, port: 6661, default_codec: gb18030 }
"""


def compiled(text: str, folder: Path | None = None, *, head: str = HEAD) -> CompiledChannel:
    """Return a channel of the tests, ready to run."""
    return compile_channel(load_channel(head + text, "sample.yaml", folder), folder)


def destination(steps: str = "[]", more: str = "") -> str:
    """Return a channel body with one destination ``emr``."""
    return f"""destinations:
  - name: emr
    connector: mllp
    address: emr.hospital.internal:7001
    transform: {steps}
    {more}
"""
