"""What stands in a message and must not be seen, is not seen, wherever it stands."""

from __future__ import annotations

import string
import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import Delimiters, escape
from lianyi.security.model import Purpose
from lianyi.security.privacy.classification import shipped
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.masks import mask
from lianyi.security.privacy.model import ALL, NOTHING, Mask

BOOK = shipped()
MARKS = Delimiters("|")
HEAD = "MSH|^~\\&|HIS|H1|EMR|H1|20260302080000||ADT^A01|1|P|2.5.1||||||UNICODE UTF-8\r"


def hider(purpose: Purpose = Purpose.OPERATIONS) -> Hider:
    return Hider(BOOK, BOOK.purposes[purpose].levels)


def shown(text: str, purpose: Purpose = Purpose.OPERATIONS) -> str:
    found = hider(purpose).body(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("value", "how", "left"),
    [
        ("张三", Mask.NAME, "张*"),
        ("欧阳娜娜", Mask.NAME, "欧***"),
        ("李", Mask.NAME, "*"),
        ("13800138000", Mask.PHONE, "138****8000"),
        ("0571-8765432", Mask.PHONE, "057*-***5432"),
        ("8765432", Mask.PHONE, "*****32"),
        ("zhang.san@example.org", Mask.PHONE, "***@example.org"),
        ("11010519491231002X", Mask.NUMBER, "110*************2X"),
        ("4711", Mask.NUMBER, "****"),
        ("浙江省杭州市西湖区文三路1号", Mask.ADDRESS, "浙江省杭州市西湖区****"),
        ("文三路1号", Mask.ADDRESS, "****"),
        ("19491231", Mask.YEAR, "1949"),
        ("1949-12-31", Mask.YEAR, "1949"),
        ("unknown", Mask.YEAR, "****"),
        ("阳性", Mask.HIDDEN, "****"),
        ("", Mask.HIDDEN, ""),
    ],
)
def test_what_is_left_of_a_value(value: str, how: Mask, left: str) -> None:
    assert mask(value, how) == left


def test_a_name_is_hidden_at_its_place_and_wherever_else_it_stands() -> None:
    text = HEAD + (
        "PID|1||P1^^^H1^MR||张^三丰^^^^^L||19491231|M|||浙江省杭州市文三路1号||13800138000\r"
        "NK1|1|张^无忌|SON\r"
        "OBX|1|TX|X||患者张三丰（其子张无忌）来诊，电话13800138000，身份证11010519491231002X\r"
        "ZZZ|1|三丰, 张|13900139000\r"
    )
    found = shown(text)
    for secret in ("三丰", "无忌", "文三路", "13800138000", "13900139000", "11010519491231002X"):
        assert secret not in found, secret
    assert "P1^^^H1^MR" in found
    assert "张^**^^^^^L" in found
    assert "|1949|M|" in found
    assert "来诊" in found


def test_an_identity_number_among_identifiers_is_hidden_and_the_hospital_s_own_is_not() -> None:
    found = shown(HEAD + "PID|1||P1^^^H1^MR~E12345678^^^GA^PPN||张三\r")
    assert "P1^^^H1^MR" in found
    assert "E12345678" not in found


def test_of_specially_protected_diseases_nothing_clinical_is_shown() -> None:
    text = HEAD + (
        "PID|1||P1^^^H1^MR||张三\r"
        "DG1|1||B20.1^HIV病导致的感染\r"
        "DG1|2||J18.9^肺炎\r"
        "OBX|1|ST|1234^HIV抗体||阳性\r"
        "OBX|2|NM|718-7^血红蛋白||120\r"
    )
    found = shown(text)
    assert "HIV" not in found
    assert "阳性" not in found
    assert "B20" not in found
    assert "肺炎" in found
    assert "120" in found
    assert shown(text, Purpose.EMERGENCY) == text


def test_structure_and_what_is_not_hidden_stay_as_they_are() -> None:
    text = HEAD + "PID|1||P1^^^H1^MR||张^三\rPV1|1|I|W1^101^2||||D1^王医生\r"
    before, after = text.split("\r"), shown(text).split("\r")
    assert [line.count("|") for line in before] == [line.count("|") for line in after]
    assert before[0] == after[0]
    assert before[2] == after[2]


