"""Invented messages, and strategies that make more of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ADT = (
    "MSH|^~\\&|HIS^1.2.3^ISO|H1|EMR|H2|20260102030405+0800||ADT^A01^ADT_A01|C0001|P|2.5|||AL|NE\r"
    "EVN||20260102030405\r"
    "PID|1||P001^^^HIS^PI~910000199001010000^^^MPS&2.16&ISO^NI||测试^患者||19900101|M\r"
    "PV1|1|I|W03^0312^12|||||||||||||||||V001\r"
)
"""An invented admission, as text."""


@pytest.fixture
def adt() -> str:
    return ADT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real-world test messages; the test is skipped where there is none."""
    root = Path(__file__).parents[4]
    folder = Path(os.environ.get("LIANYI_SHARED", root.parent / "shared")) / "data" / "hl7v2"
    if not folder.is_dir():
        pytest.skip(f"no corpus of HL7 v2 messages at {folder}; set LIANYI_SHARED")
    return folder
