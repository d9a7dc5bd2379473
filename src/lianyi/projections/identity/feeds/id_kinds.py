"""What a sender's word for a number means: is it his own patient identifier, a card, a document?

HL7 v2 and FHIR write codes of table 0203, Chinese systems also those of WS 364.3, abbreviations of
pinyin, or the word itself; tables have it as a heading.

Sources:
    HL7 v2 table 0203; WS 364.3-2011 CV02.01.101 (身份证件类别代码); WS/T 500 (OIDs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from lianyi.projections.identity.registration import Identifier, IdKind
from lianyi.projections.identity.values.identifiers import read_id
from lianyi.projections.identity.values.text import digits_of


class Number(NamedTuple):
    """A number as a message has it, before anybody knows what it is.

    Attributes:
        value: as sent.
        code: the sender's word for what it is; empty when he has none.
        authority: who gave it; empty when he does not say.
        issuer: of a document, where that is somebody else, a country.
        status: as sent.
        valid_until: last day of validity.
        valid_from: first day of validity.
        replaced_by: number of the card that took its place.
    """

    value: str
    code: str = ""
    authority: str = ""
    issuer: str = ""
    status: str = ""
    valid_until: date | None = None
    valid_from: date | None = None
    replaced_by: str = ""


class _Word(NamedTuple):
    """What a code means.

    Attributes:
        own: how surely it names the sender's own patient identifier, 0 first; None: it does not.
        kind: what else it names; None: a number of a visit or account, which is no person's.
            What is somebody's own number is OTHER to everybody else.
    """

    own: int | None
    kind: IdKind | None


_OWN: Final = (
    "MR MRN 病历号 病案号 患者ID 患者编号 患者标识 病人ID 病人编号 登记号 PATIENTID PATIENTNO",
    "PI PT PN MRT LR 主索引 EMPI",
)
"""The better first: the record's own number, then a person's number in some other register."""
_UNSURE: Final = len(_OWN)
"""An own number that has no code, or one that nobody knows."""
_DOCUMENTS: Final = {
    IdKind.CITIZEN: "NNCHN 01 02 SFZ SFZH IDCARD IDCARDNO IDNO 身份证 居民身份证 公民身份 户口簿 "
    "居民户口簿 HKB",
    IdKind.UNSAID: "NI CZ 证件 身份证件 有效证件",
    IdKind.RESIDENCE_PERMIT: "港澳台居民居住证 港澳台居住证 GATJZZ",
    IdKind.HOME_RETURN_PERMIT: "06 港澳居民来往内地通行证 港澳通行证 回乡证 HXZ GATXZ",
    IdKind.TAIWAN_PERMIT: "07 台湾居民来往内地通行证 台湾居民来往大陆通行证 台湾通行证 台胞证 TBZ",
    IdKind.FOREIGNER_RESIDENCE: "PRC 外国人永久居留身份证 外国人永久居留证 永久居留证",
    IdKind.PASSPORT: "PPN 03 PASSPORT 护照 HZ",
    IdKind.MILITARY: "MI 04 军官证 士兵证 文职干部证 警官证 军人证 JGZ",
    IdKind.BIRTH_CERTIFICATE: "BR BCT 出生证 出生证明 出生医学证明 CSZM CSYXZM",
    IdKind.HEALTH_CARD: "HC 健康卡 居民健康卡 JKK JMJKK",
    IdKind.E_HEALTH_CARD: "EHC 电子健康卡 DZJKK",
    IdKind.INSURANCE: "MC MA SN MB 医保 医保卡 医保电子凭证 医疗保险 医疗保险卡 YB YBK YBH",
    IdKind.SOCIAL_SECURITY: "SS 社保 社保卡 社会保障 社会保障卡 SBK",
    IdKind.HOSPITAL_CARD: "就诊卡 诊疗卡 一卡通 JZK JZKH",
    IdKind.BRACELET: "腕带 WD",
    IdKind.OTHER: "DL 05 99 驾驶证 BC TAX VS WP NH JHN 健康档案 居民健康档案 XX EI EN DN",
}
_VISITS: Final = "AN ANC AND ANT VN FIN HAR 就诊 就诊流水 流水 账户 账号"
_WORDS: Final = {
    **{word: _Word(n, IdKind.OTHER) for n, words in enumerate(_OWN) for word in words.split()},
    **{word: _Word(None, kind) for kind, words in _DOCUMENTS.items() for word in words.split()},
    **{word: _Word(None, None) for word in _VISITS.split()},
}
_NATIONAL: Final = re.compile(r"N[NI][A-Z]{3}")
"""``NNxxx``: the national number of another country, by its ISO 3166 code."""
_KIND_OIDS: Final = "2.16.156.10011.1."
"""OIDs of WS/T 500 for kinds of numbers: that of 住院号 says inpatient number, and not whose."""
_OF_PERSONS: Final = {
    f"{_KIND_OIDS}3": "身份证",
    f"{_KIND_OIDS}19": "健康卡",
    f"{_KIND_OIDS}2": "健康档案",
    "2.16.840.1.113883.4.1": "SS",
}
"""Authorities that are one kind of number of the whole country."""
_NUMBERED: Final = re.compile(r"(号码|编号|号|编码)$")


@lru_cache(maxsize=1024)
def _word(code: str) -> _Word:
    text = digits_of(code)
    found = _WORDS.get(text) or _WORDS.get(_NUMBERED.sub("", text))
    if found is not None:
        return found
    if _NATIONAL.fullmatch(text):
        return _Word(None, IdKind.OTHER)
    return _Word(_UNSURE, IdKind.UNSAID)


def _meaning(number: Number) -> _Word:
    return _word(number.code or _OF_PERSONS.get(number.authority, ""))


def document_of(code: str, value: str) -> IdKind:
    """Say what a number is that is known to be no number of ours: by its code, else its shape."""
    kind = kind_said(code)
    if kind is None:
        return IdKind.OTHER if code else kind_by_shape(value)
    return kind or kind_by_shape(value)


def authority_of(said: str, sender: str) -> str:
    """Return who gave a number, where the sender may have written what it is instead.

    Args:
        said: authority as sent; empty stays empty.
        sender: who assigns the numbers that every hospital has of that kind.
    """
    if said.startswith(_KIND_OIDS) and said not in _OF_PERSONS:
        return f"{sender} {said}"
    return said


def kind_said(code: str) -> IdKind | None:
    """Say which document or card a code names; None: none that anybody knows."""
    word = _word(code)
    return word.kind if word.own is None else None


def looks_like_document(value: str) -> bool:
    """Tell whether a number of which nobody says what it is has the shape of a document's.

    ``read_id`` will recognise it, and nothing in it (date, check digit) speaks against it.
    """
    read = read_id(value)
    return read.kind is not IdKind.UNSAID and read.valid is not False


def kind_by_shape(value: str) -> IdKind:
    """Say which document a number is of which nobody says it; OTHER where its shape is no one's."""
    kind = read_id(value).kind
    return IdKind.OTHER if kind is IdKind.UNSAID else kind


