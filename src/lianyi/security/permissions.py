"""What there is to be permitted; roles pick from this list, operations name one of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MARK = "x-permission"
"""Where an operation of the OpenAPI document says what it needs."""

OTHERWISE = "x-permission-otherwise"
"""Where an operation names the permission that will do as well."""

FHIR = "x-fhir"
"""Where an operation says what it does with FHIR resources; without it no app gets in."""

ANYBODY = "anybody"
"""Needs no sign-in: it tells nothing that is worth protecting."""

SIGNED_IN = "signed-in"
"""Needs a sign-in and no role: what everybody does with his own account."""


class Permission(NamedTuple):
    """One thing that can be permitted.

    Attributes:
        zh, en: what people read.
        sees: whether it shows what messages say, so that the second wall must let it through.
    """

    zh: str
    en: str
    sees: bool = False


PERMISSIONS: Mapping[str, Permission] = {
    "overview.read": Permission("查看概览", "see the overview", sees=True),
    "channels.read": Permission("查看通道", "see channels", sees=True),
    "channels.run": Permission("启停通道与目的端", "start and stop channels", sees=True),
    "messages.read": Permission("查看消息内容", "see messages", sees=True),
    "messages.export": Permission("下载消息原文", "download messages", sees=True),
    "deliveries.read": Permission("查看投递", "see deliveries", sees=True),
    "deliveries.decide": Permission("处理投递", "decide about deliveries", sees=True),
    "replays.run": Permission("重放", "replay", sees=True),
    "projections.rebuild": Permission("重建投影", "rebuild projections"),
    "metrics.read": Permission("读取监控量", "read metrics", sees=True),
    "masterdata.read": Permission("查看主数据", "see master data"),
    "masterdata.edit": Permission("维护主数据", "change master data"),
    "care.read": Permission("查看就诊与诊疗关系", "see encounters and who treats", sees=True),
    "identity.read": Permission("查看患者主索引", "see the patient index", sees=True),
    "identity.match": Permission("查找患者（先查后建）", "search before create", sees=True),
    "identity.register": Permission("登记患者", "register patients", sees=True),
    "identity.decide": Permission("处理患者主索引", "decide who is one person", sees=True),
    "identity.sensitive": Permission("查看敏感来源的患者", "see patients of sensitive sources"),
    "identity.model": Permission("维护匹配模型", "put a matching model in force"),
    "clinical.read": Permission("查看临床数据", "see clinical data", sees=True),
    "clinical.write": Permission("写入临床数据", "write clinical data", sees=True),
    "record.link": Permission("为他系统生成病历链接", "make links to records", sees=True),
    "clinical.export": Permission("批量导出临床数据", "export clinical data in bulk", sees=True),
    "lake.read": Permission("查看数据湖的表", "see the tables of the lake"),
    "indicators.read": Permission("查看指标", "see indicators"),
    "indicators.own": Permission("查看本人指标", "see one's own figures", sees=True),
    "indicators.rows": Permission("查看指标明细", "see the rows behind indicators", sees=True),
    "indicators.export": Permission("导出指标明细", "export rows of indicators", sees=True),
    "indicators.enter": Permission("填报指标", "enter figures and propose calibers"),
    "indicators.approve": Permission("审批指标口径", "approve calibers of indicators"),
    "indicators.publish": Permission("发布指标", "publish indicators"),
    "requests.decide": Permission("审批取数申请", "decide about requests for figures"),
    "requests.answer": Permission("答复取数申请", "answer requests for figures"),
    "services.offer": Permission("提供数据服务", "offer data services"),
    "services.decide": Permission("审批数据服务", "decide about data services"),
    "services.call": Permission("调用数据服务", "call data services"),
    "quality.read": Permission("查看数据质量", "see the quality of the data", sees=True),
    "quality.write": Permission("处理数据质量问题", "work on the quality of the data", sees=True),
    "accounts.read": Permission("查看账户", "see accounts"),
    "accounts.manage": Permission("管理账户", "manage accounts"),
    "roles.assign": Permission("授予角色", "assign roles"),
    "access.explain": Permission("解释授权决定", "explain decisions"),
    "consents.read": Permission("查看患者授权", "see consents of patients", sees=True),
    "consents.record": Permission("登记患者授权", "record consents of patients", sees=True),
    "glass.break": Permission("应急查看", "look in an emergency"),
    "glass.review": Permission("审查应急查看", "review looks in an emergency", sees=True),
    "audit.read": Permission("查看审计", "see the audit trail", sees=True),
    "audit.export": Permission("导出审计", "export the audit trail", sees=True),
}


def needs(permission: str, *, otherwise: str = "") -> dict[str, Any]:
    """Return what an endpoint declares about itself: ``openapi_extra=needs("messages.read")``.

    Args:
        permission: that it needs.
        otherwise: one that will do for whoever does not have it anywhere; empty: none.
    """
    return {MARK: permission} | ({OTHERWISE: otherwise} if otherwise else {})


def fhir(
    interaction: str, resource: str | Mapping[str, str], *, narrows: bool = False
) -> dict[str, Any]:
    """Return what an endpoint that apps may use declares, besides what it needs.

    Args:
        interaction: one letter of ``cruds``, as in a SMART scope.
        resource: the type; or the type for each value of the path parameter ``kind``.
        narrows: whether the endpoint itself shows an app that has nothing but rights of a
            patient's level no more than its patient.
    """
    found: dict[str, Any] = {"interaction": interaction, "resource": resource}
    return {FHIR: found | ({"narrows": True} if narrows else {})}
