"""Words that stand in a name field and are no name: nobody, tests, the newborn of somebody."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from lianyi.projections.identity.values.text import LOST

_NOBODY: Final = re.compile(
    r"""
    无名氏? | 无名(男|女)(性|尸|童|婴|士|子)? | 空 | 暂无 | 没有
    | 无(姓名|名字|名称|主|此人|人|身份)?
    | 未知.* | 未(提供|填|填写|登记|取名|起名|命名|定名|录入|说明|详|报)(姓名)?
    | 不(详|明|知|清|知道|知名)(姓名|身份|人员|男|女|男性|女性|氏)?
    | (姓名|身份)(不详|不明|未知|待查).*
    | 三无(人员|病人|患者|男|女)? | 无主(病人|患者)? | 流浪(汉|人|人员|者)? | 乞丐 | 醉(汉|酒者?)
    | 路人.? | 某{1,3} | 某(男|女)(子|性|士)? | 某(患者|病人|先生|人) | 匿名.? | 佚名 | 保密
    | 待(定|查|补|补录|核实|完善|登记)
    | (急诊|急救|抢救|外伤|车祸|昏迷|危重|绿色通道|群伤|院前|120)
      (病人|患者|伤员|伤者|无名氏?|男|女|男性|女性|未知)?
    | 病人 | 患者 | 伤员 | 伤者 | 男性? | 女性? | 先生 | 女士
    | 测试.* | .{1,3}测试(人|人员|病人|患者|用户|数据|号)?
    | 试验 | 演示.* | 样例.* | 散客 | 体检(散客|人员)?
    | 姓名 | 名字 | 患者姓名 | 请输入.* | 婴儿? | 新生儿 | (男|女)(婴|孩|童)儿? | 宝宝 | 毛毛
    | (unknown|anonymous|no\s?name|unnamed|unidentified|test|testing|tester|demo|dummy|null|none|nil
        |n/?a|john\sdoe|jane\sdoe|patient|tbd|asdf\w*|qwer\w*|abc|xyz)
      (\s?(male|female|man|woman|patient|person|user|name|test))*
    | (?P<same>[a-z])(?P=same)*
    | [\W_]*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REMARK: Final = re.compile(r"[(\[【<《][^()\[\]]*[)\]】>》]?")
_COUNTER: Final = re.compile(
    r"(?<=[\u3400-\u9fff]{2})[\s\-_#]*(?:\d+|[A-H])(?:号|床)?$|[\s\-_#]*\d+$"
)
_ADDRESS: Final = re.compile(
    r"^([\u3400-\u9fff]{1,2})(先生|女士|小姐|太太|师傅|同志|阿姨|大爷|大妈|姓)$"
)
_CHILD: Final = re.compile(
    r"""
    ^(?P<mother>.{2,}?)\s?
    (?:
        之 (?P<order>大|小|长|次|幼|双胞胎?[大小]?|三胞胎?[大小]?|[一二三四五1-5甲乙丙丁AB])?
           (?P<child>子|女|儿子|女儿|男|男婴|女婴|婴儿?|宝宝|宝|毛毛|孩子?)?
           (?P<after>[一二三四五1-5甲乙丙丁AB])?
      | (?P<order2>大|小|长|次|[一二三四五1-5甲乙丙丁])?
           (?P<child2>男婴|女婴|婴儿?|新生儿|毛毛|宝宝|BB|baby|b/o|bb(?:男|女|子|仔)|毛头|毛)
           (?P<after2>[一二三四五1-5甲乙丙丁AB])?
      | (?P<child3>新生儿)(?P<order3>大|小)?(?P<sex3>男|女)?
    )$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BABY_OF: Final = re.compile(
    r"^(?:baby|newborn|infant|b/o)\s(?:boy\s|girl\s)?(?:of\s)?(?P<mother>.{2,})$", re.I
)
_ORDER: Final[dict[str, int]] = {
    **dict.fromkeys(("大", "长", "一", "1", "甲", "A"), 1),
    **dict.fromkeys(("次", "二", "2", "乙", "B"), 2),
    **dict.fromkeys(("三", "3", "丙"), 3),
    **dict.fromkeys(("四", "4", "丁"), 4),
    "五": 5,
    "5": 5,
}


class Child(NamedTuple):
    """What the name of an unnamed newborn says.

    Attributes:
        mother: the mother's name as written.
        order: among those born together, from 1; 0 when it is not said; -1 for 小, "the younger".
        sex: ``M``, ``F`` or empty.
    """

    mother: str
    order: int
    sex: Literal["M", "F", ""]


_LEADS: Final = frozenset(
    "无空暂没未不姓身三流乞醉路某匿佚保待急抢外车昏危绿群院病患伤男女先测试演样散体名请婴新宝毛無沒車傷試測"
)
POLITE_ENDS: Final = frozenset("生士姐太傅志姨爷妈姓")


def is_suspect(text: str) -> bool:
    """Whether a name of nothing but characters has to be looked at by ``is_nobody``."""
    return text[0] in _LEADS or "试" in text or "試" in text


def is_nobody(text: str) -> bool:
    """Whether a normalised name names nobody: unknown, withheld, a test, a word, one letter."""
    return _NOBODY.fullmatch(_COUNTER.sub("", text)) is not None


def without_remarks(text: str) -> str:
    """Drop what clerks add to a name: ``(大)``, a counter of namesakes, 先生 (as a lost name)."""
    if "(" in text or "[" in text or "【" in text or "<" in text:
        text = _REMARK.sub("", text).strip() or text
    last = text[-1:]
    if (last.isascii() and last.isalnum()) or last in "号床":
        text = _COUNTER.sub("", text) or text
    polite = _ADDRESS.match(text) if last in POLITE_ENDS else None
    return polite[1] + LOST if polite else text


_CHILD_ENDS: Final = frozenset("子女儿男婴宝毛孩头仔大小长次幼一二三四五12345甲乙丙丁ABabyYoO")


def find_child(text: str) -> Child | None:
    """Read 某某之子, 某某之大女, 某某男婴, 某某BB, Baby of ...; None for any other name.

    A name of two characters before 毛毛 or 宝宝 is a mother; one character is a surname, and the
    child is then somebody's real name (王毛毛).
    """
    if text.isascii():
        found = _BABY_OF.match(text)
        return Child(found["mother"], 0, "") if found else None
    found = _CHILD.match(text) if text[-1] in _CHILD_ENDS else None
    if found is None:
        return None
    said = found["child"] or found["child2"] or found["sex3"] or ""
    mark = (found["order"] or found["order2"] or found["order3"] or "").upper()
    after = (found["after"] or found["after2"] or "").upper()
    if found["child2"] == "毛" and not mark:
        return None
    twin = mark.removeprefix("双胞").removeprefix("三胞").removeprefix("胎")
    order = _ORDER.get(twin) or _ORDER.get(after) or (-1 if twin in ("小", "幼") else 0)
    sex: Literal["M", "F", ""] = ""
    if "女" in said:
        sex = "F"
    elif said in ("子", "儿子", "男", "男婴", "bb男", "bb子", "bb仔", "BB男", "BB子", "BB仔"):
        sex = "M"
    return Child(found["mother"], order, sex)
