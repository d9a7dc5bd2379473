"""What can be wrong with the text of a clinical document before anyone asks what it says."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class MalformedCda(LianyiError):
    """The bytes are not a document of CDA R2; ``where`` names element and line."""

    code = "LY-2300"
    category = Category.INVALID
    en = Told(
        "cannot read this clinical document",
        "{why}",
        "have the sender correct the element that is named, and send the document again",
    )
    zh = Told(
        "无法读取该临床文档",
        "{why_zh}",
        "请发送方更正所指出的元素后重新发送文档",
    )


class CdaTooLarge(LianyiError):
    """The text is longer than is taken."""

    code = "LY-2301"
    category = Category.INVALID
    en = Told(
        "cannot read this clinical document",
        "it has {size_bytes} bytes, more than the {size_bytes_max} that are taken",
        "have the sender keep images and scans in files of their own, and refer to them",
    )
    zh = Told(
        "无法读取该临床文档",
        "大小为 {size_bytes} 字节，超过允许的 {size_bytes_max} 字节",
        "请发送方将影像和扫描件作为单独文件保存，在文档中引用",
    )


class CdaTooDeep(LianyiError):
    """Elements stand in one another deeper than any document needs."""

    code = "LY-2302"
    category = Category.INVALID
    en = Told(
        "cannot read this clinical document",
        "its elements stand in one another more than {depth_max} deep",
        "look at what made it: no clinical document needs that",
    )
    zh = Told(
        "无法读取该临床文档",
        "元素嵌套超过 {depth_max} 层",
        "请检查生成它的程序：临床文档不需要这样深的嵌套",
    )


def broken(where: str, why: str, why_zh: str) -> MalformedCda:
    """Return what is wrong with a document, in both languages."""
    return MalformedCda(where=where, why=why, why_zh=why_zh)
