"""The mapping tables are data to be trusted: each row is understood, each code map is used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.hl7v2 import codes, mapping
from lianyi.projections.clinical.hl7v2.problems import WrongTable

from .saying import PID, ZONE, message, only, visit


@pytest.mark.parametrize("name", sorted(mapping.tables()))
def test_every_row_of_every_table_is_understood(name: str) -> None:
    assert mapping.tables()[name], "a table without rows"
    mapping.compiled(name)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"of": 1, "to": "x"}, "no datatype"),
        ({"of": 1, "to": "x", "as": "guess"}, "no datatype guess"),
        ({"to": "x"}, "missing keys"),
        ({"of": 1, "to": "a..b", "as": "string"}, "no path"),
        ({"of": 1, "to": "x", "as": "string", "if": "2 valued"}, "if"),
        ({"of": 1, "to": "x", "as": "code", "codes": "nothing"}, "no code map nothing"),
        ({"of": 1, "to": "x", "as": "string", "when": "2 looks good"}, "cannot be read"),
    ],
)
def test_a_row_that_cannot_be_used_says_which_and_why(row: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongTable) as failure:
        mapping._row("PID", "PID.Patient row 3", row)
    assert "PID.Patient row 3" in str(failure.value)
    assert why in str(failure.value)


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(WrongTable):
        mapping.compiled("XXX.Patient")


def test_no_code_of_a_map_stands_twice_and_every_row_says_where_it_is_from() -> None:
    rows = list(codes.rows_of("codes.csv"))
    counted = Counter((row["map"], row["code"]) for row in rows)
    assert [key for key, times in counted.items() if times > 1] == []
    assert [row for row in rows if not row["basis"] or not row["target"]] == []


def test_every_code_map_is_asked_by_somebody() -> None:
    root = codes.files(codes.TABLES)
    texts = [
        file.read_text(encoding="utf-8") for file in root.iterdir() if file.name.endswith(".py")
    ]
    folder = (root / "tables").iterdir()
    texts += [file.read_text(encoding="utf-8") for file in folder if file.name.endswith(".yaml")]
    asked = set(re.findall(r"[\"' ]([a-z]+(?:-[a-z]+)*)[\"',} ]", "\n".join(texts)))
    assert sorted(codes.code_maps().keys() - asked) == []


@pytest.mark.parametrize(
    ("said", "uri"),
    [
        ("LN", "http://loinc.org"),
        ("HL70078", "http://terminology.hl7.org/CodeSystem/v2-0078"),
        ("ICD-9-CM-3", "urn:oid:2.16.156.10011.2.3.3.12"),
        ("医保版", "urn:lianyi:codesystem:icd-10-insurance"),
        ("1.2.840.1", "urn:oid:1.2.840.1"),
        ("http://example.org/x", "http://example.org/x"),
        ("院内 项目", "urn:lianyi:codesystem:%E9%99%A2%E5%86%85%20%E9%A1%B9%E7%9B%AE"),
        ("L", "urn:lianyi:codes:LIS"),
        ("99LAB", "urn:lianyi:codes:LIS:99LAB"),
        ("", ""),
    ],
)
def test_a_coding_system_has_a_uri_whatever_it_is_called(said: str, uri: str) -> None:
    assert codes.system_named(said, "", "LIS") == uri


def test_an_oid_that_is_said_wins() -> None:
    assert codes.system_named("LN", "2.16.840.1", "LIS") == "urn:oid:2.16.840.1"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    mapping.use_site(None)


def test_a_hospital_adds_codes_systems_and_z_segments_of_its_own(site: Path) -> None:
    (site / "codes.csv").write_text(
        "map,code,target,display,system\npatient-class,特需,IMP,住院,hl7:v3-ActCode\n", "utf-8"
    )
    (site / "systems.csv").write_text("name,uri\n本院药品,urn:x:drugs\n", "utf-8")
    (site / "ours.yaml").write_text(
        'ZPI.Patient:\n  - { of: 2, to: "extension[]", in: valueString, as: string,'
        ' with: { url: "urn:x:unit" } }\n',
        "utf-8",
    )
    mapping.use_site(site)
    told = message(
        "ADT^A04", PID, visit({2: "特需"}), "ZPI|1|滨江机械厂", "AL1|1|DA|9^青霉素^本院药品"
    )
    assert only("Encounter", told)["class"]["code"] == "IMP"
    assert only("Patient", told)["extension"][0]["valueString"] == "滨江机械厂"
    allergen = only("AllergyIntolerance", told)["code"]["coding"][0]
    assert allergen["system"] == "urn:x:drugs"
    assert clinical.look(told, ZONE).unread == []
    mapping.use_site(None)
    assert clinical.look(told, ZONE).unread == ["ZPI"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "ZPI.Patient: [{ of: 2, to: x, as: nothing }]"),
        ("a.yaml", "ZPI.Patient: ["),
        ("a.yaml", "- 1"),
        ("codes.csv", "code\n1\n"),
    ],
)
def test_a_table_of_a_hospital_that_cannot_be_used_stops_the_start(
    site: Path, name: str, text: str
) -> None:
    (site / name).write_text(text, "utf-8")
    with pytest.raises(WrongTable):
        mapping.use_site(site)


def test_a_hospital_without_tables_uses_those_of_the_package(site: Path) -> None:
    mapping.use_site(site / "nothing")
    assert mapping.reads("PID", "Patient")
