"""What can go wrong with clinical resources, in words."""

from __future__ import annotations

from typing import Final

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableResource(LianyiError):
    """What was sent is not as FHIR R4 has it, or nothing that these doors know."""

    code = "LY-2235"
    category = Category.INVALID
    en = Told(
        "cannot read this resource",
        "{why}",
        "compare it with FHIR R4, and the request with the CapabilityStatement at /fhir/metadata",
    )
    zh = Told(
        "无法读取该资源",
        "{why_zh}",
        "请对照 FHIR R4 规范；请求方式请对照 /fhir/metadata 中的能力声明",
    )


class NoSuchResource(LianyiError):
    """Nothing stands under this id that whoever asks may see."""

    code = "LY-2236"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such resource",
        "nothing that you may see stands under this type and id",
        "compare the id with where it came from, or search for the resource",
    )
    zh = Told("没有该资源", "该类型和 id 下没有您可查看的内容", "请与 id 的来源核对，或改用检索")


class ResourceGone(LianyiError):
    """The resource was deleted; its history can still be read."""

    code = "LY-2237"
    category = Category.NOT_FOUND
    en = Told(
        "this resource was deleted",
        "it is gone since version {version}",
        "read its history to see what it said",
    )
    zh = Told("该资源已删除", "自版本 {version} 起已删除", "可读取其历史版本")


class VersionConflict(LianyiError):
    """Somebody else has changed the resource since it was read."""

    code = "LY-2238"
    category = Category.CONFLICT
    en = Told(
        "this resource was changed meanwhile",
        "it stands at version {version}, and the request means another one",
        "read it again, look at what changed, and send the change anew",
    )
    zh = Told(
        "该资源已被他人修改",
        "当前为版本 {version}，与请求所指版本不同",
        "请重新读取并核对变化后再提交",
    )


class SeveralMatch(LianyiError):
    """The criteria of a conditional request mean more than one resource, so none is touched."""

    code = "LY-2239"
    category = Category.CONFLICT
    en = Told(
        "the criteria are not selective enough",
        "more than one resource fulfils them, or one of them is missing or unknown",
        "say more, for example an identifier with its system",
    )
    zh = Told(
        "条件不够明确",
        "符合条件的资源多于一个，或条件缺失、无法识别",
        "请补充条件，例如带 system 的标识",
    )


class WritesBehind(LianyiError):
    """What was written before is not learned yet, so it cannot be said how things stand."""

    code = "LY-2248"
    category = Category.UNAVAILABLE
    en = Told(
        "nothing was written: an earlier write is still being learned",
        "the repository has not learned {position} in time",
        "send it again; if this stays, look whether the role 'learn' runs",
    )
    zh = Told(
        "未写入：之前的写入尚在学习中",
        "临床数据库未能及时学习到 {position}",
        "请重新提交；若持续出现，检查 learn 角色是否在运行",
    )


class TakenId(LianyiError):
    """The id names a resource of another organisation."""

    code = "LY-2240"
    category = Category.CONFLICT
    en = Told(
        "this id cannot be used",
        "something that you may not change stands under it",
        "create the resource with POST and let the platform choose the id",
    )
    zh = Told("不能使用该 id", "该 id 下已有您无权修改的内容", "请使用 POST 新建，由平台分配 id")


class NobodysResource(LianyiError):
    """It cannot be said whose resource it is, so nobody could see it."""

    code = "LY-2241"
    category = Category.INVALID
    en = Told(
        "it is not known to which channel this belongs",
        "no channel that you see has brought this patient, and none belongs to your organisation",
        "name the channel: ?channel=NAME",
    )
    zh = Told(
        "无法确定归属的通道",
        "您可见的通道均未接收过该患者，也没有属于您所在机构的通道",
        "请指明通道：?channel=名称",
    )


class CannotPatch(LianyiError):
    """A patch cannot be applied to the resource as it stands."""

    code = "LY-2242"
    category = Category.INVALID
    en = Told("this patch cannot be applied", "{why}", "read the resource and make the patch anew")
    zh = Told("无法应用该补丁", "{why_zh}", "请重新读取资源并重新生成补丁")


class BrokenTransaction(LianyiError):
    """An entry of a transaction cannot be done, so none of them was."""

    code = "LY-2243"
    category = Category.INVALID
    en = Told(
        "this transaction cannot be done, and nothing of it was",
        "{why}",
        "put the entry right and send the whole Bundle again",
    )
    zh = Told("无法执行该事务，未写入任何内容", "{why_zh}", "请修正该条目后重新提交整个 Bundle")


