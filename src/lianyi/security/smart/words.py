"""Scopes in words, for whoever is asked whether he lets an app have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lianyi.security.scopes import ANY, Group, Scopes
from lianyi.security.smart.model import APPROVAL_LASTS

DAYS = APPROVAL_LASTS.days
RESOURCES: Mapping[str, str] = {
    ANY: "全部类型的数据",
    "AllergyIntolerance": "过敏与不耐受",
    "Appointment": "预约",
    "AuditEvent": "审计记录",
    "CarePlan": "诊疗计划",
    "Condition": "诊断与健康问题",
    "DiagnosticReport": "检查检验报告",
    "DocumentReference": "病历文档",
    "Encounter": "就诊",
    "ImagingStudy": "影像检查",
    "Immunization": "预防接种",
    "Location": "位置",
    "Medication": "药品",
    "MedicationAdministration": "给药记录",
    "MedicationRequest": "用药医嘱",
    "Observation": "检验结果、体征与其他观察",
    "Organization": "机构",
    "Patient": "患者基本信息",
    "Practitioner": "人员",
    "PractitionerRole": "人员岗位",
    "Procedure": "操作与手术",
    "ServiceRequest": "检查检验申请",
}
ENGLISH = {ANY: "data of every kind"}
INTERACTIONS = {
    "c": ("新建", "create"),
    "r": ("查看", "read"),
    "u": ("修改", "change"),
    "d": ("删除", "delete"),
    "s": ("检索", "search"),
}
WHOSE = {
    "patient": ("该患者的", "of this patient"),
    "user": ("您有权访问的", "that you may use yourself"),
    "system": ("本平台的", "of this platform"),
}
SPECIAL = {
    "openid": ("知道您是谁", "know who you are"),
    "fhirUser": ("知道您在 FHIR 中的身份", "know who you are in FHIR"),
    "launch": ("知道您从哪位患者启动了它", "know for which patient you have started it"),
    "launch/patient": ("知道您为它选择的患者", "know the patient that you choose for it"),
    "launch/encounter": ("知道您为它选择的就诊", "know the encounter that you choose for it"),
    "offline_access": (
        f"在您退出后继续使用，最长 {DAYS} 天",
        f"go on after you have signed out, for {DAYS} days at most",
    ),
    "online_access": ("在您保持登录期间继续使用", "go on for as long as you are signed in"),
}


class Line(NamedTuple):
    """One scope in words.

    Attributes:
        scope: canonical.
        zh, en: what it lets an app do.
        changes: whether it lets it change something.
    """

    scope: str
    zh: str
    en: str
    changes: bool


def in_words(scopes: Scopes) -> list[Line]:
    """Return what scopes let an app do; what changes something comes first."""
    lines = [Line(name, *SPECIAL[name], changes=False) for name in sorted(scopes.special)]
    for group in scopes.groups():
        zh, en = _clause(group)
        lines.append(Line(str(group), zh, en, changes=bool(set(group.letters) & set("cud"))))
    return sorted(lines, key=lambda line: not line.changes)


def _clause(group: Group) -> tuple[str, str]:
    level, resource, letters, where = group
    whose_zh, whose_en = WHOSE[level]
    verbs_zh = "、".join(INTERACTIONS[one][0] for one in letters)
    verbs_en = ", ".join(INTERACTIONS[one][1] for one in letters)
    what_zh = RESOURCES.get(resource, resource)
    what_en = ENGLISH.get(resource, resource)
    only = "，".join(f"{key} = {value}" for key, value in sorted(where))
    zh = f"{verbs_zh}{whose_zh}{what_zh}" + (f"（仅限 {only}）" if only else "")
    en = f"{verbs_en} {what_en} {whose_en}" + (
        f" (only {only.replace('，', ', ')})" if only else ""
    )
    return zh, en
