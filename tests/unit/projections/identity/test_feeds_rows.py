"""What rows of a patient table say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity import feeds
from lianyi.projections.identity.feeds.problems import NamesNoPatient, UnreadableRegistration
from lianyi.projections.identity.feeds.rows import IMPORTED, column_of
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.statements import Registered

from .feeding import RECEIVED, VALID, logged, only, said

TABLE = (
    "机构,患者ID,姓名,性别,出生日期,身份证号,电话,手机,住址,更新时间\n"
    f"H1,P1,王小明,男,1980-03-15,{VALID},010-62345678,15412987326,解放路12号,2026-03-02 08:00:00\n"
    "\n"
    ",P2,李梅,女,,,,,,\n"
)


def row(found: Any, kind: str = "json patient") -> LogMessage:
    return logged(kind, orjson.dumps(found))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("raw", True), ("json patient", True), ("json 患者", True), (IMPORTED, True),
        ("act masterdata.organisation_imported", False), ("raw x", False),
    ],
)  # fmt: skip
def test_it_wants_tables(kind: str, wanted: bool) -> None:
    assert feeds.wants(kind) is wanted


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_of_patients_is_read_row_by_row(codec: str) -> None:
    first, second = said(logged("raw", TABLE, codec=codec, sender=""))
    assert isinstance(first, Registered)
    assert isinstance(second, Registered)
    found = first.registration
    assert found.key == ("H1", "P1")
    assert found.names == (Name("王小明"),)
    assert (found.sex, found.born) == ("男", "1980-03-15")
    assert found.identifiers == (Identifier(IdKind.CITIZEN, VALID, ""),)
    assert found.phones == ("010-62345678", "15412987326")
    assert found.addresses == ("解放路12号",)
    assert (first.said_at, first.event) == (datetime(2026, 3, 2, tzinfo=UTC), "row")
    assert second.registration.key == ("channel-3", "P2")
    assert second.said_at == RECEIVED


def test_columns_may_be_divided_by_tabs_and_quoted() -> None:
    text = '"患者ID"\t"姓名"\r\n"P1"\t"王\t明"\r\n'
    assert only(logged("raw", text)).registration.names == (Name("王\t明"),)


@pytest.mark.parametrize(
    "body",
    [
        "患者ID,姓名,项目,结果\nP1,王明,血糖,5\n".encode(),
        "姓名,性别\n王明,男\n".encode(),
        "患者ID,性别\nP1,男\n".encode(),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"",
        b"MSH|^~\\&|HIS",
    ],
)
def test_other_files_say_nothing(body: bytes) -> None:
    assert said(logged("raw", body)) == []


@pytest.mark.parametrize(
    "found",
    [
        {"患者ID": "P1", "姓名": "王明", "结果": "5"},
        {"患者ID": "P1"},
        [{"患者ID": "P1", "姓名": "王明"}, 7],
        {"resourceType": "Observation", "患者ID": "P1", "姓名": "王明"},
        "患者ID 姓名",
    ],
)
def test_other_json_says_nothing(found: Any) -> None:
    assert said(row(found, "json")) == []


def test_an_object_of_nothing_but_a_patient_is_a_row() -> None:
    found = only(row({"patient_id": 17, "name": "王明", "birth_date": "19800315"}, "json"))
    assert found.registration.key == ("HIS|H1", "17")
    assert found.registration.born == "19800315"


def test_a_message_that_says_that_it_is_of_patients_may_have_other_columns() -> None:
    rows = [{"患者ID": f"P{n}", "姓名": "王明", "血型": "A", "备注": {"x": 1}} for n in (1, 2)]
    assert [s.registration.mrn for s in said(row(rows)) if isinstance(s, Registered)] == [
        "P1",
        "P2",
    ]
    with pytest.raises(NamesNoPatient) as failure:
        said(row([rows[0], {"姓名": "李梅"}]))
    assert failure.value.where == "row 2"


def test_every_column_has_its_place() -> None:
    found = only(
        row(
            {
                "病历号": "P1", "姓名": "王明", "曾用名": "王铭", "拼音": "WANG MING",
                "证件类型": "护照", "证件号码": "E1234567", "医保卡号": "Y1", "社保卡号": "S1",
                "identifier:JZK": "K1", "户籍地址": "户籍路1号", "现住址": "现住路2号",
                "母亲姓名": "李梅", "母亲身份证号": VALID, "是否多胞胎": True, "出生顺序": 2,
                "新生儿标志": "是", "死亡标志": "否", "性别": None,
            }
        )
    ).registration  # fmt: skip
    assert found.names == (Name("王明"), Name("王铭", "old"), Name("WANG MING", "phonetic"))
    assert {(one.kind, one.value) for one in found.identifiers} == {
        (IdKind.PASSPORT, "E1234567"), (IdKind.INSURANCE, "Y1"), (IdKind.SOCIAL_SECURITY, "S1"),
        (IdKind.HOSPITAL_CARD, "K1"),
    }  # fmt: skip
    assert found.addresses == ("现住路2号", "户籍路1号")
    assert (found.mother, found.mother_name) == (Identifier(IdKind.CITIZEN, VALID), "李梅")
    assert (found.multiple_birth, found.birth_order) == (True, 2)
    assert (found.flags, found.sex) == ((Flag.NEWBORN,), "")


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("患者ID", "mrn"), ("patient_id", "mrn"), (" MRN ", "mrn"), ("姓 名", "name"),
        ("Birth Date", "born"), ("居民身份证号码", "id:居民身份证号码"), ("id_card", "id:SFZ"),
        ("identifier:PPN", "id:PPN"), ("胎次", ""), ("联系人电话", ""), ("就诊号", ""), ("SN", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_headings_in_both_languages(heading: str, column: str) -> None:
    assert column_of(heading) == column


# --- what a person imports ----------------------------------------------------------------------


def test_an_imported_file_says_of_which_source_each_row_is() -> None:
    text = "来源,患者ID,姓名\nHIS,P1,王明\n"
    assert only(logged(IMPORTED, text, sender="zhang.san")).registration.key == ("HIS", "P1")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("患者ID,姓名\nP1,王明\n", "line 1"),
        ("来源,姓名\nHIS,王明\n", "line 1"),
        ("来源,患者ID,姓名,爱好\nHIS,P1,王明,琴\n", "line 1"),
        ("来源,患者ID,姓名\n,P1,王明\n", "line 2"),
        ('来源,患者ID,姓名\nHIS,P1,"王明\n', "line 2"),
        ("", "line 1"),
    ],
)
def test_an_imported_file_must_be_whole(text: str, where: str) -> None:
    with pytest.raises(UnreadableRegistration) as failure:
        said(logged(IMPORTED, text))
    assert failure.value.where == where


def test_a_file_without_headings_is_refused_without_saying_whose_it_is() -> None:
    with pytest.raises(UnreadableRegistration) as failure:
        said(logged(IMPORTED, f"HIS,P1,王小明,{VALID}\n"))
    assert "王小明" not in failure.value.text("zh") + failure.value.text("en")


def test_a_row_without_an_identifier_is_nobody() -> None:
    with pytest.raises(NamesNoPatient) as failure:
        said(logged("raw", "患者ID,姓名\nP1,王明\n,李梅\n"))
    assert failure.value.where == "line 3"


def test_a_file_in_no_codec_is_refused() -> None:
    with pytest.raises(UnreadableRegistration):
        said(logged("raw", "患者ID,姓名\nP1,".encode() + b"\xff\xff\n"))


def test_a_table_has_a_limit() -> None:
    many = "患者ID,姓名\n" + "P1,王明\n" * 10_001
    with pytest.raises(UnreadableRegistration):
        said(logged("raw", many))
