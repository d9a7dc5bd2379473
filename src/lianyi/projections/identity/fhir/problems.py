"""What can go wrong at the FHIR doors of the index, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableFhir(LianyiError):
    """What was sent or asked is not as FHIR R4 has it, or not something that these doors know."""

    code = "LY-2140"
    category = Category.INVALID
    en = Told(
        "cannot read this FHIR request",
        "{why}",
        "compare it with the CapabilityStatement at /fhir/metadata",
    )
    zh = Told("无法读取该 FHIR 请求", "{why_zh}", "请对照 /fhir/metadata 中的能力声明")


class UnknownSourceDomain(LianyiError):
    """PIXm: nobody whom whoever asks may see has an identifier of this authority."""

    code = "LY-2141"
    category = Category.INVALID
    en = Told(
        "sourceIdentifier Assigning Authority not found",
        "no patient whom you may see has an identifier of this authority",
        "compare the system with those of the identifiers that a Patient has",
    )
    zh = Told(
        "sourceIdentifier 的标识分配机构不存在",
        "您可查看的患者中没有该机构的标识",
        "请与 Patient 中标识的 system 核对",
    )


class UnknownTargetDomain(LianyiError):
    """PIXm: identifiers of an authority are wanted of whose patients none may be seen."""

    code = "LY-2142"
    category = Category.FORBIDDEN
    en = Told(
        "targetSystem not found",
        "no patient whom you may see has an identifier of one of these authorities",
        "leave targetSystem out to get every identifier",
    )
    zh = Told(
        "targetSystem 不存在",
        "您可查看的患者中没有其中某个机构的标识",
        "去掉 targetSystem 即可得到全部标识",
    )


class UnknownSourceIdentifier(LianyiError):
    """PIXm: the authority is known, and has no such identifier that may be seen."""

    code = "LY-2143"
    category = Category.NOT_FOUND
    en = Told(
        "sourceIdentifier Patient Identifier not found",
        "no patient whom you may see has this identifier",
        "compare it with where it came from",
    )
    zh = Told(
        "sourceIdentifier 的患者标识不存在",
        "您可查看的患者中没有该标识",
        "请与其来源核对",
    )


class NothingIsDeleted(LianyiError):
    """ITI-104 with the Remove Patient option: what was said stays in the log."""

    code = "LY-2144"
    category = Category.UNSUPPORTED
    en = Told(
        "a patient cannot be deleted here",
        "what systems said of patients is kept, so that every decision can be taken back",
        "if it is a duplicate, send it with a link 'replaced-by'; erasure that the law demands is"
        " done on the message",
    )
    zh = Told(
        "此处不能删除患者",
        "各系统所述的患者信息均予保留，以便任何决定都可以撤销",
        "如系重复记录，请发送带 replaced-by 链接的 Patient；依法删除须针对消息办理",
    )


def unreadable(where: str, why: str, why_zh: str) -> UnreadableFhir:
    """Return the error for a request that cannot be read."""
    return UnreadableFhir(where=where, why=why, why_zh=why_zh)
