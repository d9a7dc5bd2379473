import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import FindingKind, judge, parse
from lianyi.formats.hl7v2.datatypes import is_count, is_date, is_instant, is_number, is_time
from lianyi.formats.hl7v2.structures import VERSIONS, version_tables

HEAD = "MSH|^~\\&|A|B|C|D|20260102||{event}|1|P|{version}\r"
PID = "PID|1||P1^^^HIS^PI||TEST^NAME\r"
OBX = "OBX|1|NM|WBC^x^L||6.2||||||F\r"


def found(segments: str, event: str = "ADT^A01^ADT_A01", version: str = "2.5") -> list[tuple]:
    message = parse((HEAD.format(event=event, version=version) + segments).encode())
    return [(finding.path, finding.code) for finding in judge(message)]


def test_a_good_message_has_no_findings(adt: str) -> None:
    assert judge(parse(adt.encode())) == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_known(version: str) -> None:
    segments = "EVN|A01|20260102\r" + PID.replace("P1^^^HIS^PI", "1") + "PV1|1|I\r"
    if version == "2.1":
        segments = segments.replace("PV1", "NK1|1|A^B|SPO\rPV1").replace("PV1|1|I", "PV1|1|I|W")
    codes = {code for _, code in found(segments, "ADT^A01", version)}
    assert codes <= {"withdrawn_field", "missing_component"}


