"""What FHIR patients say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from lianyi.projections.identity import feeds
from lianyi.projections.identity.feeds.fhir import EN_REPRESENTATION
from lianyi.projections.identity.feeds.limits import VALUES_MAX
from lianyi.projections.identity.feeds.problems import NamesNoPatient, UnreadableRegistration
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.statements import Registered, Related, Replaced

from .feeding import RECEIVED, VALID, fhir, logged, only, said, shared

V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
HIS = "urn:oid:1.2.156.9999.1"
LIS = "http://lis.example.org/patients"


def number(value: str, system: str = "", code: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"value": value, **more}
    if system:
        found["system"] = system
    if code:
        found["type"] = {"coding": [{"system": V2_0203, "code": code}]}
    return found


def patient(*numbers: dict[str, Any], **more: Any) -> dict[str, Any]:
    identifiers = list(numbers) or [number("P1", HIS, "MR")]
    return {"resourceType": "Patient", "identifier": identifiers, **more}


def bundle(*resources: dict[str, Any], type_: str = "transaction") -> dict[str, Any]:
    entries = [
        {"fullUrl": f"urn:uuid:{n}", "resource": resource} for n, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": type_, "entry": entries}


def of(**more: Any) -> Registration:
    return only(fhir(patient(**more))).registration


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("fhir Patient", True), ("fhir Bundle", True), ("json", True), ("json Patient", True),
        ("fhir Observation", False), ("xml", False), ("act identity.linked", False),
    ],
)  # fmt: skip
def test_it_wants_patients_and_any_json(kind: str, wanted: bool) -> None:
    assert feeds.wants(kind) is wanted


@pytest.mark.parametrize("kind", ["fhir Patient", "json", "json Patient"])
def test_a_patient_is_read_whatever_a_channel_calls_json(kind: str) -> None:
    assert only(fhir(patient(), kind)).registration.key == ("1.2.156.9999.1", "P1")


@pytest.mark.parametrize(
    ("numbers", "key"),
    [
        ([number("L1", LIS), number("P1", HIS, "MR")], ("1.2.156.9999.1", "P1")),
        ([number("L1", LIS), number("P1", HIS, use="usual")], ("1.2.156.9999.1", "P1")),
        ([number("L1", LIS), number("P1", HIS)], (LIS, "L1")),
        ([number(VALID, "urn:oid:2.16.156.10011.1.3"), number("L1", LIS)], (LIS, "L1")),
        ([number(VALID, use="usual"), number("L1", LIS)], (LIS, "L1")),
        ([number("C1", LIS, "HC"), number("P1")], ("HIS|H1", "P1")),
        ([number("P0", HIS, "MR", use="old"), number("P1", HIS, "MR")], ("1.2.156.9999.1", "P1")),
        ([number("88", "urn:oid:2.16.156.10011.1.12")], ("HIS|H1 2.16.156.10011.1.12", "88")),
        ([number("P1", HIS, type={"text": "病历号"}), number("L1", LIS)], ("1.2.156.9999.1", "P1")),
    ],
)
def test_the_record_is_the_senders_own_identifier(
    numbers: list[dict[str, Any]], key: tuple[str, str]
) -> None:
    assert only(fhir(patient(*numbers))).registration.key == key


def test_the_other_identifiers_have_their_kind_and_validity() -> None:
    said = only(
        fhir(
            patient(
                number("P1", HIS, "MR"),
                number(VALID, "urn:oid:2.16.156.10011.1.3"),
                number("J1", "urn:oid:2.16.156.10011.1.19", period={"end": "2030-12-31"}),
                number("E1", "urn:oid:9.9", "PPN", period={"end": "2030"}),
                number("P0", HIS, "MR", use="old"),
                number("", HIS),
                {"system": HIS},
            )
        )
    )
    assert said.registration.identifiers == (
        Identifier(IdKind.CITIZEN, VALID, "2.16.156.10011.1.3"),
        Identifier(IdKind.HEALTH_CARD, "J1", "2.16.156.10011.1.19", valid_until=date(2030, 12, 31)),
        Identifier(IdKind.PASSPORT, "E1", "9.9"),
        Identifier(IdKind.OTHER, "P0", "1.2.156.9999.1", "old"),
    )


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([{"text": "王小明", "family": "王"}], (Name("王小明"),)),
        ([{"family": "王", "given": ["小明"]}], (Name("王小明"),)),
        ([{"family": "Everyman", "given": ["Adam", "A"]}],
         (Name("Everyman Adam A", family="Everyman"),)),
        ([{"text": "Adam Everyman", "family": "Everyman"}],
         (Name("Adam Everyman", family="Everyman"),)),
        ([{"use": "maiden", "text": "李明"}, {"use": "usual", "text": "王明"}],
         (Name("王明"), Name("李明", "maiden"))),
        ([{"text": "WANG MING", "extension": [{"url": EN_REPRESENTATION, "valueCode": "SYL"}]},
          {"text": "王明", "extension": [{"url": EN_REPRESENTATION, "valueCode": "IDE"}]}],
         (Name("王明"), Name("WANG MING", "phonetic"))),
        ([{"use": "official"}], ()),
    ],
)  # fmt: skip
def test_names(names: list[dict[str, Any]], found: tuple[Name, ...]) -> None:
    assert of(name=names).names == found


def test_everything_else_that_is_said() -> None:
    found = of(
        gender="female",
        birthDate="2026-03",
        telecom=[
            {"system": "phone", "value": "15412987326"},
            {"system": "email", "value": "a@b.example"},
            {"system": "phone", "value": "15412987327", "use": "old"}, {"value": "15412987328"},
            {"system": "fax", "value": "15412987329"},
        ],
        address=[
            {"use": "work", "text": "单位路1号"}, {"use": "old", "text": "旧路1号"},
            {"state": "澜川省", "city": "云溪市", "district": "望江区",
             "line": ["解放路12号", "501室"]},
            {"use": "home", "text": "现住路2号"},
            {"line": ["12 Main St"], "city": "Goodtown", "state": "KY", "postalCode": "42010"},
        ],
        multipleBirthInteger=2,
        contact=[
            {"relationship": [{"coding": [{"code": "FTH"}]}], "name": {"text": "王刚"}},
            {"relationship": [{"coding": [{"code": "MTH"}]}],
             "name": {"family": "李", "given": ["梅"]}},
        ],
    )  # fmt: skip
    assert (found.sex, found.born) == ("female", "2026-03")
    assert found.phones == ("15412987326", "15412987328")
    assert found.addresses == (
        "澜川省云溪市望江区解放路12号501室", "现住路2号", "12 Main St, Goodtown, KY 42010",
    )  # fmt: skip
    assert (found.multiple_birth, found.birth_order) == (True, 2)
    assert found.mother_name == "李梅"
    assert found.received_at == RECEIVED


def test_birth_in_a_set_and_death() -> None:
    assert of(multipleBirthBoolean=False).multiple_birth is False
    assert of().multiple_birth is None
    assert of(deceasedBoolean=True).flags == (Flag.DECEASED,)
    assert of(deceasedDateTime="2026-03-01").flags == (Flag.DECEASED,)
    assert of(meta={"security": [{"code": "HTEST"}]}).flags == (Flag.TEST,)
    assert only(fhir(patient(deceasedBoolean=False))).cleared == ("flags",)
    assert only(fhir(patient())).cleared == ()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02T08:00:00+08:00", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T00:00:00Z", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T08:00:00", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2099-01-01T00:00:00Z", RECEIVED), ("soon", RECEIVED), (None, RECEIVED),
        ("0001-01-01T00:00:00+14:00", RECEIVED),
    ],
)  # fmt: skip
def test_it_was_said_when_it_was_last_updated(text: str | None, at: datetime) -> None:
    statement = only(fhir(patient(meta={"lastUpdated": text} if text else {})))
    assert (statement.said_at, statement.event) == (at, "Patient")


def test_a_bundle_of_patients_is_read_in_its_order() -> None:
    two = bundle(
        patient(number("P1", HIS)), {"resourceType": "Organization"}, patient(number("P2", HIS))
    )
    for type_ in ("transaction", "batch", "collection"):
        statements = said(fhir(two | {"type": type_}, "fhir Bundle"))
        assert [s.registration.mrn for s in statements if isinstance(s, Registered)] == ["P1", "P2"]


def test_a_message_holds_the_history_of_its_patients() -> None:
    """ITI-93 of PMIR: a header, and a bundle of what became of the patients."""
    history = bundle(patient(number("P1", HIS)), type_="history")
    header = {"resourceType": "MessageHeader", "eventUri": "urn:ihe:iti:pmir:2019:patient-feed"}
    whole = bundle(header, history, type_="message")
    assert only(fhir(whole, "fhir Bundle")).registration.mrn == "P1"


@pytest.mark.parametrize(
    "found",
    [
        bundle(patient(), type_="document"),
        bundle(patient(), type_="searchset"),
        bundle(patient(), type_="history"),
        bundle(patient(), {"resourceType": "Observation"}),
        {"resourceType": "Observation", "subject": {"reference": "Patient/1"}},
        {"resourceType": "Patients"},
        {"about": "resourceType Patient"},
        [patient()],
    ],
)
def test_copies_of_a_patient_in_something_else_say_nothing(found: Any) -> None:
    assert said(fhir(found, "json")) == []


# --- merges and links ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"identifier": {"system": HIS, "value": "P2"}},
        {"reference": f"Patient?identifier={HIS}|P2"},
        {"reference": f"Patient?identifier={HIS.replace(':', '%3A')}%7CP2"},
    ],
)
def test_a_record_that_is_replaced_says_so_and_nothing_else(other: dict[str, Any]) -> None:
    gone = patient(active=False, link=[{"other": other, "type": "replaced-by"}])
    assert said(fhir(gone)) == [
        Replaced(("1.2.156.9999.1", "P1"), ("1.2.156.9999.1", "P2"), RECEIVED, "replaced-by")
    ]


def test_links_lead_through_the_bundle() -> None:
    kept = patient(number("P2", HIS), id="b", link=[
        {"other": {"reference": "urn:uuid:1"}, "type": "replaces"},
        {"other": {"reference": "Patient/c"}, "type": "seealso"},
        {"other": {"reference": "Patient/c"}, "type": "refer"},
        {"other": {"reference": "Patient/b"}, "type": "seealso"},
    ])  # fmt: skip
    others = patient(number("P1", HIS), id="a"), patient(number("L1", LIS), id="c")
    statements = said(fhir(bundle(kept, *others), "fhir Bundle"))
    a, b, c = ("1.2.156.9999.1", "P1"), ("1.2.156.9999.1", "P2"), (LIS, "L1")
    assert [s for s in statements if not isinstance(s, Registered)] == [
        Replaced(a, b, RECEIVED, "replaces"),
        Related(b, c, True, RECEIVED, "seealso"),
    ]


def test_a_link_to_nobody_we_can_name_says_nothing_but_a_replacement_must_name_her() -> None:
    nobody = {"other": {"reference": "Patient/elsewhere"}, "type": "seealso"}
    assert isinstance(only(fhir(patient(link=[nobody]))), Registered)
    with pytest.raises(UnreadableRegistration) as failure:
        said(fhir(patient(link=[nobody | {"type": "replaced-by"}])))
    assert failure.value.where == "Patient.link.other"


# --- what cannot be read ------------------------------------------------------------------------


def test_a_patient_without_an_own_identifier_is_nobody() -> None:
    for numbers in ([number(VALID, code="NNCHN")], [number("  ", HIS)], [{"value": 7}]):
        with pytest.raises(NamesNoPatient) as failure:
            said(fhir(patient(*numbers)))
        assert failure.value.where == "Patient.identifier"
    with pytest.raises(NamesNoPatient):
        said(fhir({"resourceType": "Patient"}))


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType": "Patient", ',
        orjson.dumps(patient(number("P" * 101, HIS))),
        orjson.dumps(patient(telecom=[{"value": f"154129{n:05}"} for n in range(VALUES_MAX + 1)])),
        orjson.dumps(patient(gender="x" * 1_001)),
    ],
)
def test_what_nobody_can_keep_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableRegistration):
        said(logged("fhir Patient", body))


def test_json_in_gb18030_is_read_with_its_codec() -> None:
    text = orjson.dumps(patient(name=[{"text": "王䶮"}])).decode()
    found = only(logged("json", text, codec="gb18030"))
    assert found.registration.names == (Name("王䶮"),)


def test_the_official_examples_are_read() -> None:
    folder = shared("fhir", "r4-official-examples")
    keys = {}
    for path in sorted(folder.glob("Patient-*.json")):
        try:
            keys[path.name] = only(logged("json", path.read_bytes())).registration.key
        except NamesNoPatient:
            keys[path.name] = ("", "")
    assert len(keys) > 15
    assert keys["Patient-example.json"] == ("1.2.36.146.595.217.0.1", "12345")
    assert keys["Patient-xds.json"] == ("1.2.3.4.5", "89765a87b")
    assert sum(key != ("", "") for key in keys.values()) > 10
