"""What can be wrong with links to records."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class OutsideOfLink(LianyiError):
    """Somebody who came by a link wants what it does not show."""

    code = "LY-2380"
    category = Category.FORBIDDEN
    en = Told(
        "this page shows one patient only",
        "it was opened by a link from another system, and that link was for another record",
        "open the other patient from your own system, or sign in to the console",
    )
    zh = Told(
        "本页面只能查看一位患者",
        "本页面由其他系统的链接打开，该链接不是为这份病历生成的",
        "请从您的业务系统中打开另一位患者，或登录本平台查看",
    )


class UnknownLink(LianyiError):
    """A link that nobody gave, or that was changed on its way."""

    code = "LY-2381"
    category = Category.FORBIDDEN
    en = Told(
        "this link opens nothing",
        "it is not complete, was changed, or was never given",
        "open the record again from your own system",
    )
    zh = Told("链接无效", "链接不完整、被改动，或并非本平台生成", "请从您的业务系统中重新打开病历")


class LateLink(LianyiError):
    """A link that was not opened in time."""

    code = "LY-2382"
    category = Category.FORBIDDEN
    en = Told(
        "this link is too old",
        "a link may be opened for a few minutes only",
        "open the record again from your own system",
    )
    zh = Told("链接已过期", "链接只在生成后的几分钟内有效", "请从您的业务系统中重新打开病历")


class UsedLink(LianyiError):
    """A link that was opened before; what it had opened has ended."""

    code = "LY-2383"
    category = Category.FORBIDDEN
    en = Told(
        "this link was used before",
        "a link opens the record once; somebody else may have had it, so what it opened has ended",
        "open the record again from your own system",
    )
    zh = Told(
        "链接已被使用",
        "每个链接只能打开一次；为防止他人冒用，此前由它打开的页面也已关闭",
        "请从您的业务系统中重新打开病历",
    )


class NotForThisUser(LianyiError):
    """No link can be made for somebody."""

    code = "LY-2384"
    category = Category.INVALID
    en = Told(
        "no link can be made for this user",
        "there is no such account within your reach that may see records for this purpose",
        "compare the name of the account; ask the security administrator for its role",
    )
    zh = Told(
        "不能为该用户生成链接",
        "您的范围内没有这样的账户，或其角色不能以该目的查看病历",
        "请核对账户名；如属工作需要，请安全管理员为其授予角色",
    )