def test_json_and_xml_are_hidden_by_the_names_of_their_parts() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": "张", "given": ["三丰"]}],
        "birthDate": "1949-12-31",
        "telecom": [{"system": "phone", "value": "13800138000"}],
        "note": "张三丰的档案",
        "active": True,
    }
    found = shown(orjson.dumps(patient).decode())
    assert "三丰" not in found
    assert "13800138000" not in found
    assert orjson.loads(found)["birthDate"] == "1949"
    assert orjson.loads(found)["active"] is True
    row = shown('{"XM": "张三丰", "SFZH": "11010519491231002X", "KS": "内科"}')
    assert "三丰" not in row
    assert "内科" in row
    cda = (
        '<?xml version="1.0" encoding="gb2312"?>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patient><name><family>张</family>'
        '<given>三丰</given></name><birthTime value="19491231"/></patient>'
        '<telecom value="tel:13800138000"/></recordTarget><text>张三丰入院</text>'
        "<!-- 张三丰 --></ClinicalDocument>"
    )
    found = shown(cda)
    assert "三丰" not in found
    assert "13800138000" not in found
    assert 'value="1949"' in found
    assert "入院" in found


@pytest.mark.parametrize(
    "text",
    [
        "张三, 13800138000",
        "<a><b></a>",
        '{"name": "张三"',
        "PID|1||P1||张三",
        '<!DOCTYPE a [<!ENTITY b "张三">]><a>&b;</a>',
        "",
    ],
)
def test_what_nobody_can_read_is_not_shown(text: str) -> None:
    assert hider().body(text) is None


def test_nothing_is_hidden_from_whom_nothing_is_hidden() -> None:
    assert Hider(BOOK, ALL).body("anything 张三") == "anything 张三"
    assert shown("MSH|x", Purpose.EMERGENCY) == "MSH|x"


def test_nested_data_without_end_are_hidden_in_time() -> None:
    deep = "[" * 150 + '{"name": "张三丰"}' + "]" * 150
    wide = HEAD + "".join(f"OBX|{n}|TX|X||患者张三丰第{n}次\r" for n in range(20_000))
    begun = time.process_time()
    assert "三丰" not in shown(deep)
    assert "三丰" not in shown(wide.replace("OBX|0|", "PID|1||P1||张^三丰\rOBX|0|", 1))
    assert time.process_time() - begun < 20  # a hang, not a speed


CHINESE = st.text(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜", min_size=1, max_size=3
)
LATIN = st.text(string.ascii_letters, min_size=4, max_size=12)
SMALL_TALK = st.text(
    "的了在是我有和人这中大来上国个说们为子到时地出就分对成会可主发年动同工也能下过", max_size=20
)


@given(CHINESE, st.text("娜媛琦婷倩雯薇莎", min_size=2, max_size=3), SMALL_TALK, SMALL_TALK)
@settings(max_examples=150, deadline=None)
def test_no_given_name_is_ever_seen(family: str, given: str, before: str, after: str) -> None:
    """The hidden characters of a name stand nowhere in what is shown."""
    whole = family + given
    text = HEAD + f"PID|1||P1||{family}^{given}\rOBX|1|TX|X||{before}{whole}{after}\r"
    assert given not in shown(text)
    assert given not in shown(HEAD + f"PID|1||P1||{whole}\rNTE|1||{before}{whole}{after}\r")
    body = orjson.dumps({"name": whole, "text": before + whole + after}).decode()
    assert given not in shown(body)


@given(st.lists(st.one_of(st.text(max_size=30), LATIN, CHINESE), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_message_is_hidden_without_a_failure_and_keeps_its_form(fields: list[str]) -> None:
    """Whatever stands in fields, segments and fields stay; hiding twice changes nothing more."""
    clean = [escape(one.replace("\r", ""), MARKS) for one in fields]
    text = HEAD + "PID|" + "|".join(clean) + "\rDG1|" + "|".join(clean) + "\r"
    for purpose in Purpose:
        found = shown(text, purpose)
        assert [line.count("|") for line in found.split("\r")] == [
            line.count("|") for line in text.split("\r")
        ]
        assert shown(found, purpose).count("|") == text.count("|")
    assert Hider(BOOK, NOTHING).body(text) is not None
