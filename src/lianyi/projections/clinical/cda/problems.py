"""Why a clinical document says nothing about anybody's care that could be kept."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class DocumentOfNobody(LianyiError):
    """A document does not say by any number who the patient is."""

    code = "LY-2303"
    category = Category.INVALID
    en = Told(
        "cannot tell whose document this is",
        "recordTarget/patientRole names no number of the patient",
        "let the sender fill patientRole/id, and send the document again",
    )
    zh = Told(
        "无法判断该文档关于哪位患者",
        "recordTarget/patientRole 中没有患者标识",
        "让发送方填写 patientRole/id 后重新发送文档",
    )


class WrongEntryTable(LianyiError):
    """A mapping table of clinical documents cannot be used."""

    code = "LY-2304"
    category = Category.INVALID
    en = Told("cannot use this mapping table", "{why}", "correct the row that is named")
    zh = Told("无法使用该映射表", "{why_zh}", "更正所指出的行")
