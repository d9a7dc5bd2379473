"""What can go wrong with a query over HL7 v2, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnknownPeer(LianyiError):
    """Whoever asks is none of the systems that may."""

    code = "LY-2145"
    category = Category.FORBIDDEN
    en = Told(
        "this system may not ask",
        "sender, network address and certificate are those of no system that is known here",
        "register the system in the settings, section [identity], key query_peers",
    )
    zh = Told(
        "该系统无权查询",
        "发送方、网络地址与证书不属于任何已登记的系统",
        "请在设置 [identity] 的 query_peers 中登记该系统",
    )


class UnknownPatient(LianyiError):
    """The authority is known, but no patient of it that may be seen has this identifier."""

    code = "LY-2146"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such patient",
        "the assigning authority has no patient with this identifier that you may see",
        "compare the identifier with where it came from",
    )
    zh = Told("查无此患者", "该标识分配机构没有您可查看的此标识患者", "请与来源核对标识")


class UnknownDomain(LianyiError):
    """No record that may be seen is of this assigning authority."""

    code = "LY-2147"
    category = Category.NOT_FOUND
    en = Told(
        "this assigning authority is not known",
        "no patient that you may see has an identifier of it",
        "correct the authority; it is written as in the messages that feed the index",
    )
    zh = Told(
        "未知的标识分配机构",
        "您可查看的患者中没有该机构分配的标识",
        "请更正机构名称；其写法应与推送消息中一致",
    )


class UnclearQuery(LianyiError):
    """A query that cannot be answered as it is."""

    code = "LY-2148"
    category = Category.INVALID
    en = Told("cannot answer this query", "{why}", "correct the query; see the guide identity-hl7")
    zh = Told("无法回答该查询", "{why_zh}", "请更正查询；参见指南 identity-hl7")
