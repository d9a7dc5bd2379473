"""What can go wrong with views, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchView(LianyiError):
    """No usable file defines a view of a name."""

    code = "LY-2367"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such view",
        "no file in content/clinical/views that can be used has this name",
        "see 'lianyi views check'",
    )
    zh = Told(
        "没有这个视图",
        "content/clinical/views 中没有同名且可用的文件",
        "用 lianyi views check 查看",
    )
