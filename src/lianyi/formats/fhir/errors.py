"""What can be wrong with the text of a FHIR resource before anyone asks what it says."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class MalformedFhir(LianyiError):
    """The bytes are not the JSON or XML of a FHIR resource."""

    code = "LY-2200"
    category = Category.INVALID
    en = Told(
        "cannot read this FHIR resource",
        "{why}",
        "have the sender write one resource as FHIR JSON or FHIR XML, in UTF-8",
    )
    zh = Told(
        "无法读取 FHIR 资源",
        "{why_zh}",
        "请发送方以 UTF-8 编码的 FHIR JSON 或 FHIR XML 书写一个资源",
    )


class FhirTooLarge(LianyiError):
    """The text is longer than this door takes."""

    code = "LY-2201"
    category = Category.INVALID
    en = Told(
        "cannot read this FHIR resource",
        "it has {size_bytes} bytes, more than the {size_bytes_max} that are taken here",
        "send it in smaller parts, and documents and images as Binary resources of their own",
    )
    zh = Told(
        "无法读取 FHIR 资源",
        "大小为 {size_bytes} 字节，超过此处允许的 {size_bytes_max} 字节",
        "请拆分后发送；文档与影像请作为单独的 Binary 资源发送",
    )


class FhirTooDeep(LianyiError):
    """Elements stand in one another deeper than any resource needs."""

    code = "LY-2202"
    category = Category.INVALID
    en = Told(
        "cannot read this FHIR resource",
        "its elements stand in one another more than {depth_max} deep",
        "look at what made it: no resource of FHIR needs that",
    )
    zh = Told(
        "无法读取 FHIR 资源",
        "元素嵌套超过 {depth_max} 层",
        "请检查生成它的程序：FHIR 资源不需要这样深的嵌套",
    )
