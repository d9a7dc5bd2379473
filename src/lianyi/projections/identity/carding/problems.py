"""What can go wrong with cards, in words. No error says what was scanned."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoCardAuthority(LianyiError):
    """Nobody who is asked about codes issued one of this form, or of this name."""

    code = "LY-2160"
    category = Category.NOT_FOUND
    en = Told(
        "nobody here can resolve this code",
        "no card authority of the settings issues codes of this form",
        "scan the code of another card, type the number that is printed on it, or let the"
        " administrator add the authority to card_authorities in the section [identity]",
    )
    zh = Told(
        "没有机构能解析此码",
        "设置中没有签发此类码的发卡机构",
        "请改扫其他卡的码或录入卡面号码；或请管理员在设置 [identity] 的 card_authorities 中"
        "添加该机构",
    )


class CodeRefused(LianyiError):
    """Whoever issued a code does not know it, or it has run out."""

    code = "LY-2161"
    category = Category.INVALID
    en = Told(
        "this code does not count",
        "the card authority '{authority}' does not know it, or it has run out",
        "let the patient refresh the code on the phone and scan it again",
    )
    zh = Told(
        "此码无效", "发卡机构“{authority}”不认识此码，或此码已过期", "请患者在手机上刷新后重新扫码"
    )


class CardAuthorityUnavailable(LianyiError):
    """Whoever issued a code does not answer, or not in the form that was agreed."""

    code = "LY-2162"
    category = Category.UNAVAILABLE
    en = Told(
        "the card authority does not answer",
        "'{authority}': {why}",
        "type the number of the card or of the identity card meanwhile, and try again later",
    )
    zh = Told(
        "发卡机构没有应答",
        "“{authority}”：{why_zh}",
        "请先录入卡号或身份证号，稍后再试",
    )


class NoSuchCardRecord(LianyiError):
    """Cards are changed of a record that is not there for whoever asks."""

    code = "LY-2164"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such record",
        "no record that you may see has this patient identifier",
        "open the person and change the card there",
    )
    zh = Told("没有这条记录", "您可查看的记录中没有此患者标识", "请打开该患者后再办理")
