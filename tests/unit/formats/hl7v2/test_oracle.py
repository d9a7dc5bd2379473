"""hl7apy, which is slow, says the same about values and structures as we do.

It does not look at the order of segments inside of a group, nor does it understand choices (ORM):
there it is no oracle.
"""

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import judge, parse

WORDS = st.text("abcXYZ019 测试é", min_size=1, max_size=8).map(str.strip).filter(bool)
HEAD = "MSH|^~\\&|A|B|C|D|20260102||{event}|1|P|2.5\r"
# Segments that are good in themselves, so that only their order is in question.
SEGMENTS = {
    "EVN": "EVN||20260102",
    "PID": "PID|1||P1^^^HIS^PI||TEST^NAME",
    "PD1": "PD1|",
    "NK1": "NK1|1",
    "PV1": "PV1|1|I",
    "PV2": "PV2||x",
    "AL1": "AL1|1||x",
    "DG1": "DG1|1||x|||A",
    "ORC": "ORC|RE",
    "OBR": "OBR|1|||x",
    "OBX": "OBX|1|NM|x||1||||||F",
    "NTE": "NTE|1",
    "SPM": "SPM|1|||x",
    "TQ1": "TQ1|1",
    "DSC": "DSC|x",
    "RXA": "RXA|0|1|20260102|20260102|x|1",
    "MRG": "MRG|P0^^^HIS^PI",
}
GOOD_PID = "PID|1||P1^^^HIS^PI||TEST^NAME||20260102"
STRUCTURE = {
    "missing_segment",
    "missing_at_end",
    "unexpected_segment",
    "misplaced_segment",
    "repeated_segment",
}


def hl7apy_accepts(text: str, level: int = VALIDATION_LEVEL.TOLERANT) -> bool:
    try:
        message = parse_message(text, validation_level=level, find_groups=True)
        return bool(message.validate())
    except (HL7apyException, ValueError):
        return False


def we_accept(text: str) -> bool:
    return not any(finding.code in STRUCTURE for finding in judge(parse(text.encode())))


@given(
    names=st.lists(WORDS, min_size=1, max_size=3),
    identifiers=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3),
    observation=WORDS,
)
@settings(max_examples=25, deadline=None)
def test_values_are_those_that_hl7apy_reads(names, identifiers, observation) -> None:
    field = "~".join(f"{value}^^^{authority}&1.2^PI" for value, authority in identifiers)
    text = (
        HEAD.format(event="ORU^R01^ORU_R01")
        + f"PID|1||{field}||{'^'.join(names)}\rOBR|1|||x\rOBX|1|ST|x||{observation}||||||F\r"
    )
    theirs = parse_message(text, find_groups=False)
    ours = parse(text.encode())
    for n, repetition in enumerate(theirs.pid.pid_3, start=1):
        assert ours.get(f"PID-3({n}).1") == repetition.cx_1.to_er7()
        assert ours.get(f"PID-3({n}).4.1") == repetition.cx_4.hd_1.to_er7()
        assert ours.get_raw(f"PID-3({n})") == repetition.to_er7()
    assert len(theirs.pid.pid_3) == len(ours.get_all("PID-3"))
    assert ours.get("PID-5") == theirs.pid.pid_5.to_er7()
    assert ours.get("OBX-5") == theirs.obx.obx_5.to_er7()


GOOD = {
    "ADT^A01^ADT_A01": ["EVN", "PID", "PD1", "NK1", "PV1", "PV2", "OBX", "AL1", "DG1"],
    "ORU^R01^ORU_R01": ["PID", "PV1", "ORC", "OBR", "NTE", "OBX", "NTE", "SPM", "DSC"],
    "VXU^V04^VXU_V04": ["PID", "PD1", "NK1", "PV1", "PV2", "ORC", "RXA", "OBX", "NTE"],
    "ADT^A40^ADT_A39": ["EVN", "PID", "PD1", "MRG", "PV1"],
}


@pytest.mark.parametrize("event", GOOD)
def test_both_accept_a_good_message(event: str) -> None:
    text = HEAD.format(event=event) + "".join(f"{SEGMENTS[name]}\r" for name in GOOD[event])
    assert hl7apy_accepts(text)
    assert we_accept(text)


@given(event=st.sampled_from(sorted(GOOD)), data=st.data())
@settings(max_examples=60, deadline=None)
def test_without_some_segment_both_say_the_same(event: str, data: st.DataObject) -> None:
    kept = [name for name in GOOD[event] if data.draw(st.integers(0, 3))]
    text = HEAD.format(event=event) + "".join(f"{SEGMENTS[name]}\r" for name in kept)
    assert we_accept(text) == hl7apy_accepts(text)


@given(
    event=st.sampled_from(["ADT^A01^ADT_A01", "ORU^R01^ORU_R01"]),
    stranger=st.sampled_from(sorted(SEGMENTS)),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_we_accept_hl7apy_accepts(event, stranger, data) -> None:
    kept = list(GOOD[event])
    kept.insert(data.draw(st.integers(0, len(kept))), stranger)
    text = HEAD.format(event=event) + "".join(f"{SEGMENTS[name]}\r" for name in kept)
    if we_accept(text):
        assert hl7apy_accepts(text)


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.3.1", "2.4", "2.5.1", "2.6", "2.7", "2.8.2"])
@pytest.mark.parametrize("missing", ["", "EVN", "PID", "PV1"])
def test_every_version_wants_the_same_segments(version: str, missing: str) -> None:
    names = [name for name in ("EVN", "PID", "PV1") if name != missing]
    segments = SEGMENTS | {"EVN": "EVN|A01|20260102", "PID": "PID|1||1||TEST^NAME"}
    head = HEAD.replace("|2.5\r", f"|{version}\r").format(event="ADT^A01")
    text = head + "".join(f"{segments[name]}\r" for name in names)
    assert we_accept(text) == (missing == "")
    if "2.3" < version < "2.7":  # before, hl7apy wants MSH-9.3; after, more than segments
        assert hl7apy_accepts(text.replace("ADT^A01", "ADT^A01^ADT_A01")) == (missing == "")


@pytest.mark.parametrize(
    "text",
    [
        GOOD_PID,
        "PID|1||||TEST^NAME",
        "PID|1||P1^^^HIS^PI||",
        "PID|1||P1^^^HIS^PI||TEST^NAME||2026x",
        "PID|x||P1^^^HIS^PI||TEST^NAME",
        "PID|1~2||P1^^^HIS^PI||TEST^NAME",
    ],
)
def test_both_refuse_a_bad_field_and_only_that(text: str) -> None:
    message = HEAD.format(event="ADT^A01^ADT_A01") + f"EVN||20260102\r{text}\rPV1|1|I\r"
    good = text == GOOD_PID
    assert hl7apy_accepts(message, VALIDATION_LEVEL.STRICT) == good
    assert [found.path[:3] for found in judge(parse(message.encode()))] == ["PID"][good:]