@pytest.mark.parametrize(
    ("segments", "findings"),
    [
        (PID + "PV1|1|I\r", [("EVN", "missing_segment")]),
        ("EVN||2026\r" + PID, [("PV1", "missing_at_end")]),
        ("EVN||2026\r" + PID + "PV1|1|I\rPV1|1|I\r", [("PV1(2)", "repeated_segment")]),
        ("EVN||2026\r" + PID + "PV1|1|I\rEVN||2026\r", [("EVN(2)", "misplaced_segment")]),
        ("EVN||2026\r" + PID + "PV1|1|I\rORC|NW\r", [("ORC", "unexpected_segment")]),
        ("EVN||2026\r" + PID + "PV1|1|I\rXYZ|NW\r", [("XYZ", "unknown_segment")]),
        ("EVN||2026\r" + PID + "ZAB|1\rPV1|1|I\rZZZ|1\r", []),
        ("EVN||2026\r" + PID + "PV1|1|I\rpid|1\r", [("line 5", "no_segment")]),
        ("EVN||2026\r" + PID + "PV1|1\r", [("PV1-2", "missing_field")]),
        ("EVN||2026\r" + PID + "PV1|1|I~O\r", [("PV1-2", "repeated_field")]),
        ("EVN||2026\r" + PID + "PV1|1|I" + "|" * 60 + "x\r", [("PV1-53", "unknown_field")]),
        ("EVN||20261302\r" + PID + "PV1|1|I\r", [("EVN-2", "not_a_date")]),
        ("EVN||2026\r" + PID + "PV1|x|I\r", [("PV1-1", "not_a_number")]),
        ("EVN||2026\r" + PID + "PV1|1|I^J\r", [("PV1-2.2", "unknown_component")]),
        ("EVN||2026\r" + PID.replace("TEST^NAME", '""') + "PV1|1|I\r", []),
        (
            "EVN||2026\r" + PID.replace("P1^^^HIS^PI", "P1~P2^x^NOCODE") + "PV1|1|I\r",
            [("PID-3(2).3", "not_in_table")],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(segments: str, findings: list) -> None:
    assert found(segments) == findings


@pytest.mark.parametrize(
    ("segments", "findings"),
    [
        (PID + "OBR|1|||x\r" + OBX * 3, []),
        (PID + ("ORC|RE\rOBR|1|||x\r" + OBX + "NTE|1\r") * 3, []),
        ((PID + "PV1|1|I\rOBR|1|||x\r" + OBX) * 2, []),
        (PID + OBX, [("OBR", "missing_segment")]),
        (PID, [("OBR", "missing_at_end")]),
        (PID + "OBR|1|||x\r" + OBX.replace("6.2", "high"), [("OBX-5", "not_a_number")]),
        (PID + "OBR|1|||x\r" + OBX.replace("NM", "XX"), [("OBX-2", "unknown_datatype")]),
        (PID + "OBR|1|||x\r" + OBX.replace("NM", ""), [("OBX-2", "missing_field")]),
        (PID + "OBR|1|||x\r" + OBX.replace("|F", "|"), [("OBX-11", "missing_field")]),
    ],
)
def test_groups_and_results(segments: str, findings: list) -> None:
    assert found(segments, "ORU^R01^ORU_R01") == findings


def test_a_choice_of_segments() -> None:
    order = PID + "ORC|NW\rOBR|1|||x\rORC|NW\rRXO|x\rNTE|1\r"
    assert found(order, "ORM^O01^ORM_O01") == []


def test_an_unknown_structure_is_one_finding_and_segments_are_still_judged() -> None:
    assert found("PV1|1\r", "ZZZ^Z99") == [
        ("MSH-9", "unknown_structure"),
        ("PV1-2", "missing_field"),
    ]


def test_an_event_is_judged_by_the_structure_it_shares() -> None:
    good = "EVN||2026\r" + PID + "PV1|1|I\r"
    assert found(good, "ADT^A04") == []
    assert found(good, "ADT^A04^ADT_A04") == [("MSH-9.3", "wrong_structure")]


def test_what_ihe_profiles_answer_is_known() -> None:
    answer = "MSA|AA|1\rQAK|1|OK\rQPD|Q22^x|1|x\rPID|1||P1^^^HIS^PI||TEST^NAME\rQRI|1\r"
    assert found(answer, "RSP^K22^RSP_K21") == []
    assert found(answer, "RSP^K22") == []


def test_an_unknown_version_is_said_once() -> None:
    assert found("EVN||2026\r" + PID + "PV1|1|I\r", version="9.9") == [("MSH-12", "no_version")]


def test_so_much_wrong_that_it_stops() -> None:
    findings = found("PV1\r" * 500)
    assert len(findings) == 101
    assert findings[-1] == ("MSH", "more_findings")


def test_findings_hold_no_value_of_a_field() -> None:
    message = parse(
        HEAD.format(event="ADT^A01", version="2.5").encode()
        + b"PID|SECRET||S^SECRET~S||S|||SECRET\r"
    )
    findings = judge(message)
    assert findings
    assert "SECRET" not in repr(findings) + "".join(f.text() + f.text("zh") for f in findings)


@pytest.mark.parametrize("kind", FindingKind)
def test_both_languages_mention_the_same_facts(kind: FindingKind) -> None:
    def facts(words: str) -> set[str]:
        return {part.partition("}")[0] for part in words.split("{")[1:]}

    assert facts(kind.value.en) == facts(kind.value.zh)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_structure_can_be_walked(version: str) -> None:
    tables = version_tables(version)
    for name in tables._messages:
        root = tables.message(name)
        assert "MSH" in root.names
        for child in root.children:
            assert child.names or not child.children


@given(st.lists(st.sampled_from(["PID|1", "OBR|1", "ORC|RE", "OBX|1", "NTE|1", "PV1|1", "DSC"])))
def test_any_order_of_segments_is_judged(segments: list[str]) -> None:
    body = HEAD.format(event="ORU^R01^ORU_R01", version="2.5") + "\r".join(segments)
    for finding in judge(parse(body.encode())):
        assert finding.text("zh")
        assert "{" not in finding.text("en")


def test_simple_datatypes() -> None:
    assert all(map(is_number, ["1", "-1.5", "+.5", "1.", "0012", " 7 "]))
    assert not any(map(is_number, ["", ".", "1e5", "<5", "1,5", "+"]))
    assert is_count("12")
    assert not is_count("-1")
    assert all(map(is_date, ["2026", "202601", "20240229"]))
    assert not any(
        map(is_date, ["20230229", "20261301", "2026-01-02", "20260100", "202", "19000229"])
    )
    assert all(map(is_time, ["03", "0304", "030405.1234", "030405+0800"]))
    assert not any(map(is_time, ["24", "0360", "3"]))
    assert all(map(is_instant, ["2026", "20260102030405.1234+0800", "2026010203", "202601+0800"]))
    assert not any(map(is_instant, ["20260102030460", "2026010", "20260230"]))
