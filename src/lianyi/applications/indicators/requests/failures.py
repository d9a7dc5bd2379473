"""What can be wrong with requests for figures."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchRequest(LianyiError):
    """There is no such request, or it is none of whoever asks for it."""

    code = "LY-2600"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such request for figures",
        "it is somebody else's, and you neither decide nor answer where it belongs",
        "take it from the list of requests",
    )
    zh = Told(
        "没有该取数申请", "该申请属于他人，且您不在该处审批或答复取数", "请从取数申请列表中选择"
    )


class RequestChanged(LianyiError):
    """Somebody did something with a request since it was looked at."""

    code = "LY-2601"
    category = Category.CONFLICT
    en = Told(
        "the request has changed meanwhile",
        "somebody did something with it after you opened it",
        "read it again, and decide about what it says now",
    )
    zh = Told("该申请已有变化", "您打开之后有人处理过", "请重新查看后再处理")


class NotInThisState(LianyiError):
    """A request does not stand where this is done."""

    code = "LY-2602"
    category = Category.CONFLICT
    en = Told(
        "this cannot be done with the request now",
        "it is {state}",
        "look at its history; somebody else may have been faster",
    )
    zh = Told("该申请当前不能这样处理", "其状态为“{state_zh}”", "查看其经过；可能已有他人处理")


class OwnRequest(LianyiError):
    """Whoever asked for figures wants to decide about it himself."""

    code = "LY-2603"
    category = Category.CONFLICT
    en = Told(
        "a second person must decide about this",
        "you asked for it yourself",
        "ask somebody else who decides about requests",
    )
    zh = Told("须由第二人审批", "该申请由您本人提出", "请其他有审批权限的人员处理")


class AnswerClosed(LianyiError):
    """The time for which an answer can be seen is over, or it was taken back."""

    code = "LY-2604"
    category = Category.CONFLICT
    en = Told(
        "this answer is closed",
        "the time for which it was approved is over, or it was withdrawn or taken back",
        "file a new request if you need it again",
    )
    zh = Told("该结果已关闭", "已超过批准的查看期限，或已撤回、收回", "如仍需要，请重新申请")


class RowsNotGranted(LianyiError):
    """Figures were approved, and not the rows behind them."""

    code = "LY-2605"
    category = Category.FORBIDDEN
    en = Told(
        "the rows were not approved",
        "the request was for figures alone",
        "file a request that asks for rows, too",
    )
    zh = Told("未批准查看明细", "该申请只批准了汇总数", "请另行提出需要明细的申请")


class RowsNotYours(LianyiError):
    """Somebody asks for rows with patients, and none of his roles lets him see any."""

    code = "LY-2606"
    category = Category.FORBIDDEN
    en = Told(
        "you may not see rows",
        "an approval shows nobody more than his own roles do, and yours show no rows",
        "ask for figures, or ask the security administrator for a role that shows rows",
    )
    zh = Told(
        "您无权查看明细",
        "批准不会超出申请人本人的权限，您的角色不能查看明细",
        "请只申请汇总数，或向安全管理员申请可查看明细的角色",
    )


class TooManyOpen(LianyiError):
    """Somebody has as many open requests as are kept for him."""

    code = "LY-2607"
    category = Category.CONFLICT
    en = Told(
        "no more requests can be filed",
        "{limit} of yours are open already",
        "withdraw one that you do not need any more",
    )
    zh = Told("不能再提出取数申请", "您已有 {limit} 个未办结的申请", "请先撤回不再需要的申请")
