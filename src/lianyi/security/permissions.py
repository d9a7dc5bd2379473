"""What there is to be permitted; roles pick from this list, operations name one of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MARK = "x-permission"
"""Where an operation of the OpenAPI document says what it needs."""

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
    "identity.model": Permission("维护匹配模型", "put a matching model in force"),
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


def needs(permission: str) -> dict[str, Any]:
    """Return what an endpoint declares about itself: ``openapi_extra=needs("messages.read")``."""
    return {MARK: permission}


def fhir(interaction: str, resource: str | Mapping[str, str]) -> dict[str, Any]:
    """Return what an endpoint that apps may use declares, besides what it needs.

    Args:
        interaction: one letter of ``cruds``, as in a SMART scope.
        resource: the type; or the type for each value of the path parameter ``kind``.
    """
    return {FHIR: {"interaction": interaction, "resource": resource}}
