"""What messages of each format say about master data."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.projections.masterdata import fhir, reading, table
from lianyi.projections.masterdata.changes import all_from_json, all_to_json
from lianyi.projections.masterdata.model import (
    PART_OF,
    PLACE,
    ROLE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Inherit,
    Kind,
    Repoint,
    Retract,
    Succeed,
)
from lianyi.projections.masterdata.problems import BadDates, UnreadableMasterData

from ..conftest import mfn, organisations
from .saying import TREE_M

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def logged(message: NewMessage) -> LogMessage:
    return LogMessage(
        1, 7, AT, message.channel, message.kind, message.body, message.codec, message.sender,
        message.keys, message.gate, message.caused_by, b"",
    )  # fmt: skip


def read(message: NewMessage) -> list[tuple[Change, ...]]:
    said = reading.read(logged(message), day=AT.date())
    return [statement.changes for statement in said.statements]


def said(*changes: Change) -> list[tuple[Change, ...]]:
    return [(change,) for change in changes]


# --- HL7 v2 -------------------------------------------------------------------------------------


def test_staff_come_with_names_identifiers_and_roles() -> None:
    message = mfn(
        "MFE|MAD|1|20260301|DR007|CE",
        "STF|DR007|DR007^^^H1^EI~110101^^^MOH|张^三|DOC|||A|D01",
        "ORG|1|D02||||HEAD|||20260401^20261001",
    )
    march = date(2026, 3, 1)
    assert read(message) == said(
        Describe(
            Kind.PRACTITIONER,
            "DR007",
            march,
            texts={
                "name_zh": "张三",
                "category": "DOC",
                "identifiers": {"H1": "DR007", "MOH": "110101"},
            },
        ),
        Attach(ROLE, "DR007", "D01", on=march),
        Attach(ROLE, "DR007", "D02", "HEAD", date(2026, 4, 1), date(2026, 10, 1)),
    )


def test_a_name_in_letters_is_an_english_name() -> None:
    ((change,),) = read(mfn("MFE|MUP|1||DR8|CE", "STF|DR8||Smith^Anna"))
    assert isinstance(change, Describe)
    assert change.texts == {"name_en": "Anna Smith"}


@pytest.mark.parametrize("entry", ["MFE|MDC|1|20260501|DR8|CE", "MFE|MDL|1|20260501|DR8|CE"])
def test_staff_that_leave_are_closed(entry: str) -> None:
    assert read(mfn(entry, "STF|DR8")) == said(Close(Kind.PRACTITIONER, "DR8", date(2026, 5, 1)))


def test_a_location_comes_with_what_it_is_in_and_who_is_there() -> None:
    message = mfn(
        "MFE|MAD|1|20260301|W03^0312^02|PL",
        "LOC|W03^0312^02|二床|B",
        "LRL|W03^0312^02|||PAR||W03^0312",
        "LDP|W03^0312^02|D01|||A|20260301|20270101",
        "LDP|W03^0312^02|D02|||I||20260401",
        event="M05",
        master="LOC",
    )
    code, march = "W03-0312-02", date(2026, 3, 1)
    assert read(message) == said(
        Describe(Kind.LOCATION, code, march, texts={"name_zh": "二床", "category": "B"}),
        Attach(PART_OF, code, "W03-0312", on=march),
        Attach(PLACE, "D01", code, on=march, until=date(2027, 1, 1)),
        Detach(PLACE, "D02", code, on=date(2026, 4, 1)),
    )


def test_organisations_come_in_a_segment_of_ours() -> None:
    message = organisations("D01|内科|Medicine|DEPT|H1||20260301||neike|L1")
    march = date(2026, 3, 1)
    assert read(message) == said(
        Describe(
            Kind.ORGANISATION,
            "D01",
            march,
            texts={
                "name_zh": "内科",
                "name_en": "Medicine",
                "category": "DEPT",
                "pinyin": "neike",
            },
        ),
        Attach(TREE_M, "D01", "H1", on=march),
        Attach(PLACE, "D01", "L1", on=march),
    )


def test_an_entry_without_a_code_or_with_an_impossible_day_is_refused() -> None:
    with pytest.raises(UnreadableMasterData):
        read(mfn("MFE|MAD|1|||CE", "STF|"))
    with pytest.raises(BadDates):
        read(mfn("MFE|MAD|1|20260231|X|CE", "STF|X"))


def test_a_master_file_of_something_else_says_nothing() -> None:
    assert read(mfn("MFE|MAD|1||X|CE", "OM1|1|X", event="M08", master="OMA")) == []


# --- FHIR ---------------------------------------------------------------------------------------


def bundle(*resources: dict[str, Any]) -> NewMessage:
    entries = [
        {"fullUrl": f"urn:uuid:{number}", "resource": resource}
        for number, resource in enumerate(resources)
    ]
    body = orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return NewMessage(1, "json", body, "utf-8", "HR")


WARD = {
    "resourceType": "Organization",
    "id": "o2",
    "identifier": [{"system": "urn:hospital", "value": "D01", "use": "official"}],
    "name": "内科",
    "_name": {
        "extension": [
            {
                "url": fhir.TRANSLATION,
                "extension": [
                    {"url": "lang", "valueCode": "en"},
                    {"url": "content", "valueString": "Medicine"},
                ],
            }
        ]
    },
    "type": [{"coding": [{"code": "dept"}]}],
    "partOf": {"reference": "urn:uuid:1"},
    "extension": [
        {"url": fhir.PERIOD, "valuePeriod": {"start": "2026-03-01", "end": "2026-12-31"}}
    ],
}
HOSPITAL = {"resourceType": "Organization", "id": "H1", "name": "Test Hospital"}
ROOM = {
    "resourceType": "Location",
    "id": "L1",
    "name": "三楼",
    "managingOrganization": {"reference": "Organization/o2"},
    "partOf": {"reference": "Location/B1"},
}
DOCTOR = {"resourceType": "Practitioner", "id": "p1", "name": [{"family": "李", "given": ["四"]}]}
WORKS = {
    "resourceType": "PractitionerRole",
    "practitioner": {"reference": "Practitioner/p1"},
    "organization": {"identifier": {"value": "D01"}},
    "code": [{"coding": [{"code": "doctor"}]}],
    "period": {"start": "2026-03-01"},
}


def test_a_bundle_is_described_first_and_then_related_by_codes() -> None:
    march, end = date(2026, 3, 1), date(2027, 1, 1)
    ward = {
        "name_zh": "内科",
        "name_en": "Medicine",
        "category": "dept",
        "identifiers": {"urn:hospital": "D01"},
    }
    assert read(bundle(WARD, HOSPITAL, ROOM, DOCTOR, WORKS)) == said(
        Describe(Kind.ORGANISATION, "D01", march, end, texts=ward),
        Describe(Kind.ORGANISATION, "H1", texts={"name_en": "Test Hospital"}),
        Describe(Kind.LOCATION, "L1", texts={"name_zh": "三楼"}),
        Describe(Kind.PRACTITIONER, "p1", texts={"name_zh": "李四"}),
        Attach(TREE_M, "D01", "H1", on=march, until=end),
        Attach(PART_OF, "L1", "B1"),
        Attach(PLACE, "D01", "L1"),
        Attach(ROLE, "p1", "D01", "doctor", on=march),
    )


def test_what_is_not_active_any_more_is_closed() -> None:
    gone = {**HOSPITAL, "active": False, "partOf": {"reference": "Organization/X"}}
    left = {**WORKS, "active": False, "period": {"end": "2026-05-31"}}
    assert read(bundle(gone, left)) == said(
        Close(Kind.ORGANISATION, "H1"),
        Detach(ROLE, "p1", "D01", "doctor", on=date(2026, 6, 1)),
    )


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'"x"', b'{"resourceType":"Patient","id":"1"}'])
def test_other_json_says_nothing(body: bytes) -> None:
    assert read(NewMessage(1, "json", body)) == []


def test_a_bundle_about_a_patient_says_nothing_about_organisations() -> None:
    assert read(bundle(WARD, {"resourceType": "Patient", "id": "1"})) == []


def test_json_that_is_not_fhir_is_none_of_its_business() -> None:
    assert read(NewMessage(1, "json", b"not even JSON")) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["x", "Organization/x", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["resourceType", "entry", "resource", "identifier", "name", "partOf", "type", "coding",
             "code", "extension", "url", "reference", "period", "given", "value", "_name", "id"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(["Organization", "Location", "Practitioner", "PractitionerRole", "Bundle"]),
    st.dictionaries(
        st.sampled_from(["identifier", "name", "partOf", "type", "entry", "_name", "extension",
                         "code", "period", "managingOrganization", "practitioner", "id"]),
        json_values,
        max_size=6,
    ),
)  # fmt: skip
def test_odd_json_is_read_or_refused_but_never_trips_us(name: str, rest: dict[str, Any]) -> None:
    body = orjson.dumps({"resourceType": name, **rest})
    with contextlib.suppress(LianyiError):
        read(NewMessage(1, "json", body))


# --- tables -------------------------------------------------------------------------------------

ROWS = """编码,名称,上级,类别,生效日期,失效日期,位置,identifier:USCC
H1,测试医院,,HOSP,,,,91110000X
D01,"内科,消化",H1,DEPT,2026-03-01,,L1,
"""


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_recorded_byte_for_byte_and_read_in_its_codec(codec: str) -> None:
    body = ROWS.encode(codec)
    message = table.write(body, Kind.ORGANISATION, actor="console")
    assert (message.kind, message.body) == ("act masterdata.organisation_imported", body)
    march = date(2026, 3, 1)
    assert read(message) == said(
        Describe(
            Kind.ORGANISATION,
            "H1",
            texts={"name_zh": "测试医院", "category": "HOSP", "identifiers": {"USCC": "91110000X"}},
        ),
        Describe(
            Kind.ORGANISATION, "D01", march, texts={"name_zh": "内科,消化", "category": "DEPT"}
        ),
        Attach(TREE_M, "D01", "H1", on=march),
        Attach(PLACE, "D01", "L1", on=march),
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("名称\n内科\n", "line 1"),
        ("编码,颜色\nA,红\n", "line 1"),
        ("编码,名称\n,内科\n", "line 2"),
        ('编码,名称\nA,"内\n', "line 2"),
        ("编码,生效日期\nA,昨天\n", "line 2 valid_from"),
    ],
)
def test_a_table_with_a_fault_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises((UnreadableMasterData, BadDates)) as told:
        table.write(text.encode(), Kind.ORGANISATION, actor="console")
    assert told.value.where == where


def test_practitioners_and_locations_have_tables_too() -> None:
    staff = table.write(
        "code,name_zh,机构,角色\nDR1,王五,D01,护士\n".encode(), Kind.PRACTITIONER, actor="c"
    )
    assert read(staff)[1:] == said(Attach(ROLE, "DR1", "D01", "护士"))
    rooms = table.write("code,上级\nL2,L1\n".encode(), Kind.LOCATION, actor="c")
    assert read(rooms)[1:] == said(Attach(PART_OF, "L2", "L1"))


# --- acts ---------------------------------------------------------------------------------------

days = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))
codes = st.sampled_from(["A", "B1", "科", "H-2"])
texts = st.fixed_dictionaries(
    {}, optional={"name_zh": codes, "emergency": st.booleans(),
                  "identifiers": st.dictionaries(codes, codes, max_size=2)}
)  # fmt: skip
every_change = st.one_of(
    st.builds(Describe, st.sampled_from(Kind), codes, days, days, st.booleans(), texts),
    st.builds(Attach, st.just(TREE_M), codes, codes, codes, days, days, st.sampled_from(["", "*"])),
    st.builds(Detach, st.just(PLACE), codes, codes, st.just(""), days),
    st.builds(Close, st.sampled_from(Kind), codes, days),
    st.builds(Inherit, codes, codes, days),
    st.builds(Repoint, codes, codes, days),
    st.builds(Succeed, codes, codes, st.sampled_from(["split", "merge"]), days),
    st.builds(
        Retract, st.builds(Position, st.just(1), st.integers(1, 99)), st.none() | st.integers(0, 3)
    ),
)


@given(st.lists(every_change, max_size=4))
def test_changes_come_back_from_json_as_they_were(changes: list[Change]) -> None:
    assert all_from_json(orjson.loads(orjson.dumps(all_to_json(changes)))) == tuple(changes)


@pytest.mark.parametrize(
    "body", [b"x", b"{}", b"[]", b'{"changes":[{"do":"fly"}]}', b'{"changes":[{"do":"close"}]}']
)
def test_an_act_that_is_not_ours_is_refused(body: bytes) -> None:
    with pytest.raises(LianyiError):
        read(NewMessage(0, "act masterdata.organisation_moved", body))
