"""What can go wrong with forms and with filing them."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class BadForm(LianyiError):
    """A file that should define a form does not."""

    code = "LY-2540"
    category = Category.INVALID
    en = Told("cannot use this form", "{why}", "correct the file; the other forms go on")
    zh = Told("固定报表定义不可用", "{why_zh}", "改正该文件；其他报表不受影响")


class NoSuchForm(LianyiError):
    """There is no such form, or no edition of it that holds for a period."""

    code = "LY-2541"
    category = Category.NOT_FOUND
    en = Told("there is no such form", "{why}", "take form and period from the list of forms")
    zh = Told("没有该固定报表", "{why_zh}", "从固定报表清单中选择报表和期间")


class SheetMoved(LianyiError):
    """What somebody wants to file is not what he looked at."""

    code = "LY-2542"
    category = Category.CONFLICT
    en = Told(
        "the sheet has changed",
        "it no longer says what it said when you looked at it",
        "look at the sheet again and file what it says now",
    )
    zh = Told("报表内容已变化", "与您查看时的内容不一致", "重新查看报表，确认后再上报")


class FiledBefore(LianyiError):
    """A sheet was filed before, and nobody said why it is filed again."""

    code = "LY-2543"
    category = Category.CONFLICT
    en = Told(
        "this sheet was filed before",
        "filing it again needs a reason, and none is given",
        "say why it is filed again; what was filed first stays",
    )
    zh = Told("该报表已上报过", "再次上报须说明理由，未填写", "填写再次上报的理由；首次上报会保留")


class NoSuchFiling(LianyiError):
    """There is no such filing, or it is not for whoever asks."""

    code = "LY-2544"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such filing",
        "nothing is known under this number here",
        "take its number from the list of filings",
    )
    zh = Told("没有该上报记录", "此处没有该编号的上报", "从上报记录列表中取编号")


class FilingOver(LianyiError):
    """A filing is to be confirmed that does not wait."""

    code = "LY-2545"
    category = Category.CONFLICT
    en = Told(
        "this filing does not wait",
        "it was confirmed already, or a later one took its place",
        "look at the list of filings",
    )
    zh = Told("该上报不在待确认状态", "已确认，或已被之后的上报取代", "查看上报记录列表")