def own_of(numbers: Sequence[Number], *, home: Iterable[str] = ()) -> int | None:
    """Choose the sender's own patient identifier among the numbers of one record.

    One that is called so comes first, before that one of which nobody says what it is; among
    either, one that the sender gave, then the better code, then the first. A number that is called
    a document, a card or a visit never is; one that only looks like a document's is, if there is
    no other.

    Args:
        numbers: of one patient.
        home: names by which the sender may call himself as an authority.

    Returns:
        Its place; None when there is none.
    """
    best: tuple[int, bool, int, int] | None = None
    for place, number in enumerate(numbers):
        own = _meaning(number).own
        if own is None or not number.value.strip():
            continue
        tier = 0
        if own == _UNSURE:
            tier = 2 if looks_like_document(number.value) else 1
        rank = (tier, number.authority not in home, own, place)
        if best is None or rank < best:
            best = rank
    return best[3] if best else None


def owns_of(numbers: Sequence[Number]) -> list[Number]:
    """Return all that may be the sender's own among some numbers; see :func:`own_of`."""
    found = [one for one in numbers if _meaning(one).own is not None and one.value.strip()]
    sure = [one for one in found if one.code or not looks_like_document(one.value)]
    return sure or found


def identifiers_of(numbers: Sequence[Number], own: Number) -> tuple[Identifier, ...]:
    """Return everything among the numbers of a record that identifies the person besides ``own``.

    The own one is among them where it looks like a document's. Numbers of visits are left out.
    """
    found: dict[Identifier, None] = {}
    for number in numbers:
        word = _meaning(number)
        kind = word.kind
        if kind is None or not number.value.strip():
            continue
        if word.own == _UNSURE or kind is IdKind.UNSAID:
            kind = kind_by_shape(number.value)
        same = number.value == own.value and number.authority in ("", own.authority)
        if same and kind is IdKind.OTHER:
            continue
        issuer = number.issuer or number.authority
        if kind is IdKind.OTHER and not issuer:
            issuer = number.code
        one = Identifier(
            kind,
            number.value,
            issuer,
            number.status,
            number.valid_until,
            valid_from=number.valid_from,
            replaced_by=number.replaced_by,
        )
        found[one] = None
    return tuple(found)
