"""What can go wrong in the index, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class UnreadableDecision(LianyiError):
    """An act of the index is not one that this release can read."""

    code = "LY-2130"
    category = Category.INVALID
    en = Told(
        "cannot read a decision of the patient index",
        "{why}",
        "it is set aside and changes nothing; was the log written by a newer release?",
    )
    zh = Told(
        "无法读取患者主索引的决定",
        "{why_zh}",
        "该决定已搁置，不产生任何影响；请确认日志是否由更新的版本写入",
    )


class ForeignReplacement(LianyiError):
    """A system tells that an identifier of another system took the place of one."""

    code = "LY-2131"
    category = Category.INVALID
    en = Told(
        "an identifier is replaced across assigning authorities",
        "{gone} and {kept} have different authorities; an authority merges only its own patients",
        "it is set aside and changes nothing; to link two authorities' patients, decide in the"
        " workbench",
    )
    zh = Told(
        "患者合并跨越了不同的标识分配机构",
        "{gone} 与 {kept} 的分配机构不同；机构只能合并自己的患者",
        "该合并已搁置，不产生任何影响；如需关联两个机构的患者，请在工作台中决定",
    )


class NoSuchPerson(LianyiError):
    """Nobody whom whoever asks may see has this number."""

    code = "LY-2132"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such person",
        "no record that you may see belongs to this number",
        "search by name and birth date, or ask whoever gave you the number",
    )
    zh = Told(
        "查无此人", "您可查看的记录中没有这个主索引号", "请按姓名和出生日期查找，或向提供者核实"
    )


class NobodysAuthority(LianyiError):
    """A registration under an authority of which it is not known whose it is."""

    code = "LY-2133"
    category = Category.NOT_FOUND
    en = Told(
        "it is not known whose patients '{source}' has",
        "no channel that you may see ever brought a patient of this authority",
        "name the channel that this registration belongs to, or correct the authority",
    )
    zh = Told(
        "不清楚标识分配机构“{source}”属于谁",
        "您可查看的通道从未收到过该机构的患者",
        "请指明此登记所属的通道，或更正机构名称",
    )


class TooFewToSplit(LianyiError):
    """A split that leaves nobody, or moves nothing."""

    code = "LY-2135"
    category = Category.INVALID
    en = Told(
        "these records cannot be split off",
        "a split must leave at least one record with the person, and take records of this person",
        "reload the person and choose again",
    )
    zh = Told(
        "无法拆分这些记录",
        "拆分后原患者须至少保留一条记录，且所选记录须属于该患者",
        "请刷新后重新选择",
    )


class TokenInPlaceOfNumber(LianyiError):
    """A code that lives for minutes is given as if it were the number of a card."""

    code = "LY-2163"
    category = Category.INVALID
    en = Told(
        "this is a code and not a card number",
        "the code that a phone shows changes every few minutes; nobody can be known by it later",
        "resolve it first, by scanning it at the registration desk; the number behind it is kept",
    )
    zh = Told(
        "这是动态码，不是卡号",
        "手机上显示的码每隔几分钟就会变化，不能用来识别患者",
        "请先在登记台扫码解析，系统会使用其背后的长期号码",
    )
