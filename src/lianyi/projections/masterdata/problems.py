"""Why something about master data cannot be so."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchRecord(LianyiError):
    """Nothing in the master data has a code."""

    code = "LY-2010"
    category = Category.NOT_FOUND
    en = Told("there is no such {kind}", "nothing has the code '{code_}'", "check the code")
    zh = Told("没有这条主数据（{kind_zh}）", "没有编码“{code_}”", "请核对编码")


class UnknownRecord(LianyiError):
    """Something refers to a record that does not exist on that day."""

    code = "LY-2011"
    category = Category.INVALID
    en = Told(
        "this refers to a record that does not exist then",
        "{kind} '{code_}' does not exist on {day}",
        "record it first, or correct code and day",
    )
    zh = Told(
        "引用的主数据在该日期不存在",
        "{kind_zh}“{code_}”在 {day_zh} 不存在",
        "先登记该记录，或更正编码与日期",
    )


class CircleInTree(LianyiError):
    """A record would come to stand under itself."""

    code = "LY-2012"
    category = Category.CONFLICT
    en = Told(
        "this would put '{code_}' under itself",
        "in {tree}, on {day}, '{parent}' stands under it already",
        "choose another parent or another day",
    )
    zh = Told(
        "“{code_}”会成为自己的下级",
        "在 {tree} 中，{day} 时“{parent}”已在其下",
        "选择其他上级或其他日期",
    )


class OverlappingParents(LianyiError):
    """A record would have two parents in one tree at the same time."""

    code = "LY-2013"
    category = Category.CONFLICT
    en = Told(
        "'{code_}' would have two parents at once",
        "in {tree} another parent, '{parent}', begins on {day}",
        "end the new one before that day, or leave its end out",
    )
    zh = Told(
        "“{code_}”会同时有两个上级",
        "在 {tree} 中，另一个上级“{parent}”自 {day} 起生效",
        "让新的关系在该日之前结束，或不填结束日期",
    )


class BadDates(LianyiError):
    """A day range ends before it begins, or a day cannot be understood."""

    code = "LY-2014"
    category = Category.INVALID
    en = Told("these days cannot be", "{why}", "correct the days")
    zh = Told("日期不成立", "{why_zh}", "更正日期")


class StillHasChildren(LianyiError):
    """Closing a record would leave others without a parent."""

    code = "LY-2015"
    category = Category.CONFLICT
    en = Told(
        "'{code_}' still has others under it",
        "in {tree} from {day}: {children}",
        "move them first, or merge it into another",
    )
    zh = Told(
        "“{code_}”之下还有其他记录",
        "在 {tree} 中，自 {day} 起：{children}",
        "先将它们移走，或将其并入其他机构",
    )


class CodeTaken(LianyiError):
    """A new record was given a code that is in use, or was; codes are never used twice."""

    code = "LY-2016"
    category = Category.CONFLICT
    en = Told(
        "this code is taken",
        "{kind} '{code_}' exists or existed",
        "choose another code; to change that record, edit it",
    )
    zh = Told("编码已被使用", "{kind_zh}“{code_}”现有或曾有", "换一个编码；若要修改该记录请用编辑")


class UnreadableMasterData(LianyiError):
    """A message about master data lacks what is needed, or says it in a way nobody can read."""

    code = "LY-2017"
    category = Category.INVALID
    en = Told("cannot read this as master data", "{why}", "correct it in the sending system")
    zh = Told("无法作为主数据读取", "{why_zh}", "在发送系统中更正")


class NothingToRetract(LianyiError):
    """What should be taken back was never said, or was taken back before."""

    code = "LY-2018"
    category = Category.CONFLICT
    en = Told(
        "there is nothing to take back",
        "{position} says nothing that counts",
        "look at the record's history",
    )
    zh = Told("没有可撤回的内容", "{position} 没有在用的陈述", "请查看该记录的历史")


class EmergencyWithoutEnd(LianyiError):
    """A temporary organisation needs a last day."""

    code = "LY-2019"
    category = Category.INVALID
    en = Told(
        "a temporary organisation needs an end",
        "no day is given on which it ends",
        "give the first day on which it is no more; it can be moved later",
    )
    zh = Told("临时机构需要结束日期", "没有给出结束日期", "填写其不再存在的第一天；以后可以调整")


class BadSources(LianyiError):
    """The rules that say which source may say what cannot be used."""

    code = "LY-2060"
    category = Category.INVALID
    en = Told(
        "cannot use these rules about sources",
        "{why}",
        "correct the file; the rules in force stay until then",
    )
    zh = Told("来源规则不可用", "{why_zh}", "改正该文件；在此之前沿用现行规则")


class NoSuchProposal(LianyiError):
    """Nothing is proposed there, or somebody has decided it, or it was said anew."""

    code = "LY-2061"
    category = Category.CONFLICT
    en = Told(
        "there is nothing to decide",
        "{position} is not waiting for a decision",
        "look at the list of proposals again",
    )
    zh = Told("没有待决定的提议", "{position} 不在等待决定", "请刷新提议列表")
