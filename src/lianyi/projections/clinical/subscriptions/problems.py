"""What can go wrong with subscriptions, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnusableSubscription(LianyiError):
    """A Subscription that cannot be followed as it is written."""

    code = "LY-2390"
    category = Category.INVALID
    en = Told(
        "this subscription cannot be followed",
        "{why}",
        "compare it with docs/guides/subscriptions.md",
    )
    zh = Told("无法执行该订阅", "{why_zh}", "请对照 docs/guides/subscriptions.zh.md 修改订阅")


class ReceiverNotAllowed(LianyiError):
    """The address of a receiver is none that subscriptions may tell."""

    code = "LY-2391"
    category = Category.FORBIDDEN
    en = Told(
        "this receiver may not be told",
        "a receiver has an https address that is public, or stands in the list of the hospital",
        "give another address, or have the host put into hosts in the section [subscriptions]",
    )
    zh = Told(
        "不允许通知该接收方",
        "接收方须为公网 https 地址，或已列入本院允许清单",
        "请改用其他地址，或请管理员在设置 [subscriptions] 的 hosts 中加入该主机",
    )


class NoSuchSubscription(LianyiError):
    """There is no subscription of this name of whoever asks."""

    code = "LY-2393"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such subscription",
        "you have none of this name, or it was deleted",
        "subscribe first",
    )
    zh = Told("没有该订阅", "您没有该订阅，或它已被删除", "请先建立订阅")


class TooManySubscriptions(LianyiError):
    """As many subscriptions are on as may be."""

    code = "LY-2394"
    category = Category.BUSY
    en = Told(
        "there are too many subscriptions",
        "{most} may be on at the same time",
        "delete those that nobody needs, or raise subscriptions_max",
    )
    zh = Told("订阅过多", "同时最多 {most} 个", "请删除不再需要的订阅，或调高 subscriptions_max")


class UnusableTopic(LianyiError):
    """A file of a topic cannot be used."""

    code = "LY-2395"
    category = Category.INVALID
    en = Told("this topic cannot be used", "{why}", "correct the file in content/clinical/topics")
    zh = Told("该主题无法使用", "{why_zh}", "请修改 content/clinical/topics 中的文件")


class ReceiverSilent(LianyiError):
    """A receiver does not answer, or does not take what it is told."""

    code = "LY-2396"
    category = Category.UNAVAILABLE
    en = Told(
        "the receiver has not taken a notification",
        "{why}",
        "look at the receiver; it is told again, in order, as soon as it answers",
    )
    zh = Told("接收方未接收通知", "{why_zh}", "请检查接收方；恢复后会按顺序重新通知")


class NotAllowedAnyMore(LianyiError):
    """Whoever subscribed may not see by now what he subscribed to."""

    code = "LY-2397"
    category = Category.FORBIDDEN
    en = Told(
        "the subscription is off",
        "whoever subscribed has no rights to it any more",
        "subscribe again with an account that may",
    )
    zh = Told("订阅已停止", "订阅者已不再有相应权限", "请用有权限的账户重新订阅")


class TooMuchWaiting(LianyiError):
    """More waits for a receiver than is kept."""

    code = "LY-2398"
    category = Category.UNAVAILABLE
    en = Told(
        "the subscription is off",
        "its receiver did not answer until more than {most} events waited",
        "see that the receiver answers, subscribe again, and read what was missed by a search",
    )
    zh = Told(
        "订阅已停止",
        "接收方长期无应答，待通知事件已超过 {most} 个",
        "请恢复接收方后重新订阅，并用检索补取遗漏内容",
    )


def unusable(where: str, why: str, why_zh: str) -> UnusableSubscription:
    """Say what is wrong with a subscription."""
    return UnusableSubscription(where=where, why=why, why_zh=why_zh)
