"""Each rule of survivorship, by a case named in Chinese."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.projections.identity.sayings import record, say

from lianyi.projections.identity.folding import SourceRecord, fold
from lianyi.projections.identity.golden import GoldenRecord, golden
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name
from lianyi.projections.identity.survivorship import RULE_WORDS, Rule

CARD = citizen("19800315", 123)  # male
OLD_CARD = replace(CARD, valid_until=date(2020, 1, 1), capture="reader")
READ = replace(CARD, valid_until=date(2040, 1, 1), capture="reader")
CHECKED = replace(CARD, capture="verified")
FIFTEEN = Identifier(IdKind.CITIZEN, "990102800315123")
WRONG = Identifier(IdKind.CITIZEN, CARD.value[:17] + ("1" if CARD.value[17] != "1" else "2"))
WRONG_OTHER = Identifier(IdKind.CITIZEN, "990102198103151230")
"""Another number, whose check digit is wrong."""
PASSPORT = Identifier(IdKind.PASSPORT, "E12345678", "CN", valid_until=date(2030, 1, 1))
OLD_PASSPORT = Identifier(IdKind.PASSPORT, "G87654321", "CN", valid_until=date(2020, 1, 1))
LOST_CARD = Identifier(IdKind.INSURANCE, "88001", status="挂失")
NEW_CARD = Identifier(IdKind.INSURANCE, "88002")
MOTHER = Identifier(IdKind.OTHER, "77", "HIS")
RANKS = {"A": 2}

R = record
CASES: list[tuple[str, list[SourceRecord], str, Any, Rule]] = [
    ("只有一家", [R("A", 1, "王小明")], "name", "王小明", Rule.ONLY),
    ("写法不同而同名", [R("A", 2, "陈静"), R("B", 1, "陳靜")], "name", "陈静", Rule.ONLY),
    ("真名优先于新生儿", [R("A", 1, "王小明"), R("B", 2, "李丽之子")], "name", "王小明", Rule.REAL),
    ("真名优先于无名氏", [R("A", 1, "王小明"), R("B", 2, "无名氏")], "name", "王小明", Rule.REAL),
    (
        "无名氏已核验也不优先",
        [R("A", 1, "王小明"), R("B", 2, "无名氏", identifiers=(CHECKED,))],
        "name",
        "王小明",
        Rule.REAL,
    ),
    (
        "新生儿优先于无名氏",
        [R("A", 1, "李丽之子"), R("B", 2, "未知")],
        "name",
        "李丽之子",
        Rule.REAL,
    ),
    ("只有占位名时仍须显示", [R("A", 1, "无名氏")], "name", "无名氏", Rule.ONLY),
    (
        "本名优先于化名",
        [R("A", 1, "王小明"), R("B", 2, "张三丰", flags=(Flag.ALIAS,))],
        "name",
        "王小明",
        Rule.REAL,
    ),
    (
        "本名优先于临时名",
        [R("A", 1, "王小明"), R("B", 2, Name("张三丰", "temp"))],
        "name",
        "王小明",
        Rule.REAL,
    ),
    (
        "汉字优先于同名拼音",
        [R("A", 1, "王小明"), R("B", 2, "WANG XIAOMING"), R("C", 2, "WANG XIAOMING")],
        "name",
        "王小明",
        Rule.REAL,
    ),
    (
        "缺字的不优先于完整的",
        [R("A", 1, "李䶮"), R("B", 2, "李?"), R("C", 2, "李?", identifiers=(CHECKED,))],
        "name",
        "李䶮",
        Rule.WHOLE,
    ),
    (
        "缺字的由曾用全名补足",
        [fold([say(1, "李䶮"), say(2, "李?")]), R("B", 2, "李?")],
        "name",
        "李䶮",
        Rule.WHOLE,
    ),
    (
        "核验优先于读卡",
        [R("A", 1, "王小明", identifiers=(CHECKED,)), R("B", 2, "王晓明", identifiers=(READ,))],
        "name",
        "王小明",
        Rule.VERIFIED,
    ),
    (
        "读卡优先于多数",
        [R("A", 1, "王小明", identifiers=(READ,)), R("B", 2, "王晓明"), R("C", 2, "王晓明")],
        "name",
        "王小明",
        Rule.READER,
    ),
    (
        "过期证件的读卡不作数",
        [R("D", 1, "王小明", identifiers=(OLD_CARD,)), R("B", 2, "王晓明"), R("C", 2, "王晓明")],
        "name",
        "王晓明",
        Rule.FREQUENT,
    ),
    (
        "来源可信度优先于多数",
        [R("A", 1, "王小明"), R("B", 2, "王晓明"), R("C", 2, "王晓明")],
        "name",
        "王小明",
        Rule.RANK,
    ),
    (
        "多数优先于最新",
        [R("B", 3, "王小明"), R("C", 1, "王晓明"), R("D", 1, "王晓明")],
        "name",
        "王晓明",
        Rule.FREQUENT,
    ),
    ("最新", [R("B", 1, "王小明"), R("C", 2, "王晓明")], "name", "王晓明", Rule.NEWEST),
    (
        "同时则按固定次序",
        [R("B", 1, "王小明"), R("C", 1, "王晓明")],
        "name",
        "王小明",
        Rule.SETTLED,
    ),
    (
        "证件号的性别优先于录入",
        [R("A", 1, sex="女", identifiers=(CARD,)), R("B", 2, sex="2")],
        "sex",
        "M",
        Rule.ID_NUMBER,
    ),
    ("性别不详不作数", [R("A", 1, sex="1"), R("B", 2, sex="9")], "sex", "M", Rule.ONLY),
    (
        "读卡的性别优先于证件号推算",
        [
            R("A", 1, sex="2", identifiers=(replace(PASSPORT, capture="reader"),)),
            R("B", 2, identifiers=(CARD,)),
        ],
        "sex",
        "F",
        Rule.READER,
    ),
    (
        "证件号的生日优先于录入",
        [R("A", 1, born="19810315", identifiers=(CARD,)), R("B", 2, born="19810315")],
        "born",
        "19800315",
        Rule.ID_NUMBER,
    ),
    (
        "校验位错的证件号不能推算",
        [R("A", 1, born="19810315", identifiers=(WRONG,))],
        "born",
        "19810315",
        Rule.ONLY,
    ),
    (
        "十五位证件号只与录入相当",
        [R("D", 1, identifiers=(FIFTEEN,)), R("B", 2, born="19810315"), R("C", 2, born="19810315")],
        "born",
        "19810315",
        Rule.FREQUENT,
    ),
    (
        "默认日期不作数",
        [R("B", 1, born="19800315"), R("C", 2, born="19000101")],
        "born",
        "19800315",
        Rule.ONLY,
    ),
    (
        "完整日期优先",
        [R("B", 1, born="19800315"), R("C", 2, born="1980")],
        "born",
        "19800315",
        Rule.WHOLE,
    ),
    (
        "元旦只算年份",
        [R("B", 1, born="1980-03-15"), R("C", 2, born="19800101")],
        "born",
        "19800315",
        Rule.WHOLE,
    ),
    (
        "估计的日期不优先",
        [R("B", 1, born="19800315"), R("C", 2, born="19820101", flags=(Flag.ESTIMATED_BIRTH,))],
        "born",
        "19800315",
        Rule.WHOLE,
    ),
    (
        "未来日期不作数",
        [R("B", 1, born="19800315"), R("C", 2, born="20990315")],
        "born",
        "19800315",
        Rule.ONLY,
    ),
    (
        "十八位优先于十五位",
        [R("B", 1, identifiers=(CARD,)), R("C", 2, identifiers=(FIFTEEN,))],
        "citizen",
        CARD.value,
        Rule.ONLY,
    ),
    (
        "号码校验有效者优先",
        [R("B", 1, identifiers=(CARD,)), R("C", 2, identifiers=(WRONG_OTHER,))],
        "citizen",
        CARD.value,
        Rule.REAL,
    ),
    (
        "有效护照优先于过期护照",
        [
            R("B", 1, identifiers=(PASSPORT,)),
            R("A", 2, identifiers=(OLD_PASSPORT,)),
            R("C", 2, identifiers=(replace(OLD_PASSPORT, capture="reader"),)),
        ],
        "passport",
        "E12345678",
        Rule.IN_FORCE,
    ),
    (
        "挂失的卡排在后面",
        [R("A", 2, identifiers=(LOST_CARD,)), R("B", 1, identifiers=(NEW_CARD,))],
        "insurance",
        "88002",
        Rule.IN_FORCE,
    ),
    (
        "测试记录不作数",
        [R("B", 1, "王小明"), R("A", 2, "王测", flags=(Flag.TEST,))],
        "name",
        "王小明",
        Rule.ONLY,
    ),
    (
        "电话多者优先",
        [
            R("B", 3, phones=("15412987327",)),
            R("C", 1, phones=(PHONE,)),
            R("D", 1, phones=("+86 " + PHONE,)),
        ],
        "phones",
        "+86 " + PHONE,
        Rule.FREQUENT,
    ),
    (
        "占位电话不作数",
        [R("B", 1, phones=(PHONE,)), R("C", 2, phones=("13800000000",))],
        "phones",
        PHONE,
        Rule.ONLY,
    ),
    (
        "住址取最新",
        [R("B", 1, addresses=(HOME,)), R("C", 2, addresses=("云溪市青石区朝阳路1号",))],
        "addresses",
        "云溪市青石区朝阳路1号",
        Rule.NEWEST,
    ),
    (
        "双胎次序取多数",
        [R("B", 1, birth_order=1), R("C", 2, birth_order=2), R("D", 0, birth_order=1)],
        "birth_order",
        1,
        Rule.FREQUENT,
    ),
    ("一家说多胎", [R("B", 1, multiple_birth=True), R("C", 2)], "multiple_birth", True, Rule.ONLY),
    ("母亲标识", [R("B", 1, mother=MOTHER), R("C", 2)], "mother", MOTHER, Rule.ONLY),
    (
        "母亲姓名缺字不优先",
        [R("B", 1, mother_name="李䶮"), R("C", 2, mother_name="李?")],
        "mother_name",
        "李䶮",
        Rule.WHOLE,
    ),
    (
        "有人说已故即已故",
        [R("B", 1, flags=(Flag.DECEASED,)), R("C", 2)],
        "deceased",
        True,
        Rule.ONLY,
    ),
    ("死产即已故", [R("B", 1, flags=(Flag.STILLBORN,))], "deceased", True, Rule.ONLY),
    (
        "固定次序看值而不看来源",
        [R("B", 1, "王晓明"), R("C", 1, "王小明")],
        "name",
        "王小明",
        Rule.SETTLED,
    ),
    (
        "是否过期以最新一条为准",
        [
            R("B", 1, "王小明", identifiers=(replace(READ, valid_until=date(2026, 3, 5)),)),
            R("C", 9, "王晓明"),
        ],
        "name",
        "王晓明",
        Rule.NEWEST,
    ),
    (
        "过期而核验过的证件只算有效号码",
        [
            R("B", 2, sex="2", identifiers=(replace(PASSPORT, capture="reader"),)),
            R("C", 1, identifiers=(replace(CHECKED, valid_until=date(2020, 1, 1)),)),
        ],
        "sex",
        "F",
        Rule.READER,
    ),
]


def first_of(held: GoldenRecord, field: str) -> tuple[Any, Rule]:
    """The first value of a field or of a kind of number, and the rule that chose it."""
    chosen = held.identifiers[field] if field in held.identifiers else getattr(held, field)
    first = chosen[0] if isinstance(chosen, tuple) else chosen
    value = first.value
    if isinstance(value, Name):
        return value.text, first.rule
    if isinstance(value, Identifier) and field != "mother":
        return value.value, first.rule
    return value, first.rule


@pytest.mark.parametrize(
    ("records", "field", "value", "rule"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_a_field_is_chosen_by_its_rule(
    records: list[SourceRecord], field: str, value: object, rule: Rule
) -> None:
    assert first_of(golden(records, ranks=RANKS), field) == (value, rule)
    assert golden(reversed(records), ranks=RANKS) == golden(records, ranks=RANKS)


def test_every_rule_has_a_case_and_words() -> None:
    assert {row[4] for row in CASES} == set(Rule)
    assert RULE_WORDS.keys() == set(Rule)
