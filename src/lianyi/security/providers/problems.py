"""What can go wrong while signing in from outside.

The words tell an attacker nothing: a wrong name, a wrong password and a forged token look the same.
What it really was stands in the log, as a reason of ours, without anything about the person.
"""

from __future__ import annotations

import structlog

from lianyi.base.errors import Category, Fact, LianyiError, Told

log = structlog.get_logger(__name__)


class SignInRefused(LianyiError):
    """A name, password, token, ticket or assertion was not accepted."""

    code = "LY-1850"
    category = Category.FORBIDDEN
    en = Told(
        "could not sign in",
        "the sign-in was not accepted",
        "check name and password and try again; ask the information department if it goes on",
    )
    zh = Told(
        "登录失败",
        "登录信息未被接受",
        "检查用户名和密码后重试；仍不成功请联系信息科",
    )


class SignInUnavailable(LianyiError):
    """The directory that knows the person does not answer.

    Attributes:
        reason: what it really was, for an administrator at the command line only.
    """

    reason = ""

    code = "LY-1851"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot sign in at the moment",
        "the hospital's sign-in service does not answer as it should",
        "try again in a few minutes; 'lianyi sign-in check' shows an administrator the reason",
    )
    zh = Told(
        "暂时无法登录",
        "医院的登录服务没有正常应答",
        "几分钟后重试；管理员可用 lianyi sign-in check 查明原因",
    )


class SignInExpired(LianyiError):
    """The browser came back too late, twice, or from a sign-in that began elsewhere."""

    code = "LY-1852"
    category = Category.CONFLICT
    en = Told(
        "this sign-in is no longer valid",
        "it took too long, was used before, or began in another window",
        "begin again from the sign-in page",
    )
    zh = Told(
        "本次登录已失效",
        "耗时过长、已使用过，或是在另一窗口开始的",
        "回到登录页重新开始",
    )


class BadProvider(LianyiError):
    """The file of a provider cannot be used.

    Attributes:
        problems: everything that is wrong with it, this one first.
    """

    code = "LY-1853"
    category = Category.INVALID
    en = Told(
        "cannot use this sign-in provider",
        "{why}",
        "correct the file and run 'lianyi sign-in check'",
    )
    zh = Told("登录方式的定义不可用", "{why_zh}", "改正该文件后运行 lianyi sign-in check")

    def __init__(self, *, where: str, **facts: Fact) -> None:
        super().__init__(where=where, **facts)
        self.problems: tuple[LianyiError, ...] = (self,)


class UnknownProviderKey(BadProvider):
    """A key that the file of a provider does not know: nearly always a misspelling."""

    code = "LY-1854"
    en = Told(
        "cannot use this sign-in provider",
        "unknown key '{key}'; the nearest known one is '{nearest}'",
        "correct the spelling, or remove the key",
    )
    zh = Told(
        "登录方式的定义不可用",
        "未知的键“{key}”；最接近的已知键是“{nearest}”",
        "改正拼写，或删除该键",
    )


class SecretUnreadable(LianyiError):
    """A file that holds a password, a secret, a key or a certificate cannot be used."""

    code = "LY-1855"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot read a secret of a sign-in provider",
        "{why}",
        "check that the file exists, is not empty, and may be read by the account of the platform",
    )
    zh = Told(
        "无法读取登录方式的密钥文件",
        "{why_zh}",
        "检查文件是否存在、非空，且平台账户可读",
    )


class NoAccountHere(LianyiError):
    """The directory knows somebody; no account here is linked with him."""

    code = "LY-1856"
    category = Category.FORBIDDEN
    en = Told(
        "there is no account for you here yet",
        "the hospital's directory knows you, and no active account of the platform is linked",
        "ask the security administrator to link or make an account for you",
    )
    zh = Told(
        "您在本平台还没有账户",
        "院内目录认识您，但平台中没有与您关联的可用账户",
        "请联系安全管理员关联或创建账户",
    )


class IdentityTaken(LianyiError):
    """Somebody of a directory is linked with another account."""

    code = "LY-1857"
    category = Category.CONFLICT
    en = Told(
        "this person of the directory has an account already",
        "another account is linked with the same subject",
        "end that link first, if it is wrong",
    )
    zh = Told(
        "目录中的该人员已有账户", "另一账户已与同一主体标识关联", "如关联有误，请先解除原有关联"
    )


class DoorBusy(LianyiError):
    """Too many sign-ins are under way."""

    code = "LY-1858"
    category = Category.BUSY
    en = Told(
        "too many people sign in at once", "the limit is reached", "try again in a few minutes"
    )
    zh = Told("同时登录的人数过多", "已达到上限", "请几分钟后重试")


class NoSuchProvider(LianyiError):
    """There is no such way to sign in."""

    code = "LY-1859"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such way to sign in",
        "no enabled file under content/sign-in has this name and kind",
        "begin from the sign-in page",
    )
    zh = Told("没有这种登录方式", "content/sign-in 中没有该名称且已启用的文件", "请从登录页开始")


def refused(provider: str, reason: str, **facts: str | int) -> SignInRefused:
    """Log why, and return the failure that does not say it. Facts hold nothing about a person."""
    log.warning("sign-in refused", provider=provider, reason=reason, **facts)
    return SignInRefused(where=provider)


def unavailable(provider: str, reason: str, **facts: str | int) -> SignInUnavailable:
    """Log why, and return the failure that does not say it."""
    log.warning("sign-in service unavailable", provider=provider, reason=reason, **facts)
    failure = SignInUnavailable(where=provider)
    failure.reason = reason
    return failure


def expired(provider: str, reason: str) -> SignInExpired:
    """Log why, and return the failure that does not say it."""
    log.info("sign-in expired", provider=provider, reason=reason)
    return SignInExpired(where=provider)
