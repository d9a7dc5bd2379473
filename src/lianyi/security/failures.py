"""What can be wrong with signing in and with accounts. None of it tells an attacker anything."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class SignInRefused(LianyiError):
    """Nobody is signed in; whether name, password, code or account was wrong is not said."""

    code = "LY-1802"
    category = Category.FORBIDDEN
    en = Told(
        "cannot sign in",
        "name, password or code is wrong, or the account is locked",
        "try again, or ask the security administrator",
    )
    zh = Told("无法登录", "账户名、口令或验证码有误，或账户已被锁定", "请重试，或联系安全管理员")


class SecondFactorNeeded(LianyiError):
    """The password was right; a code is asked for, too."""

    code = "LY-1803"
    category = Category.FORBIDDEN
    en = Told("a one-time code is needed", "this account has a second factor", "enter the code")
    zh = Told("需要验证码", "该账户已启用第二认证因素", "请输入动态验证码")


class PasswordMustChange(LianyiError):
    """Before anything else the account needs a new password."""

    code = "LY-1804"
    category = Category.FORBIDDEN
    en = Told(
        "choose a new password first",
        "the present one was given by somebody else, or is too old",
        "choose one on the page of your account",
    )
    zh = Told("请先修改口令", "当前口令由他人设置或已过期", "请在“我的账户”中修改口令")


class FactorMustBegin(LianyiError):
    """A role asks for a second factor that the account does not have yet."""

    code = "LY-1805"
    category = Category.FORBIDDEN
    en = Told(
        "set up the second factor first",
        "one of your roles asks for it",
        "set it up on the page of your account",
    )
    zh = Told("请先启用第二认证因素", "您的角色要求双因素登录", "请在“我的账户”中启用")


class NoSuchAccount(LianyiError):
    """There is no account of this name, or it is none of the asker's business."""

    code = "LY-1810"
    category = Category.NOT_FOUND
    en = Told("there is no such account", "none has this name", "check the name")
    zh = Told("没有这个账户", "没有该名称的账户", "请核对账户名")


class NameTaken(LianyiError):
    """An account of this name exists already."""

    code = "LY-1811"
    category = Category.CONFLICT
    en = Told("this name is taken", "an account has it", "choose another name")
    zh = Told("该账户名已被使用", "已有同名账户", "请另选一个名称")


class NoSuchRole(LianyiError):
    """A role that no file describes."""

    code = "LY-1812"
    category = Category.INVALID
    en = Told(
        "there is no such role",
        "no file describes it; the nearest known one is '{nearest}'",
        "choose one of the list",
    )
    zh = Told("没有这个角色", "没有该角色的定义；最接近的是“{nearest}”", "请从列表中选择")


class RolesExclude(LianyiError):
    """Two roles that one person must not have together."""

    code = "LY-1813"
    category = Category.CONFLICT
    en = Told(
        "this role cannot be given to this account",
        "it has the role '{other}', and one person must not have both",
        "give it to another person, or take the other role away first",
    )
    zh = Told(
        "不能把该角色授予此账户",
        "该账户已有角色“{other}”，两者不得由一人兼任（三权分立）",
        "授予他人，或先收回另一角色",
    )


class NotOnesOwn(LianyiError):
    """Nobody gives himself a role or takes away his own lock."""

    code = "LY-1814"
    category = Category.FORBIDDEN
    en = Told("nobody does this for himself", "it is your own account", "ask another administrator")
    zh = Told("不能对自己的账户执行此操作", "这是您本人的账户", "请由另一位管理员操作")


class NothingThere(LianyiError):
    """A session, key or assignment that is not there any more."""

    code = "LY-1815"
    category = Category.NOT_FOUND
    en = Told("it is not there any more", "somebody ended it, or it ran out", "reload the page")
    zh = Told("该项已不存在", "已被终止或已到期", "请刷新页面")


class AlreadyBegun(LianyiError):
    """There is an administrator; the first start is over."""

    code = "LY-1816"
    category = Category.CONFLICT
    en = Told(
        "the first administrator exists",
        "this is done once, before anybody has an account",
        "sign in, or ask the security administrator for an account",
    )
    zh = Told(
        "首位管理员已存在", "该步骤只在没有任何账户时执行一次", "请登录，或向安全管理员申请账户"
    )


class UnclearTime(LianyiError):
    """An assignment that would end before it begins."""

    code = "LY-1817"
    category = Category.INVALID
    en = Told("the role would end before it begins", "until lies before from", "correct the dates")
    zh = Told("角色的结束时间早于开始时间", "截止时间在起始时间之前", "请更正时间")


class ProofNeeded(LianyiError):
    """What somebody wants to do needs his password again: it was shown too long ago."""

    code = "LY-1897"
    category = Category.FORBIDDEN
    en = Told(
        "give your password again",
        "whoever changes a second factor has shown the password minutes ago",
        "give your password, or sign in again if your account has none here; then repeat it",
    )
    zh = Told(
        "请再次输入口令",
        "更改第二认证因素前须在数分钟内验证过口令",
        "输入口令；若账户在本平台没有口令，请重新登录。然后重试",
    )


class FactorExists(LianyiError):
    """A second factor is in force; a new one comes after the old one was taken away."""

    code = "LY-1818"
    category = Category.CONFLICT
    en = Told(
        "your second factor is in force already",
        "an account has one at a time",
        "if it is lost, ask the security administrator to take it away",
    )
    zh = Told(
        "第二认证因素已启用", "每个账户同时只有一个", "如已遗失，请由安全管理员解除后重新启用"
    )
