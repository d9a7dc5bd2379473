"""What can go wrong when calibers are approved and values published."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchCaliber(LianyiError):
    """There is no indicator of this code, or no caliber of this name that would do."""

    code = "LY-2520"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such caliber",
        "no usable file defines it for what was asked",
        "look at the list of indicators for codes, calibers and since when they hold",
    )
    zh = Told(
        "没有该指标口径", "没有可用的文件在所问范围内定义它", "在指标目录中核对编码、口径与有效期"
    )


class HashDiffers(LianyiError):
    """What somebody wants to sign is not what the file says now."""

    code = "LY-2521"
    category = Category.CONFLICT
    en = Told(
        "the definition has changed",
        "the hash is not the one of the file as it is now",
        "look at the caliber again and sign what it says now",
    )
    zh = Told("口径定义已变化", "所签的哈希与当前文件不一致", "重新查看口径，确认后再签")


class NotProposed(LianyiError):
    """Nobody proposed what somebody wants to approve, or nothing is approved to be withdrawn."""

    code = "LY-2522"
    category = Category.CONFLICT
    en = Told(
        "this caliber does not wait for that",
        "{why}",
        "look at its history; somebody else may have been faster",
    )
    zh = Told("该口径不在可执行此操作的状态", "{why_zh}", "查看其历史；可能已有他人处理")


class OwnWork(LianyiError):
    """Whoever proposed or entered something wants to confirm it himself."""

    code = "LY-2523"
    category = Category.CONFLICT
    en = Told(
        "a second person must do this",
        "you proposed, entered or filed it yourself",
        "ask somebody else who may; or set 'two_persons' in the section [publishing]",
    )
    zh = Told(
        "须由第二人确认",
        "该项由您本人提出、填报或上报",
        "请另一位有权限的人员确认；或在 [publishing] 中设置 two_persons",
    )


class NotApproved(LianyiError):
    """A caliber is to be published whose approval is not in force."""

    code = "LY-2524"
    category = Category.CONFLICT
    en = Told(
        "this caliber is not approved",
        "only what is approved as it stands in the file is published",
        "let it be proposed and approved",
    )
    zh = Told("口径未审批", "只发布与文件当前内容一致、已审批的口径", "先提出并审批该口径")


class BadPeriod(LianyiError):
    """A period is not written as one, or cannot be taken here."""

    code = "LY-2525"
    category = Category.INVALID
    en = Told(
        "cannot take this period",
        "{why}",
        "write 2026, 2026Q1 or 2026-03; what is published or entered is over",
    )
    zh = Told("期间不可用", "{why_zh}", "填写 2026、2026Q1 或 2026-03；发布与填报的期间须已结束")


class ReasonWanted(LianyiError):
    """Values that were published would be told otherwise, and nobody said why."""

    code = "LY-2526"
    category = Category.CONFLICT
    en = Told(
        "published values would change",
        "{count} of them, and no reason is given",
        "say why they are restated; what was published stays beside it",
    )
    zh = Told("已发布的数值将变化", "共 {count} 个，未填写理由", "填写重述理由；原发布值会并列保留")


class NoSuchPublished(LianyiError):
    """There is no such published value, or it is not for whoever asks."""

    code = "LY-2527"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such published value",
        "nothing is known under this number here",
        "take the number from the list of published values",
    )
    zh = Told("没有该发布值", "此处没有该编号的记录", "从发布值列表中取编号")


class NotByForm(LianyiError):
    """A figure is entered that the platform counts itself, or cannot be had."""

    code = "LY-2528"
    category = Category.INVALID
    en = Told(
        "nothing is entered for this caliber",
        "it is counted from the data, or is not available",
        "enter figures only for calibers by form",
    )
    zh = Told("该口径不接受填报", "它由数据统计得出，或无法取得", "只为填报口径填写数值")


class NoSuchEntry(LianyiError):
    """There is no such entered figure, or it is not for whoever asks."""

    code = "LY-2529"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such entry",
        "nothing is known under this number here",
        "take its number from the list of entries",
    )
    zh = Told("没有该填报", "此处没有该编号的填报", "从填报列表中取编号")


class NoSuchAlert(LianyiError):
    """There is no such alert, or it is not for whoever asks."""

    code = "LY-2530"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such alert",
        "nothing is known under this number here",
        "take the number from the list of alerts",
    )
    zh = Told("没有该预警", "此处没有该编号的预警", "从预警列表中取编号")


class FactsMoved(LianyiError):
    """While values were counted, the facts changed."""

    code = "LY-2531"
    category = Category.BUSY
    en = Told(
        "the facts changed while they were counted",
        "rows came in between",
        "publish again; nothing was published",
    )
    zh = Told("统计期间数据发生变化", "统计过程中有新数据写入", "请重新发布；本次未发布任何数值")


class EvidenceGone(LianyiError):
    """The file that names the rows that were counted is gone, or is not the one it was."""

    code = "LY-2532"
    category = Category.UNAVAILABLE
    en = Told(
        "the evidence of this value cannot be read",
        "the file in the data folder is missing or changed",
        "restore the data folder from the backup",
    )
    zh = Told("无法读取该数值的证据文件", "数据目录中的文件缺失或已改变", "从备份恢复数据目录")


class EntryOver(LianyiError):
    """An entered figure is to be confirmed that does not wait."""

    code = "LY-2533"
    category = Category.CONFLICT
    en = Told(
        "this entry does not wait",
        "it was confirmed already, or a later one took its place",
        "look at the list of entries; correct a figure by entering another",
    )
    zh = Told(
        "该填报不在待确认状态", "已确认，或已被更新的填报取代", "查看填报列表；更正时另行填报"
    )


class NothingKnown(LianyiError):
    """A period of figures that were named is to be published, and nothing is known of any."""

    code = "LY-2534"
    category = Category.CONFLICT
    en = Told(
        "there is no data to publish",
        "{why}",
        "let the source be connected, or publish when its rows have come; no data is no zero",
    )
    zh = Told(
        "没有可发布的数据",
        "{why_zh}",
        "请先接入来源，或待数据到达后再发布；无数据不等于 0",
    )
