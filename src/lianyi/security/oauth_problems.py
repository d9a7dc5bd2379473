"""What can be wrong with a request for a token, in the words of RFC 6749, 5.2."""

from __future__ import annotations

from typing import ClassVar

from lianyi.base.errors import Category, LianyiError, Told


class TokenRefused(LianyiError):
    """A request to the token server that is not served.

    Attributes:
        error: the word of RFC 6749, 5.2 for it.
    """

    error: ClassVar[str] = "invalid_request"
    code = "LY-1890"
    category = Category.INVALID
    en = Told("cannot understand this request for a token", "{why}", "correct the request")
    zh = Told("无法理解该令牌请求", "{why}", "更正请求后重试")


class UnknownClient(TokenRefused):
    """Nobody we know, or he does not prove it."""

    error = "invalid_client"
    code = "LY-1891"
    category = Category.FORBIDDEN
    en = Told(
        "the client is not known",
        "name, key or signed assertion is not accepted",
        "compare client_id with the name of the service account, and look at its keys",
    )
    zh = Told(
        "客户端未通过认证",
        "名称、密钥或签名断言未被接受",
        "核对 client_id 与系统账户名，并检查其密钥",
    )


class UnknownScope(TokenRefused):
    """A scope that does not exist, or that the client has no role for."""

    error = "invalid_scope"
    code = "LY-1892"
    category = Category.FORBIDDEN
    en = Told(
        "this scope is not given",
        "it does not exist, or no role of the client has it",
        "ask for permissions that the roles of the account hold, or leave scope out",
    )
    zh = Told(
        "无法授予该 scope",
        "该权限不存在，或客户端的角色没有该权限",
        "只请求其角色拥有的权限，或省略 scope",
    )


class UnknownGrant(TokenRefused):
    """A way to get a token that is not offered."""

    error = "unsupported_grant_type"
    code = "LY-1893"
    category = Category.UNSUPPORTED
    en = Told(
        "this grant type is not offered",
        "only authorization_code, refresh_token and client_credentials are",
        "send one of these",
    )
    zh = Told(
        "不支持该授权类型",
        "只支持 authorization_code、refresh_token 和 client_credentials",
        "使用其中一种",
    )


class TokenOfAnother(TokenRefused):
    """A client wants to end the token of another one."""

    error = "unauthorized_client"
    code = "LY-1894"
    category = Category.FORBIDDEN
    en = Told("this token is another client's", "only its own can be ended", "end your own tokens")
    zh = Told("该令牌属于其他客户端", "只能撤销自己的令牌", "请撤销自己的令牌")


class TooManyTokens(TokenRefused):
    """A client has more living tokens than anybody needs."""

    error = "temporarily_unavailable"
    code = "LY-1895"
    category = Category.BUSY
    en = Told(
        "this client has too many tokens",
        "the limit of living tokens is reached",
        "use a token until it runs out before asking for the next one",
    )
    zh = Told("该客户端的令牌过多", "有效令牌数已达上限", "令牌到期前请重复使用")


class BadPublicKey(LianyiError):
    """A public key of a system that cannot be used."""

    code = "LY-1896"
    category = Category.INVALID
    en = Told(
        "cannot use this public key",
        "{why}",
        "register public JWKs with a kid of their own: RSA of 2048 bits or more, or EC P-384",
    )
    zh = Told(
        "公钥不可用", "{why_zh}", "登记带有各自 kid 的公钥 JWK：2048 位以上 RSA，或 P-384 椭圆曲线"
    )
