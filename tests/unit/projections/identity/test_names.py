"""Names: read for what they are, compared in levels. Every row of the Chinese cases by name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lianyi.formats.hl7v2 import parse
from lianyi.projections.identity.values.name_levels import NameLevel, compare_names
from lianyi.projections.identity.values.names import NameKind, read_name
from lianyi.projections.identity.values.pinyin import name_sounds
from lianyi.projections.identity.values.surnames import COMPOUND, READINGS, split_surname

L = NameLevel

SURNAMES = {
    "曾": "zeng", "单": "shan", "查": "zha", "仇": "qiu", "解": "xie", "区": "ou", "缪": "miao",
    "翟": "zhai", "盖": "ge", "朴": "piao", "员": "yun", "覃": "qin", "乐": "yue", "谌": "chen",
    "种": "chong", "召": "shao", "隗": "wei", "洗": "xian", "尉": "wei", "繁": "po", "秘": "bi",
    "折": "she", "黑": "he", "句": "gou", "那": "na", "能": "nai", "车": "che", "柏": "bai",
    "薄": "bo", "祭": "zhai", "钭": "tou", "牟": "mou", "宁": "ning", "燕": "yan", "任": "ren",
    "华": "hua", "纪": "ji", "应": "ying", "葛": "ge", "盛": "sheng", "莘": "shen", "菅": "jian",
    "厍": "she", "佴": "nai", "乜": "nie", "仉": "zhang", "逄": "pang", "贠": "yun", "宓": "mi",
    "尉迟": "yuchi", "长孙": "zhangsun", "万俟": "moqi", "单于": "chanyu", "澹台": "tantai",
    "宰父": "zaifu", "乐正": "yuezheng", "令狐": "linghu", "鲜于": "xianyu", "淳于": "chunyu",
    "夹谷": "jiagu", "亓官": "qiguan", "拓跋": "tuoba", "尔朱": "erzhu", "子车": "ziju",
}  # fmt: skip


@pytest.mark.parametrize(("surname", "reading"), SURNAMES.items(), ids=list(SURNAMES))
def test_a_surname_is_read_its_own_way(surname: str, reading: str) -> None:
    usual, _ = name_sounds(surname, "伟")
    assert "".join(usual) == reading + "wei"


def test_every_compound_surname_has_a_reading_of_two_syllables_and_is_split_off() -> None:
    for surname, reading in COMPOUND.items():
        usual, every = name_sounds(surname, "")
        assert ("".join(usual), len(usual), len(every)) == (reading, 2, 2)
        assert split_surname(surname + "明") == (surname, "明")


def test_every_surname_of_the_table_is_one_character_read_in_letters() -> None:
    assert len(READINGS) > 200
    for surname, readings in READINGS.items():
        assert len(surname) == 1
        assert all(reading.isascii() and reading.isalpha() for reading in readings)


COMPARED = [
    ("相同", "王小明", "王小明", L.EQUAL),
    ("繁体与简体", "張偉", "张伟", L.EQUAL),
    ("全角与空格", "王　小明", "王小明", L.EQUAL),
    ("备注不计", "王小明(大)", "王小明", L.EQUAL),
    ("同名编号不计", "王小明2", "王小明", L.EQUAL),
    ("姓氏异体萧肖", "萧红梅", "肖红梅", L.VARIANT),
    ("姓氏异体阎闫", "閻立本", "闫立本", L.VARIANT),
    ("姓氏异体傅付", "傅强", "付强", L.VARIANT),
    ("姓氏异体戴代", "戴军", "代军", L.VARIANT),
    ("姓氏异体邱丘", "邱兰", "丘兰", L.VARIANT),
    ("名用异体堃坤", "王堃", "王坤", L.VARIANT),
    ("名用异体喆哲", "王喆", "王哲", L.VARIANT),
    ("同音单字名", "王伟", "王玮", L.SAME_PINYIN),
    ("同音姓", "张晓明", "章晓明", L.SAME_PINYIN),
    ("多音姓曾", "曾庆红", "ZENG QINGHONG", L.SAME_PINYIN),
    ("机器误读曾", "曾庆红", "CENG QINGHONG", L.SAME_PINYIN),
    ("拼音姓在前", "王小明", "WANG Xiaoming", L.SAME_PINYIN),
    ("拼音姓在后", "王小明", "Xiaoming Wang", L.SAME_PINYIN),
    ("拼音逐字大写", "王小明", "XIAO MING WANG", L.SAME_PINYIN),
    ("护照吕LYU", "吕伟", "LYU WEI", L.SAME_PINYIN),
    ("护照吕LU", "吕伟", "LU WEI", L.SAME_PINYIN),
    ("带声调拼音", "吕伟", "Lǚ Wěi", L.SAME_PINYIN),
    ("西安的撇号", "李西安", "Li Xi'an", L.SAME_PINYIN),
    ("复姓拼音", "欧阳娜娜", "Ouyang Nana", L.SAME_PINYIN),
    ("两种拼音顺序", "WANG Xiaoming", "Xiao-Ming WANG", L.EQUAL),
    ("丢字问号", "王䶮", "王?", L.LOST_CHARACTER),
    ("丢字星号", "王小明", "王*明", L.LOST_CHARACTER),
    ("丢字方框", "王䶮明", "王□明", L.LOST_CHARACTER),
    ("丢字替换符", "王䶮", "王\ufffd", L.LOST_CHARACTER),
    ("丢字两个问号", "王𠮷", "王??", L.LOST_CHARACTER),
    ("丢字私有区", "王䶮", "王\ue7f1", L.LOST_CHARACTER),
    ("丢字无痕", "王𠮷", "王", L.LOST_CHARACTER),
    ("生僻字写成拼音", "王䶮", "王yan", L.LOST_CHARACTER),
    ("生僻字拼音不符", "王䶮", "王gang", L.SURNAME_ONLY),
    ("掩码只剩姓", "王小明", "王**", L.SURNAME_ONLY),
    ("王某某", "王小明", "王某某", L.SURNAME_ONLY),
    ("掩码圆点", "王小明", "王●明", L.LOST_CHARACTER),
    ("掩码字母", "王小明", "王X明", L.LOST_CHARACTER),
    ("形近字", "王末", "王未", L.SIMILAR_SHAPE),
    ("形近姓", "冼星海", "洗星海", L.VARIANT),
    ("一字之差如双胞胎", "王子轩", "王子涵", L.ONE_CHARACTER),
    ("少一字", "欧阳娜娜", "欧阳娜", L.ONE_CHARACTER),
    ("名字颠倒", "王小明", "王明小", L.ONE_CHARACTER),
    ("单名不同", "王伟", "王强", L.SURNAME_ONLY),
    ("同姓", "王小明", "王建国", L.SURNAME_ONLY),
    ("改姓", "李小明", "王小明", L.GIVEN_NAME_ONLY),
    ("没写姓", "小明", "王小明", L.GIVEN_NAME_ONLY),
    ("四字名", "陈李佳怡", "陈李佳怡", L.EQUAL),
    ("不同", "王小明", "李建国", L.DIFFERENT),
    ("间隔号不同", "阿依古丽·买买提", "阿依古丽•买买提", L.EQUAL),
    ("间隔号日文", "阿依古丽・买买提", "阿依古丽‧买买提", L.EQUAL),
    ("间隔号全角点", "阿依古丽．买买提", "阿依古丽·买买提", L.EQUAL),
    ("没有间隔号", "阿依古丽买买提", "阿依古丽·买买提", L.EQUAL),
    ("译音不同字", "阿不都热合曼·艾力", "阿卜杜热合曼·艾力", L.SAME_PINYIN),
    ("只写本名", "阿依古丽", "阿依古丽·买买提", L.ONE_CHARACTER),
    ("本名相同父名不同", "阿依古丽·买买提", "阿依古丽·吐尔逊", L.SURNAME_ONLY),
    ("外国人换序", "John Smith", "SMITH, JOHN", L.EQUAL),
    ("外国人中间名", "John Adam Smith", "John Smith", L.VARIANT),
    ("外国人同姓", "John Smith", "Mary Smith", L.SURNAME_ONLY),
    ("外国人长词一字母", "Katelyn Colegate", "Katelyn Colegat", L.SIMILAR_SHAPE),
    ("外国人短词一字母", "Jon Smith", "Joan Smith", L.ALIKE),
    ("外国人换两字母", "Amber Blackwell", "Ambre Blackweol", L.ALIKE),
    ("外国人多一空格", "Katelyn Colegate", "Colegate Katel yn", L.EQUAL),
    ("外国人同样字母的另一名字", "Amy Smith", "May Smith", L.ALIKE),
    ("外国人只有姓", "Dale Fimeri", "Fimeri", L.ONE_CHARACTER),
    ("外国人不同", "John Smith", "Mary Brown", L.DIFFERENT),
    ("外文与中文不比", "John Smith", "王小明", L.INCOMPARABLE),
    ("无名氏不比", "无名氏", "无名氏", L.INCOMPARABLE),
    ("新生儿与母亲不比", "李秀英之女", "李秀英", L.INCOMPARABLE),
    ("新生儿与已命名不比", "李秀英之女", "王子涵", L.INCOMPARABLE),
    ("大女与二女", "李秀英之大女", "李秀英之二女", L.DIFFERENT),
    ("大女与小女", "李秀英之大女", "李秀英之小女", L.DIFFERENT),
    ("之子与之女", "李秀英之子", "李秀英之女", L.DIFFERENT),
    ("同一新生儿两种写法", "李秀英之女", "李秀英女婴", L.EQUAL),
]


@pytest.mark.parametrize(
    ("a", "b", "level"), [row[1:] for row in COMPARED], ids=[row[0] for row in COMPARED]
)
def test_two_names_stand_so(a: str, b: str, level: NameLevel) -> None:
    x, y = read_name(a), read_name(b)
    assert compare_names(x, y) is level
    assert compare_names(y, x) is level


@pytest.mark.parametrize(
    "name",
    [

        "无名氏", "無名氏", "无名", "无名氏12", "无名男", "无名女性", "未知", "不详",
        "姓名不详", "身份不明", "三无人员", "路人甲", "路人乙", "某某", "某男", "急诊患者",
        "急诊无名氏", "120病人", "测试", "测试病人", "测试一", "信息科测试", "test", "TEST 1",
        "Unknown", "unknown male", "无", "空", "-", "***", "？？？", "", "  ", "123", "婴儿",
        "男婴", "毛毛", "新生儿", "待查", "aaa", "x", "未取名", "匿名", "John Doe",
    ],
)  # fmt: skip
def test_a_placeholder_names_nobody(name: str) -> None:
    value = read_name(name)
    assert value.kind is NameKind.NOBODY
    assert not value.letters
    assert not value.key


@pytest.mark.parametrize(
    "name",
    [
        "王伟", "吴名", "毛毛雨", "王毛毛", "王宝宝", "张三", "李四", "王子", "柳之女贞",
        "安测", "未央", "急先锋", "孔空", "莫愁", "童谣", "方婴宁", "盛男", "胜男", "贾宝玉",
        "文之子衿", "Ng", "Li", "男生",
    ],
)  # fmt: skip
def test_a_real_name_is_a_name(name: str) -> None:
    assert read_name(name).kind in (NameKind.HANZI, NameKind.LATIN)


NEWBORNS = [
    ("李秀英之子", 0, "M"),
    ("李秀英之女", 0, "F"),
    ("李秀英之大女", 1, "F"),
    ("李秀英之二子", 2, "M"),
    ("李秀英之小女", -1, "F"),
    ("李秀英之长子", 1, "M"),
    ("李秀英之次女", 2, "F"),
    ("李秀英之子1", 1, "M"),
    ("李秀英婴", 0, ""),
    ("李秀英之婴", 0, ""),
    ("李秀英BB", 0, ""),
    ("李秀英毛毛", 0, ""),
    ("李秀英男婴", 0, "M"),
    ("李秀英女婴2", 2, "F"),
    ("李秀英之女A", 1, "F"),
    ("李秀英之双胞胎大", 1, ""),
    ("李秀英宝宝", 0, ""),
    ("李秀英 之女", 0, "F"),
    ("李秀英新生儿", 0, ""),
    ("李秀英之三胞胎小", -1, ""),
]


@pytest.mark.parametrize(("name", "order", "sex"), NEWBORNS, ids=[row[0] for row in NEWBORNS])
def test_a_newborn_is_named_after_the_mother(name: str, order: int, sex: str) -> None:
    value = read_name(name)
    assert (value.kind, value.key) == (NameKind.NEWBORN, "李秀英")
    assert (value.child_order, value.child_sex) == (order, sex)


def test_an_unknown_mother_makes_an_unknown_child() -> None:
    assert read_name("无名氏之子").kind is NameKind.NOBODY


def test_the_sound_of_a_name_that_lost_a_character_is_unknown() -> None:
    assert read_name("王?").letters == ""
    assert read_name("王𠮷").letters == ""
    assert read_name("王yan").letters == read_name("王䶮").letters != ""


names = st.one_of(
    st.text(max_size=12),
    st.text(
        st.sampled_from("王李张欧阳曾单萧肖子轩伟玮明末未䶮𠮷?*□某之女大小婴BB·• 1AWangxiǎo\ue81e"),
        max_size=9,
    ),
)


@example("B0B0B", "A0AA0A")
@given(names, names)
def test_comparing_is_symmetric_and_never_fails(a: str, b: str) -> None:
    x, y = read_name(a), read_name(b)
    assert compare_names(x, y) is compare_names(y, x)


@given(names)
def test_a_name_is_equal_to_itself_unless_it_is_nobodys(name: str) -> None:
    value = read_name(name)
    level = compare_names(value, read_name(name))
    if value.kind is NameKind.NOBODY:
        assert level is L.INCOMPARABLE
    else:
        assert level is (L.LOST_CHARACTER if value.lossy else L.EQUAL)


@given(st.permutations(["wang", "xiao", "ming"]), st.sampled_from([" ", "  ", ", ", "-"]))
def test_any_order_of_romanised_words_is_one_name(words: list[str], between: str) -> None:
    value = read_name(between.join(words).title())
    assert value.letters == read_name("王小明").letters
    assert compare_names(value, read_name("王小明")) is L.SAME_PINYIN


CALLED = [
    ("姓差两字母", "Laura", "Walpole", "Laura", "Walpool", L.ALIKE),
    ("姓少一字母", "Laura", "Walpole", "Laura", "Walpoe", L.SURNAME_SLIP),
    ("姓颠倒两字母", "Laura", "Hobson-Weir", "Laura", "Hosbon-Weir", L.SURNAME_SLIP),
    ("改姓", "Laura", "Walpole", "Laura", "Brandt", L.GIVEN_NAME_ONLY),
    ("短姓差一字母", "Linh", "Vo", "Linh", "Vu", L.ALIKE),
    ("姐妹", "Kristin", "Walpole", "Kristen", "Walpole", L.SIMILAR_SHAPE),
    ("姓与名填反的姐妹", "Walpole", "Katarina", "Walpole", "Katerina", L.SIMILAR_SHAPE),
    ("姓也是名，填反的姐妹", "Martin", "Katarina", "Martin", "Katerina", L.SIMILAR_SHAPE),
    ("一方填反", "Laura", "Walpole", "Walpoe", "Laura", L.SIMILAR_SHAPE),
    ("拼音", "Wei", "Wang", "Wei", "Weng", L.ONE_CHARACTER),
    ("未说姓", "Laura Walpole", "", "Laura", "Walpoe", L.SIMILAR_SHAPE),
]


@pytest.mark.parametrize(
    ("given_name", "family", "other_given", "other_family", "level"),
    [row[1:] for row in CALLED],
    ids=[row[0] for row in CALLED],
)
def test_a_slip_in_the_surname_is_one_where_the_given_name_is_known(
    given_name: str, family: str, other_given: str, other_family: str, level: L
) -> None:
    x = read_name(f"{given_name} {family}", family)
    y = read_name(f"{other_given} {other_family}", other_family)
    assert compare_names(x, y) is compare_names(y, x) is level


def test_a_family_name_counts_only_beside_another_word_of_a_name_in_letters() -> None:
    assert read_name("Laura Walpole", "WALPOLE").family == ("walpole",)
    assert read_name("Walpole", "Walpole").family == ()
    assert read_name("Laura Walpole", "Brandt").family == ()
    assert read_name("王小明", "王").family == ()


@pytest.mark.parametrize("name", ["王龴", "王䶮", "王𠮷", "张𤇾明"])
@pytest.mark.parametrize(
    ("charset", "codec"), [("GB 18030-2000", "gb18030"), ("UNICODE UTF-8", "utf-8")]
)
def test_a_rare_name_survives_hl7_in_either_charset(name: str, charset: str, codec: str) -> None:
    sent = (
        f"MSH|^~\\&|HIS|H|||2026||ADT^A04|1|P|2.5||||||{charset}\rPID|1||7||{name[0]}^{name[1:]}\r"
    )
    message = parse(sent.encode(codec))
    received = read_name(message.get("PID-5.1") + message.get("PID-5.2"))
    assert compare_names(received, read_name(name)) is L.EQUAL


@pytest.mark.parametrize(
    ("sent", "name"),
    [(b"\xcd\xf5\xfeY", "王龴"), (b"\xcd\xf5\xfe\x91", "王𤇾"), (b"\xcd\xf5\xfe\xa0", "王龻")],
)
def test_a_name_in_the_positions_of_before_2022_is_the_real_one(sent: bytes, name: str) -> None:
    head = b"MSH|^~\\&|HIS|H|||2026||ADT^A04|1|P|2.5||||||GB 18030-2000\rPID|1||7||"
    received = read_name(parse(head + sent + b"\r").get("PID-5.1"))
    assert compare_names(received, read_name(name)) is L.EQUAL
    assert not received.lossy
