"""What can go wrong with a patient's record, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchItem(LianyiError):
    """Nothing of this name stands in the record, or nothing that may be seen."""

    code = "LY-2290"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such item in this record",
        "nothing that you may see stands under this name",
        "go back to the record; the item may have been withdrawn by its sender",
    )
    zh = Told(
        "病历中没有该条目",
        "没有您可查看的同名内容",
        "请返回病历重新选择；该条目可能已被来源系统撤回",
    )
