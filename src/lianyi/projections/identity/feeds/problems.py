"""Why a message says nothing about a patient that anybody could keep."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NamesNoPatient(LianyiError):
    """A registration, a merge or a link does not say by which identifier the sender knows her."""

    code = "LY-2121"
    category = Category.INVALID
    en = Told(
        "cannot read whose registration this is",
        "the sender's own patient identifier is missing; the number of a document, a card or a"
        " visit is none",
        "let the sender fill the field, and send the message again",
    )
    zh = Told(
        "无法读出这是谁的登记",
        "缺少发送方自己的患者标识；证件号、卡号或就诊号不能代替",
        "让发送方填写该字段后重新发送",
    )


class UnreadableRegistration(LianyiError):
    """A registration is not in the form that it claims, or nobody can keep what it says."""

    code = "LY-2122"
    category = Category.INVALID
    en = Told("cannot read this registration", "{why}", "correct it in the sending system")
    zh = Told("无法读取该患者登记", "{why_zh}", "在发送系统中更正")


def unreadable(where: str, why: str, why_zh: str) -> UnreadableRegistration:
    """Return the failure of a registration that nobody can read."""
    return UnreadableRegistration(where=where, why=why, why_zh=why_zh)
