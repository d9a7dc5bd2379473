"""What can be wrong with apps, with what they ask for, and with what they may."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.oauth_problems import TokenRefused


class UnknownApp(LianyiError):
    """Nobody knows this app or this address of it: the browser is not sent anywhere."""

    code = "LY-1860"
    category = Category.INVALID
    en = Told(
        "this app is not known",
        "its name or the address to return to is not registered",
        "go back; the makers of the app and the administrator compare client_id and redirect_uri",
    )
    zh = Told(
        "未知的应用",
        "应用名称或其返回地址未登记",
        "请返回；应用厂商与管理员核对 client_id 与 redirect_uri",
    )


class AuthorisationRefused(LianyiError):
    """An app asks for access in a way that cannot be served; it is told so.

    Attributes:
        error: the word of RFC 6749, 4.1.2.1, for it.
    """

    code = "LY-1861"
    category = Category.INVALID
    en = Told("cannot serve this app", "{why}", "tell the makers of the app")
    zh = Told("无法处理该应用的请求", "{why_zh}", "请告知应用厂商")

    def __init__(self, error: str, *, why: str, why_zh: str) -> None:
        super().__init__(where="authorization", why=why, why_zh=why_zh)
        self.error = error


class GrantRefused(TokenRefused):
    """A code or refresh token that is not good, or no longer, or not for this client."""

    error = "invalid_grant"
    code = "LY-1863"
    category = Category.FORBIDDEN
    en = Told(
        "this code or refresh token is not good",
        "it was used, ran out, was ended, or was given to another client or address",
        "let the person approve the app again",
    )
    zh = Told(
        "授权码或刷新令牌无效",
        "已使用、已过期、已撤销，或属于其他客户端或地址",
        "请用户重新授权该应用",
    )


class BadApp(LianyiError):
    """What an app is registered with cannot be used."""

    code = "LY-1864"
    category = Category.INVALID
    en = Told("cannot register this app", "{why}", "correct it and register the app again")
    zh = Told("无法登记该应用", "{why_zh}", "更正后重新登记")


class NoSuchApp(LianyiError):
    """A system that is not registered as an app."""

    code = "LY-1865"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such app",
        "this system is not registered as an app",
        "register it on the page of its account",
    )
    zh = Told("没有这个应用", "该系统未登记为应用", "请在其账户页面登记")


class LaunchGone(LianyiError):
    """A launch that was used, ran out, or is another person's or app's."""

    code = "LY-1866"
    category = Category.CONFLICT
    en = Told(
        "this launch is over",
        "it was used, is older than five minutes, or is for another person or app",
        "start the app again",
    )
    zh = Told("该启动已失效", "已使用、已超过五分钟，或属于其他用户或应用", "请重新启动应用")


class ContextMissing(LianyiError):
    """An app asks for a patient or an encounter, and none was chosen."""

    code = "LY-1867"
    category = Category.INVALID
    en = Told(
        "this app needs {what}",
        "none was chosen",
        "enter the number and who gave it, such as the code of the hospital",
    )
    zh = Told("该应用需要{what_zh}", "尚未选择", "请输入号码及发号机构，例如医院代码")


class OutsideOfScopes(LianyiError):
    """An app wants to do more than its token allows."""

    code = "LY-1868"
    category = Category.FORBIDDEN
    en = Told(
        "the app may not do this",
        "the scopes of its token do not allow it",
        "let the app ask for the scope, and a person approve it",
    )
    zh = Told("该应用无权执行此操作", "其令牌的 scope 不允许", "由应用申请相应 scope 并经用户同意")
