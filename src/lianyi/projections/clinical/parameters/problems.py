"""What can be wrong with a search parameter of one's own, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnusableParameter(LianyiError):
    """A file or a resource is no SearchParameter that can be used."""

    code = "LY-2360"
    category = Category.INVALID
    en = Told(
        "cannot use this search parameter",
        "{why}",
        "correct the file or resource; docs/guides/clinical-search.md says what it holds",
    )
    zh = Told(
        "无法使用该检索参数", "{why_zh}", "更正文件或资源；写法见 docs/guides/clinical-search.zh.md"
    )


class UnusableExpression(LianyiError):
    """The FHIRPath expression of a search parameter cannot be used."""

    code = "LY-2361"
    category = Category.INVALID
    en = Told(
        "cannot use the expression of this search parameter",
        "at its {at}: {why}",
        "correct the expression; docs/reference/fhirpath.md says what it may hold",
    )
    zh = Told(
        "无法使用该检索参数的表达式",
        "{at} 处：{why_zh}",
        "更正表达式；docs/reference/fhirpath.md 列出了可用的写法",
    )


class ParameterIncomplete(LianyiError):
    """A search names a parameter that is being indexed: the answer would not be whole."""

    code = "LY-2362"
    category = Category.UNAVAILABLE
    en = Told(
        "this search parameter is still being indexed",
        "{done} of about {total} resources are done, and the answer would not be whole",
        "ask again later; see 'lianyi parameters status'",
    )
    zh = Told(
        "该检索参数尚在建立索引",
        "已完成约 {total} 个资源中的 {done} 个，此时结果不完整",
        "请稍后再查；进度见 lianyi parameters status",
    )
