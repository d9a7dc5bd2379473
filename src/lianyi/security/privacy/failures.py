"""What can be wrong with classifications, consents and looks in an emergency."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadClassification(LianyiError):
    """A file that should say how sensitive data are does not."""

    code = "LY-1876"
    category = Category.INVALID
    en = Told(
        "cannot use this classification of data",
        "{why}",
        "correct the file; what held before holds until then",
    )
    zh = Told("数据分类分级文件不可用", "{why_zh}", "改正该文件；在此之前沿用原有分级")


class Masked(LianyiError):
    """Something needs data as they are, and they are shown masked."""

    code = "LY-1877"
    category = Category.FORBIDDEN
    en = Told(
        "this needs the data as they are",
        "for your purpose ({purpose}) they are shown masked",
        "open them for an emergency, with a reason; it is written down and reviewed",
    )
    zh = Told(
        "此操作需要未脱敏的数据",
        "按您的使用目的（{purpose}）数据以脱敏形式显示",
        "如确有必要，请填写理由后使用“应急查看”；该操作会留痕并接受审查",
    )


class NotYourPurpose(LianyiError):
    """Somebody says a purpose that none of his roles has."""

    code = "LY-1878"
    category = Category.FORBIDDEN
    en = Told(
        "you may not look at data for this purpose",
        "none of your roles has it",
        "leave the purpose out, or ask the security administrator for a role",
    )
    zh = Told(
        "您不能以此目的查看数据",
        "您的角色均不包含该使用目的",
        "不指定使用目的，或向安全管理员申请相应角色",
    )


class UnknownReason(LianyiError):
    """A reason to look in an emergency that is not on the list."""

    code = "LY-1879"
    category = Category.INVALID
    en = Told("this reason is unknown", "known are {known}", "choose one of the list")
    zh = Told("未知的应急查看理由", "可用的理由：{known}", "请从列表中选择")


class NoSuchGlass(LianyiError):
    """A look in an emergency that does not exist, or may not be seen here."""

    code = "LY-1880"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such look in an emergency", "none has this identifier", "reload the list"
    )
    zh = Told("没有这条应急查看记录", "没有该标识的记录", "请刷新列表")


class OwnGlass(LianyiError):
    """Somebody reviews his own look in an emergency."""

    code = "LY-1881"
    category = Category.FORBIDDEN
    en = Told(
        "nobody reviews what he did himself",
        "it was you who looked",
        "let somebody else review it",
    )
    zh = Told("不能审查本人的应急查看", "该记录由您本人发起", "请由其他人员审查")


class AlreadyReviewed(LianyiError):
    """A look in an emergency that somebody has reviewed."""

    code = "LY-1882"
    category = Category.CONFLICT
    en = Told("this look was reviewed already", "{by} did it", "reload the list")
    zh = Told("该应急查看已审查", "审查人：{by}", "请刷新列表")


class NobodyToOpen(LianyiError):
    """A look in an emergency that names neither a message nor a patient."""

    code = "LY-1883"
    category = Category.INVALID
    en = Told(
        "nothing to open", "name a message or a patient, as value^authority", "add one of them"
    )
    zh = Told("未指明要查看的数据", "请指明消息或患者（标识^签发机构）", "补充其中之一")


class NoSuchConsent(LianyiError):
    """A consent that does not exist, or may not be seen here."""

    code = "LY-1884"
    category = Category.NOT_FOUND
    en = Told("there is no such consent", "none has this identifier", "reload the list")
    zh = Told("没有这条患者授权记录", "没有该标识的记录", "请刷新列表")


class NoSuchPatient(LianyiError):
    """A patient that is not written as identifier and authority."""

    code = "LY-1885"
    category = Category.INVALID
    en = Told(
        "this names no patient",
        "an identifier means nothing without who gave it",
        "write value^authority, as messages show it: 4711^HIS",
    )
    zh = Told(
        "患者标识不完整",
        "缺少签发机构的标识没有意义",
        "请按消息中的形式书写：标识^签发机构，例如 4711^HIS",
    )


class ConsentOver(LianyiError):
    """A consent that was withdrawn already."""

    code = "LY-1886"
    category = Category.CONFLICT
    en = Told("this consent was withdrawn already", "{by} did it", "reload the list")
    zh = Told("该授权已撤回", "操作人：{by}", "请刷新列表")


class BadSpan(LianyiError):
    """A time that ends before it begins."""

    code = "LY-1887"
    category = Category.INVALID
    en = Told("this time ends before it begins", "the end is not after the beginning", "correct it")
    zh = Told("起止时间有误", "结束时间不晚于开始时间", "请更正")
