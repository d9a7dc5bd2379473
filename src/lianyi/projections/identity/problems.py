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
