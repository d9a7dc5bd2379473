"""Why an HL7 v2 message says nothing about anybody's care that could be kept."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NamesNobody(LianyiError):
    """A message about care does not say by which identifier the sender knows the patient."""

    code = "LY-2280"
    category = Category.INVALID
    en = Told(
        "cannot tell whose care this message is about",
        "PID names no patient identifier of the sender's own; the number of a document, a card or"
        " a visit is none",
        "let the sender fill PID-3, and send the message again",
    )
    zh = Told(
        "无法判断该消息关于哪位患者",
        "PID 中没有发送方自己的患者标识；证件号、卡号或就诊号不能代替",
        "让发送方填写 PID-3 后重新发送",
    )


class TooMuchSaid(LianyiError):
    """A message says more than anybody's record can take at once."""

    code = "LY-2281"
    category = Category.INVALID
    en = Told(
        "cannot take in this message", "{why}", "let the sender divide it, and send the parts"
    )
    zh = Told("无法接收该消息", "{why_zh}", "让发送方拆分后分别发送")


class WrongTable(LianyiError):
    """A mapping table of the package or of the site cannot be used."""

    code = "LY-2282"
    category = Category.INVALID
    en = Told("cannot use this mapping table", "{why}", "correct the row that is named")
    zh = Told("无法使用该映射表", "{why_zh}", "更正所指出的行")
