"""What can go wrong with a patient's record, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchItem(LianyiError):
    """Nothing of this name stands in the record, or nothing that may be seen."""

    code = "LY-2290"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such item in this record",
        "nothing that you may see stands under this name",
        "go back to the record; the item may have been withdrawn by its sender",
    )
    zh = Told(
        "病历中没有该条目",
        "没有您可查看的同名内容",
        "请返回病历重新选择；该条目可能已被来源系统撤回",
    )


class UnknownLauncher(LianyiError):
    """A launch of a system that no file names."""

    code = "LY-2387"
    category = Category.FORBIDDEN
    en = Told(
        "this system may not open records here",
        "no enabled file of kind smart under content/sign-in has the address that its launch names",
        "ask the information department to register the FHIR address of your system",
    )
    zh = Told(
        "该系统不能在此打开病历",
        "content/sign-in 中没有已启用的 smart 文件登记了启动请求所给的地址",
        "请信息科登记您的业务系统的 FHIR 地址",
    )


class LaunchWithoutPatient(LianyiError):
    """A launch that is about nobody whom we know."""

    code = "LY-2388"
    category = Category.NOT_FOUND
    en = Told(
        "there is no record for this patient here",
        "your system named no patient, or one none of whose numbers is known here from it",
        "open the patient in your system first; ask the information department if it goes on",
    )
    zh = Told(
        "此处没有该患者的病历",
        "您的业务系统未指明患者，或其号码均不是本平台从该系统获知的",
        "请先在业务系统中打开患者；仍不成功请联系信息科",
    )


class LaunchWithoutRight(LianyiError):
    """A system whose account may open no records."""

    code = "LY-2389"
    category = Category.FORBIDDEN
    en = Told(
        "this system may not open records for its users",
        "the account that its file names is missing, disabled, or may make no links to records",
        "ask the security administrator to give it the role clinical-system",
    )
    zh = Told(
        "该系统不能为其用户打开病历",
        "其文件所指的账户不存在、已停用，或无权生成病历链接",
        "请安全管理员为其授予 clinical-system 角色",
    )
