"""What can be wrong with saved explorations."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NoSuchExploration(LianyiError):
    """There is no such saved exploration, or it is somebody else's and not shared."""

    code = "LY-2535"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such saved exploration",
        "it was removed, or it is somebody else's and not shared",
        "take it from the list of your own, or ask whoever saved it to share it",
    )
    zh = Told(
        "没有该已保存的分析",
        "已删除，或属于他人且未共享",
        "请从您保存的分析中选择，或请保存者共享",
    )


class TooManySaved(LianyiError):
    """Somebody has saved as many explorations as are kept for him."""

    code = "LY-2536"
    category = Category.CONFLICT
    en = Told(
        "no more explorations can be saved",
        "{limit} of yours are kept already",
        "remove one that you do not need any more",
    )
    zh = Told("不能再保存分析", "您已保存 {limit} 个", "请先删除不再需要的分析")
