"""What can go wrong with decisions that take two people, in words."""

from __future__ import annotations

from lianyi.base.errors import Category, LianyiError, Told


class NothingProposed(LianyiError):
    """No decision that waits for a second person stands at a position."""

    code = "LY-2137"
    category = Category.NOT_FOUND
    en = Told(
        "no decision waits here for a second person",
        "none that you may see stands at this position, or it was confirmed, withdrawn or rejected",
        "take it from the list of waiting decisions",
    )
    zh = Told(
        "此处没有等待复核的决定",
        "该位置没有您可查看的待复核决定，或者它已被确认、撤回或驳回",
        "请从待复核列表中选择",
    )


class OwnDecision(LianyiError):
    """Who proposed a decision wants to confirm it."""

    code = "LY-2138"
    category = Category.FORBIDDEN
    en = Told(
        "nobody confirms his own decision",
        "this decision was proposed by you, and it takes two people",
        "let somebody else who decides about the patient index look at it; you may withdraw it",
    )
    zh = Told(
        "不能复核自己提出的决定",
        "该决定由您提出，须由另一人复核",
        "请由另一名患者主索引管理员查看并确认；您可以撤回它",
    )


class ProposalFell(LianyiError):
    """What a proposed decision speaks of is no longer as it was."""

    code = "LY-2139"
    category = Category.CONFLICT
    en = Told(
        "this decision can no longer be confirmed",
        "the persons that it speaks of have changed since, or somebody decided about them",
        "look at the persons as they are now, and propose again what is still right",
    )
    zh = Told(
        "该决定已不能再确认",
        "所涉及的患者此后有变化，或已有人对其作出决定",
        "请查看患者的当前情况；如仍有必要，请重新提出",
    )