class NotWholeRecord(LianyiError):
    """The purpose or the relation shows part of the data only, and whoever changes needs all."""

    code = "LY-2244"
    category = Category.FORBIDDEN
    en = Told(
        "you see only part of this resource, so you may not change it",
        "for this purpose parts of it are hidden from you",
        "state the purpose for which you treat the patient, or look in an emergency",
    )
    zh = Told(
        "您只能看到该资源的一部分，不能修改",
        "按当前用途，其中部分内容对您隐藏",
        "请选择诊疗用途，或使用应急查看",
    )


class NotOffered(LianyiError):
    """Something of FHIR that these doors do not do."""

    code = "LY-2245"
    category = Category.UNSUPPORTED
    en = Told("this is not offered here", "{why}", "see the CapabilityStatement at /fhir/metadata")
    zh = Told("此处不提供该功能", "{why_zh}", "请查看 /fhir/metadata 中的能力声明")


class NoAcceptableForm(LianyiError):
    """The client wants a form that is not offered."""

    code = "LY-2246"
    category = Category.INVALID
    en = Told(
        "this form is not offered",
        "resources are given as JSON and as XML",
        "accept application/fhir+json or application/fhir+xml",
    )
    zh = Told(
        "不提供该格式",
        "资源以 JSON 和 XML 提供",
        "请接受 application/fhir+json 或 application/fhir+xml",
    )


class ConditionMissed(LianyiError):
    """What the request wants to hold does not: If-Match without the version, or a wrong one."""

    code = "LY-2247"
    category = Category.INVALID
    en = Told("a condition of the request is unreadable", "{why}", 'write it like W/"3"')
    zh = Told("请求条件无法识别", "{why_zh}", '请按 W/"3" 的形式书写')


class OutsideOfPatient(LianyiError):
    """An app with a patient's rights writes what is not its patient's."""

    code = "LY-2330"
    category = Category.FORBIDDEN
    en = Told(
        "the app may write for its patient only",
        "the resource names nobody, or another patient, or stands in another patient's record",
        "name the patient for whom the app was opened, and nobody else",
    )
    zh = Told(
        "该应用只能为当前患者写入",
        "资源未指明患者、指向其他患者，或原属其他患者的病历",
        "请仅指向打开该应用时所选的患者",
    )


STATUS: Final = {
    ResourceGone.code: 410,
    VersionConflict.code: 412,
    SeveralMatch.code: 412,
    CannotPatch.code: 422,
}
"""What HTTP says of these at the doors of FHIR; of whatever else is invalid it says 400."""


def status_of(failure: LianyiError) -> int:
    """Return the status of HTTP that a client of FHIR expects."""
    usual = failure.category.value.http_status
    return STATUS.get(failure.code, 400 if usual in (422, 501) else usual)


def unreadable(where: str, why: str, why_zh: str) -> UnreadableResource:
    """Return the error for a resource that cannot be read."""
    return UnreadableResource(where=where, why=why, why_zh=why_zh)


def broken(where: str, why: str, why_zh: str) -> BrokenTransaction:
    """Return the error for a transaction that cannot be done."""
    return BrokenTransaction(where=where, why=why, why_zh=why_zh)


def cannot_patch(where: str, why: str, why_zh: str) -> CannotPatch:
    """Return the error for a patch that cannot be applied."""
    return CannotPatch(where=where, why=why, why_zh=why_zh)


class SubscriptionElsewhere(LianyiError):
    """Subscriptions are written at their own doors, one by one."""

    code = "LY-2392"
    category = Category.UNSUPPORTED
    en = Told(
        "a subscription is not written this way",
        "whoever is told, and as whom, is checked one by one: no Bundle, patch or condition",
        "use POST /fhir/Subscription, or PUT and DELETE /fhir/Subscription/[id]",
    )
    zh = Told(
        "不能以此方式写入订阅",
        "订阅须逐个核验接收方与身份，不支持 Bundle、补丁和按条件写入",
        "请使用 POST /fhir/Subscription，或 PUT、DELETE /fhir/Subscription/[id]",
    )


class DefinitionElsewhere(LianyiError):
    """What the whole house works by is written at its own doors, one by one."""

    code = "LY-2399"
    category = Category.UNSUPPORTED
    en = Told(
        "a definition of the house is not written this way",
        "search parameters and views are for every hospital, and are checked one by one: no"
        " Bundle, patch or condition",
        "use POST /fhir/{type}, or PUT and DELETE /fhir/{type}/[id], with the right to change"
        " master data everywhere",
    )
    zh = Told(
        "不能以此方式写入全平台定义",
        "检索参数与视图对所有医院生效，须逐个核验，不支持 Bundle、补丁和按条件写入",
        "请以“维护主数据”（全部机构）权限使用 POST /fhir/{type}，或 PUT、DELETE /fhir/{type}/[id]",
    )
