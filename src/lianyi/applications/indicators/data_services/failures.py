"""What can be wrong with data services."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchService(LianyiError):
    """There is no such data service, or it is not for whoever asks."""

    code = "LY-2610"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such data service",
        "no service has this name, or it is not offered to you",
        "take it from the catalogue, or ask its owner to name you among its callers",
    )
    zh = Told(
        "没有该数据服务",
        "没有这一名称的服务，或未向您提供",
        "请从目录中选择，或请提供者将您列为调用方",
    )


class ServiceNameTaken(LianyiError):
    """Somebody else owns the service of this name."""

    code = "LY-2611"
    category = Category.CONFLICT
    en = Told("the name of the service is taken", "it is somebody else's", "choose another name")
    zh = Told("服务名称已被使用", "该名称属于他人提供的服务", "请换一个名称")


class ServiceNotWaiting(LianyiError):
    """A version does not stand where this is done."""

    code = "LY-2612"
    category = Category.CONFLICT
    en = Told(
        "this cannot be done with the service now",
        "this version is {state}",
        "look at it again; somebody else may have been faster",
    )
    zh = Told(
        "该服务当前不能这样处理", "该版本的状态为“{state_zh}”", "请重新查看；可能已有他人处理"
    )


class OwnService(LianyiError):
    """Whoever offers a service wants to approve it himself."""

    code = "LY-2613"
    category = Category.CONFLICT
    en = Told(
        "a second person must approve this service",
        "you offer it yourself",
        "ask somebody else who decides about services",
    )
    zh = Told("须由第二人审批该服务", "该服务由您本人提供", "请其他有审批权限的人员处理")


class ServiceNotInForce(LianyiError):
    """No version of a service may be called now."""

    code = "LY-2614"
    category = Category.CONFLICT
    en = Told("the service does not hold", "{why}", "ask its owner to offer a new version")
    zh = Told("该服务未生效", "{why_zh}", "请服务提供者提出新版本")


class TooManyCalls(LianyiError):
    """Somebody calls a service more often than was approved."""

    code = "LY-2615"
    category = Category.BUSY
    en = Told(
        "too many calls in this minute",
        "{limit} of each caller were approved",
        "wait for the next minute, and ask for larger pages",
    )
    zh = Told(
        "本分钟调用次数过多", "每个调用方每分钟批准 {limit} 次", "请等到下一分钟，并用较大的分页"
    )


class PagesDoNotFit(LianyiError):
    """The answer changed between two of its pages."""

    code = "LY-2616"
    category = Category.CONFLICT
    en = Told(
        "the data changed between two pages",
        "the digest is not that of the answer as it is counted now",
        "begin again with the first page",
    )
    zh = Told("分页期间数据已变化", "摘要与当前统计结果不符", "请从第一页重新开始")


class BadOffer(LianyiError):
    """A service cannot be offered so."""

    code = "LY-2618"
    category = Category.INVALID
    en = Told("cannot offer this service", "{why}", "correct this, and offer it again")
    zh = Told("不能这样提供服务", "{why_zh}", "请改正后重新提出")
