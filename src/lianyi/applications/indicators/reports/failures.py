"""What can go wrong with what leaves the screens, and with what people write on them."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class RowsMoved(LianyiError):
    """While rows were written to a file, others came."""

    code = "LY-2580"
    category = Category.BUSY
    en = Told(
        "the rows changed while the file was written",
        "what it holds would not come to one number",
        "save the file again",
    )
    zh = Told("写文件期间明细发生变化", "文件内容无法对应同一个数值", "请重新导出")


class NoSuchReport(LianyiError):
    """There is no such report, or run of it, or it is not for whoever asks."""

    code = "LY-2581"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such report",
        "nothing is known under this number here",
        "take it from the list of reports",
    )
    zh = Told("没有该报表", "此处没有该编号的报表或其产出", "从报表列表中选择")


class NotYourReport(LianyiError):
    """Somebody wants to change a report that another ordered."""

    code = "LY-2582"
    category = Category.FORBIDDEN
    en = Told(
        "only whoever ordered a report changes it",
        "it is made with the sight of that person",
        "order one of your own, or ask that person",
    )
    zh = Told("只有订制人可以修改报表", "报表按订制人的权限生成", "自行订制一份，或请订制人修改")


class BadReport(LianyiError):
    """What a report should say cannot be made, or may not be sent there."""

    code = "LY-2583"
    category = Category.INVALID
    en = Told("cannot take this report", "{why}", "correct it and save it again")
    zh = Told("报表设置不可用", "{why_zh}", "改正后重新保存")


class TooManyReports(LianyiError):
    """As many reports are ordered by one account as may be."""

    code = "LY-2584"
    category = Category.CONFLICT
    en = Told(
        "these are too many reports",
        "one account orders at most {most}",
        "change one that there is; 'reports_max' of [reports] says how many",
    )
    zh = Told(
        "报表数量已达上限",
        "每个账户最多订制 {most} 份",
        "修改已有的报表；上限由 [reports] 的 reports_max 决定",
    )


class ReportNotAllowed(LianyiError):
    """Whoever ordered a report may not export indicators any more: nothing was sent."""

    code = "LY-2585"
    category = Category.FORBIDDEN
    en = Told(
        "the report was not sent",
        "whoever ordered it may not see or export this any more, or the account is closed",
        "let somebody who may order it anew, and switch this one off",
    )
    zh = Told(
        "报表未发送",
        "订制人的账户已停用，或已无查看、导出这些指标的权限",
        "由有权限的人员重新订制，并停用此报表",
    )


class ReportFailed(LianyiError):
    """A report could not be made, for a reason that nobody foresaw."""

    code = "LY-2586"
    category = Category.INTERNAL
    en = Told(
        "the report could not be made",
        "the platform met an unexpected condition: {kind}",
        "try again; if it fails again, report the time and the code",
    )
    zh = Told("报表生成失败", "平台遇到意外情况：{kind}", "请重试；若仍失败，请报告时间和错误码")


class NoMailServer(LianyiError):
    """A report should be mailed, and no mail server is set."""

    code = "LY-2587"
    category = Category.CONFLICT
    en = Told(
        "there is no mail server",
        "the section [mail] of the settings names none",
        "set 'host' and 'sender' there, start again, and try again",
    )
    zh = Told("未配置邮件服务器", "设置的 [mail] 中没有服务器", "配置 host 与 sender，重启后重试")


class MailUnavailable(LianyiError):
    """The mail server cannot be reached, or takes nothing just now."""

    code = "LY-2588"
    category = Category.UNAVAILABLE
    en = Told(
        "the mail server took nothing",
        "{why}",
        "it is tried again; look whether the server runs and [outgoing] lets us connect to it",
    )
    zh = Told(
        "邮件服务器未接收", "{why}", "将自动重试；请检查服务器是否运行、[outgoing] 是否允许连接"
    )


class MailRefused(LianyiError):
    """The mail server refuses a message or an address for good."""

    code = "LY-2589"
    category = Category.CONFLICT
    en = Told(
        "the mail server refuses this",
        "{why}",
        "correct the addresses or the section [mail], then try again",
    )
    zh = Told("邮件服务器拒收", "{why}", "改正收件地址或 [mail] 设置后重试")


class ReportGone(LianyiError):
    """The file of a report is not there any more, or is not the one it was."""

    code = "LY-2590"
    category = Category.NOT_FOUND
    en = Told(
        "the file of this report is gone",
        "its time is over, or the data folder has lost it",
        "run the report again",
    )
    zh = Told("报表文件已不存在", "保留期已过，或数据目录中已丢失", "重新运行该报表")


class RunNotParked(LianyiError):
    """A run is to be tried again that does not wait for a person."""

    code = "LY-2591"
    category = Category.CONFLICT
    en = Told(
        "this run does not wait for you",
        "it was sent, or is being worked on",
        "look at the history of the report",
    )
    zh = Told("该次报表无需处理", "已发送或正在处理", "查看报表历史")


class NoSuchNote(LianyiError):
    """There is no such note, or it is about a cell that whoever asks may not see."""

    code = "LY-2592"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such note",
        "nothing is known under this number here",
        "take it from the notes on the indicator",
    )
    zh = Told("没有该批注", "此处没有该编号的批注", "从该指标的批注中选择")


class NotYourNote(LianyiError):
    """Somebody wants to change or withdraw what another wrote."""

    code = "LY-2593"
    category = Category.FORBIDDEN
    en = Told(
        "only the author changes a note",
        "another person wrote it",
        "write a note of your own, or ask the author",
    )
    zh = Told("只有作者可以修改批注", "该批注由他人撰写", "另写一条，或请作者修改")


class NoteMoved(LianyiError):
    """A note has become another since it was read, or was withdrawn."""

    code = "LY-2594"
    category = Category.CONFLICT
    en = Told(
        "the note has changed meanwhile",
        "its version is not the one that was read",
        "read it again and then change it",
    )
    zh = Told("批注已被修改", "版本与所读的不一致", "重新查看后再修改")


class NoteNowhere(LianyiError):
    """A note names no hospital, and whoever writes it does not see all of them."""

    code = "LY-2595"
    category = Category.INVALID
    en = Told(
        "a note needs a place",
        "it names no hospital, and you do not see the figures of all of them",
        "choose a hospital, or a department of it, and write the note there",
    )
    zh = Told(
        "请先选择机构", "批注未指明医院，而您不能查看全部医院的数值", "选择医院或其科室后再写批注"
    )
